"""The fourth column: files of the content tree that some page shows or links to, under hashed names.

A picture that is shown is published in renderings; a file that is handed out is published as it is. What was published
before and has not changed, in the tree or in the output folder, is taken over unread.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from builder.errors import Problem
from builder.io.scan import UNTRUSTED
from builder.io.write import copy_file
from builder.manifest import File
from builder.model import Published
from builder.stages.memory import Row
from builder.stages.pictures import ENDINGS, NOTED, Wishes, hold, originals, render_pictures
from builder.stages.work import Work
from builder.text.hashed import hashed_name
from builder.text.media import media_type

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}

# So many bytes of files are held at a time, and once more on their way to other processes.
PORTION = 64 * 1024 * 1024


class Publication(NamedTuple):
    """What the site has of the content tree's files: by path, the manifest's entries, and where new bytes wait."""

    found: dict[str, Published]
    files: dict[str, File]
    staged: dict[str, str]


def publish(work: Work, rows: dict[str, Row], wishes: Wishes, present: Mapping[str, File]) -> Publication:
    """Return every file that some page shows or hands out."""
    naming = [row for row in rows.values() if row.shown or row.wants]
    shown = {path for row in naming for path in row.shown if path.lower().endswith(ENDINGS)}
    handed = {path for row in naming for path in (*row.wants, *row.shown) if path not in shown}
    handed |= {path for row in naming for path in row.wants}
    # A drawing could run scripts in the site's name: it is handed out as it is shown.
    shown |= {path for path in handed if path.lower().endswith(".svg")}
    noted = {path for path in handed if path.lower().endswith(NOTED)}
    known = {
        path: before
        if (before := _known(work, path, wishes, present, is_shown=path in shown, is_noted=path in noted))
        and _lies(_name(path, before, is_handed=path in handed), before.digest, present)
        else None
        for path in sorted(shown | handed)
    }
    fresh: dict[str, Published] = {}
    staged: dict[str, str] = {}
    waiting = [path for path, before in known.items() if before is None]
    for path in waiting:
        if path not in shown and path not in noted and (copied := _copy(work, path, staged)):
            fresh[path] = copied
    for portion in _portions(work, [path for path in waiting if path in shown or path in noted]):
        read: dict[str, bytes] = {}
        for path in portion:
            _read(work, path, read)
        made, new = render_pictures(work, {path: read[path] for path in read if path in shown}, wishes, present)
        given, more = originals(work, {path: read[path] for path in read if path in noted}, wishes, present)
        staged |= new | more
        for path, data in read.items():
            found = made.get(path) or Published("", hashlib.sha256(data).hexdigest(), size=len(data))
            fresh[path] = msgspec.structs.replace(found, original=given.get(path))
            name = _name(path, fresh[path], is_handed=path in handed)
            if not _lies(name, found.digest, present):
                hold(work, name, data, staged)
    result = Publication({}, {}, staged)
    for path, before in known.items():
        entered = before or fresh.get(path)
        if entered:
            _enter(work, path, entered, result, _name(path, entered, is_handed=path in handed))
    return result


def _portions(work: Work, paths: list[str]) -> Iterator[list[str]]:
    """Yield the paths in portions that fit into memory together, whatever a course has in pictures and downloads."""
    portion: list[str] = []
    size = 0
    for path in paths:
        size += max(0, work.tree.files.get(path, UNTRUSTED)[0])
        portion.append(path)
        if size > PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _known(
    work: Work, path: str, wishes: Wishes, present: Mapping[str, File], *, is_shown: bool, is_noted: bool
) -> Published | None:
    """Return what is known of a file from the last build, if neither it nor what was made of it has changed."""
    known, stat = work.memory.published.get(path), work.tree.files.get(path, UNTRUSTED)
    if known is None or stat == UNTRUSTED or work.memory.stats.get(path) != stat:
        return None
    if (is_shown or is_noted) and work.memory.wishes != wishes.key:
        return None
    if is_noted != bool(known.original):
        return None
    if known.original and not _lies(known.original.name, known.original.digest, present):
        return None
    return known if not is_shown or _is_made(work, path, known, present) else None


def _is_made(work: Work, path: str, known: Published, present: Mapping[str, File]) -> bool:
    """Tell whether a picture's renderings are there, or a draft of it while they are made."""
    if known.draft and not (work.darkroom and work.darkroom.owes(path)):
        return False
    base = work.site.base_path
    there = all(
        offer.url == f"{base}/{offer.name}" and _lies(offer.name, offer.digest, present) for offer in known.offers
    )
    return bool(known.offers or known.problems) and there


def _name(path: str, found: Published, *, is_handed: bool) -> str:
    """Return the name under which a file is published as it is, or nothing; a drawing's original never is."""
    apart = found.original or path.lower().endswith(".svg") or (found.offers and not is_handed)
    return "" if apart else hashed_name(path, found.digest)


def _lies(name: str, digest: str, present: Mapping[str, File]) -> bool:
    """Tell whether a file lies in the output folder, if there is to be one."""
    return not name or (name in present and present[name].digest == digest)


def _read(work: Work, path: str, read: dict[str, bytes]) -> None:
    try:
        read[path] = work.tree.read(path)
    except OSError as error:
        _miss(work, path, error)


def _copy(work: Work, path: str, staged: dict[str, str]) -> Published | None:
    """Stage a file that is handed out as it is, in one pass: what is said of it is true of the copy."""
    wanted = work.request.write or work.request.release
    waits = "given-" + hashlib.sha256(path.encode()).hexdigest()[:16]
    try:
        source = work.tree.open(path)
    except OSError as error:
        _miss(work, path, error)
        return None
    with source:
        copied, size = copy_file(source, Path(work.staging) / waits if wanted else Path(os.devnull))
    staged[hashed_name(path, copied)] = waits
    return Published("", copied, size=size)


def _miss(work: Work, path: str, error: OSError) -> None:
    """A file that was there has gone, or may not be read."""
    work.tree.files[path] = UNTRUSTED
    message = f"The file cannot be read: {error.strerror}"
    work.problems.append(Problem("warning", "unreadable", message, "Links to it lead nowhere.", "content", path))


def _enter(work: Work, path: str, found: Published, result: Publication, name: str) -> None:
    """Enter a file into the manifest: its renderings, and under this name what it is itself, if there is one."""
    work.problems.extend(found.problems)
    base = work.site.base_path
    # What is known from the last build may have stood under another base path.
    offers = tuple(msgspec.structs.replace(offer, url=f"{base}/{offer.name}") for offer in found.offers)
    given = found.original and msgspec.structs.replace(found.original, url=f"{base}/{found.original.name}")
    for offer in (*offers, *((given,) if given else ())):
        result.files[offer.name] = File(offer.digest, offer.size, media_type(offer.name), IMMUTABLE, "asset", 1)
    if name:
        result.files[name] = File(found.digest, found.size, media_type(name), IMMUTABLE, "asset", 1)
    url = given.url if given else f"{base}/{name}" if name else offers[-1].url if offers else ""
    size = given.size if given else found.size
    result.found[path] = msgspec.structs.replace(found, url=url, offers=offers, original=given, size=size)
