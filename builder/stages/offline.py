"""The last file of a release: the service worker, with what it needs at once and the lists of what it may save."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from builder.asset import BUILD, RELEASE, Compiled
from builder.engine.task import task
from builder.manifest import File
from builder.model import Place
from builder.stages.memory import Row
from builder.stages.rendering import file_of
from builder.stages.search import FIRST
from builder.stages.standing import addresses
from builder.stages.theme import Layers
from builder.stages.work import Work
from builder.stages.workshop import Draft
from builder.steps.worker import LARGE, Course, Release, fill, offline_list, saved_picture
from builder.text.address import PACKAGE
from builder.text.hashed import FOLDER as FOLDER_OF_ASSETS
from builder.text.hashed import hashed_name
from builder.text.items import course_id
from builder.text.settings import table

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}

FOLDER = "offline/"

Read = Callable[[str], bytes]

_HASHED = re.compile(rb"assets/([\w-]+\.[0-9a-f]{12}\.\w+)")


class OfflineSettings(msgspec.Struct, frozen=True):
    """``[offline]`` in site.toml; ``worker = false`` takes the worker away from everybody who has it."""

    worker: bool = True


def offline_of(values: Mapping[str, Any]) -> OfflineSettings:
    """Return the settings; raise ``SettingError`` where they can't be used."""
    return table(values, "offline", OfflineSettings)


class Lists(NamedTuple):
    """Every course's list by path, the manifest's entries for them, and what the worker knows of the courses."""

    lists: dict[str, bytes]
    entries: dict[str, File]
    known: dict[str, Course]


def lists(draft: Draft, entries: Mapping[str, File], searchable: Mapping[str, tuple[str, ...]]) -> Lists:
    """Return what it takes to save each course.

    ``searchable`` are the files of the search index that a course needs to be searched offline.
    """
    made: dict[str, bytes] = {}
    files: dict[str, File] = {}
    courses: dict[str, Course] = {}
    if not offline_of(draft.ground.values).worker:
        return Lists(made, files, courses)
    views = draft.views
    places = views.layout.places
    members: dict[int, list[int]] = {}
    for number, place in enumerate(places):
        if place.course >= 0:
            members.setdefault(place.course, []).append(number)
    theme = _theme(draft)
    for course, numbers in members.items():
        pages: dict[str, tuple[str, int]] = {}
        assets = dict(theme)
        pictures: dict[str, str] = {}
        for number in numbers:
            entry = draft.entries[file_of(places[number].url)]
            pages[views.hrefs[number]] = (entry.digest, entry.size)
            row = draft.rows.get(places[number].source)
            if row is not None and (row.shown or row.wants):
                _add_files(draft, row, assets, pictures)
        name, place, url = course_id(places[course]), places[course], views.hrefs[course]
        base = draft.work.site.base_path
        assets.update({f"{base}/{path}": entries[path].size for path in searchable.get(name, ())})
        for path in _search_pages(draft, place) if name in searchable else ():
            pages[f"{base}/{path.removesuffix('index.html')}"] = (entries[path].digest, entries[path].size)
        content, total = offline_list(name, place.title, url, pages, assets, pictures)
        digest = hashlib.sha256(content).hexdigest()
        path = FOLDER + hashed_name(f"{name}.json", digest).rpartition("/")[2]
        made[path] = content
        files[path] = File(digest, len(content), "application/json", IMMUTABLE, "data", 4)
        courses[name] = Course(place.title, url, f"{draft.work.site.base_path}/{path}", total)
    return Lists(made, files, courses)


def _search_pages(draft: Draft, course: Place) -> tuple[str, ...]:
    """Return the paths of what a search begins with: its page in the course's language, and the index's first file."""
    page = addresses(draft.views)[course.language]["search"].removeprefix(draft.work.site.base_path)
    return (file_of(page), FIRST) if page else ()


def _theme(draft: Draft) -> dict[str, int]:
    """Return the theme's assets by address, with their sizes."""
    start, assets = _theme_at(draft), draft.theme.assets
    # Of a web font only what every page wants: the rest is for other scripts, and the reader's own fonts have those.
    spare = {url for path, url in assets.urls.items() if path.startswith(PACKAGE) and path.endswith(".woff2")}
    spare -= set(assets.preloads.get("fonts", ()))
    files = {start + name: file.size for name, file in assets.files.items() if name.startswith(FOLDER_OF_ASSETS)}
    return {url: size for url, size in files.items() if size < LARGE and url not in spare}


def _theme_at(draft: Draft) -> str:
    return f"{draft.theme.assets.host or draft.work.site.base_path}/"


def _add_files(draft: Draft, row: Row, assets: dict[str, int], pictures: dict[str, str]) -> None:
    for path in (*row.shown, *row.wants):
        found = draft.published.get(path)
        if found is None or not found.url:
            continue
        if not found.offers or path in row.wants:
            if found.size < LARGE:
                assets[found.url] = found.size
            continue
        url, size, others = saved_picture(found)
        assets[url] = size
        pictures.update(dict.fromkeys(others, url))


def worker(
    work: Work, draft: Draft, build_id: str, courses: dict[str, Course], entries: Mapping[str, File], read: Read
) -> bytes:
    """Return sw.js of a release; a site may have a template of its own, under templates/."""
    site = work.site
    is_on = offline_of(draft.ground.values).worker
    parts = ("sw.js", "sw-courses.js", *(("sw-progress.js",) if site.api_url else ())) if is_on else ("sw-off.js",)
    template = _compiled(work, draft.ground.templates, parts)
    release = Release(
        id=build_id,
        base=site.base_path,
        assets=tuple(dict.fromkeys([f"{site.base_path}/assets/", f"{_theme_at(draft)}assets/"])),
        api=site.base_path + site.api_url if site.api_url else "",
        offline=f"{site.base_path}/offline.html",
        shell=shell(draft, entries, read) if is_on else (),
        courses=courses,
    )
    return fill(template, release)


def shell(draft: Draft, entries: Mapping[str, File], read: Read) -> tuple[tuple[str, str], ...]:
    """Return what the worker keeps from its first day on: two pages, and what of the theme they name."""
    pages = {"offline.html": "offline.html", "": "index.html"}
    base = draft.work.site.base_path
    found = [(f"{base}/{url}", entries[path].digest) for url, path in pages.items() if path in entries]
    theme = {name.removeprefix("assets/").encode() for name in draft.theme.assets.files}
    named: dict[bytes, None] = {}
    for path in pages.values():
        if path in entries:
            named.update(dict.fromkeys(name for name in _HASHED.findall(read(path)) if name in theme))
    return (*found, *((f"{_theme_at(draft)}assets/{name.decode()}", "") for name in named))


def _compiled(work: Work, templates: Layers, parts: tuple[str, ...]) -> bytes:
    """Return the worker of these parts, one behind the other; a site's own, called as the first, is whole as it is."""
    from builder.steps.script import compile_script

    shipping = RELEASE if work.request.release else BUILD
    name = parts[0]
    if name in templates.files:
        source = templates.read(name)
    else:
        source = b"".join(Path(__file__).with_name(part).read_bytes() for part in parts)
    (record,) = work.run(task(compile_script, name, source, shipping))
    compiled: Compiled = work.read(record, Compiled)
    work.problems.extend(msgspec.structs.replace(problem, root="templates") for problem in compiled.problems)
    between = [*(reference.text for reference in compiled.references), ""]
    return b"".join(piece + text.encode() for piece, text in zip(compiled.pieces, between, strict=True))
