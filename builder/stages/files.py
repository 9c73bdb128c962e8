"""The fourth column: files of the content tree that some page shows or links to, under hashed names.

A picture that is shown is published in renderings; a file that is handed out is published as it is. What was published
before and has not changed, in the tree or in the output folder, is taken over unread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from builder.errors import Problem
from builder.io.scan import UNTRUSTED
from builder.manifest import File
from builder.model import Offer, Published
from builder.stages.pictures import ENDINGS, NOTED, Wishes, originals, render_pictures
from builder.stages.work import Row, Work
from builder.text.hashed import hashed_name
from builder.text.media import media_type

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}

# So many bytes of files are held at a time, and once more on their way to other processes.
PORTION = 64 * 1024 * 1024


class Publication(NamedTuple):
    """What the site has of the content tree's files: by path, the manifest's entries, and where new bytes are."""

    found: dict[str, Published]
    files: dict[str, File]
    sources: dict[str, Path]
    staged: dict[str, str]


def publish(work: Work, rows: dict[str, Row], wishes: Wishes, present: Mapping[str, File]) -> Publication:
    """Return every file that some page shows or hands out."""
    shown = {path for row in rows.values() for path in row.shown if path.lower().endswith(ENDINGS)}
    handed = {path for row in rows.values() for path in (*row.wants, *row.shown) if path not in shown}
    handed |= {path for row in rows.values() for path in row.wants}
    # A drawing could run scripts in the site's name: it is handed out as it is shown.
    shown |= {path for path in handed if path.lower().endswith(".svg")}
    noted = {path for path in handed if path.lower().endswith(NOTED)}
    known = {
        path: _known(work, path, wishes, present, is_shown=path in shown, is_noted=path in noted)
        for path in sorted(shown | handed)
    }
    fresh: dict[str, Published] = {}
    staged: dict[str, str] = {}
    for portion in _portions(work, [path for path, before in known.items() if before is None]):
        read: dict[str, bytes] = {}
        for path in portion:
            _read(work, path, read)
        made, new = render_pictures(work, {path: read[path] for path in read if path in shown}, wishes, present)
        given, more = originals(work, {path: read[path] for path in read if path in noted}, wishes, present)
        staged |= new | more
        for path, data in read.items():
            found = made.get(path) or Published("", hashlib.sha256(data).hexdigest(), size=len(data))
            fresh[path] = msgspec.structs.replace(found, original=given.get(path))
    result = Publication({}, {}, {}, staged)
    for path, before in known.items():
        entered = before or fresh.get(path)
        if entered:
            _enter(work, path, entered, result, original=path in handed or not entered.offers)
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
    if is_noted and not (known.original and _lies(known.original, present)):
        return None
    return known if not is_shown or _is_made(work, path, known, present) else None


def _is_made(work: Work, path: str, known: Published, present: Mapping[str, File]) -> bool:
    """Tell whether a picture's renderings are there, or a draft of it while they are made."""
    if known.draft and not (work.darkroom and work.darkroom.owes(path)):
        return False
    base = work.site.base_path
    there = all(offer.url == f"{base}/{offer.name}" and _lies(offer, present) for offer in known.offers)
    return bool(known.offers or known.problems) and there


def _lies(offer: Offer, present: Mapping[str, File]) -> bool:
    return offer.name in present and present[offer.name].digest == offer.digest


def _read(work: Work, path: str, read: dict[str, bytes]) -> None:
    try:
        read[path] = work.tree.read(path)
    except OSError as error:
        work.tree.files[path] = UNTRUSTED
        work.problems.append(
            Problem(
                "warning",
                "unreadable",
                f"The file cannot be read: {error.strerror}",
                "Links to it lead nowhere.",
                "content",
                path,
            )
        )


def _enter(work: Work, path: str, found: Published, result: Publication, *, original: bool) -> None:
    """Enter a file and its renderings into the manifest; a drawing's original is never published."""
    work.problems.extend(found.problems)
    # What is known from the last build may have stood under another base path.
    offers = tuple(msgspec.structs.replace(offer, url=f"{work.site.base_path}/{offer.name}") for offer in found.offers)
    for offer in offers:
        result.files[offer.name] = File(offer.digest, offer.size, media_type(offer.name), IMMUTABLE, "asset", 1)
    url = offers[-1].url if offers else ""
    if original and found.original:
        given = msgspec.structs.replace(found.original, url=f"{work.site.base_path}/{found.original.name}")
        url = given.url
        found = msgspec.structs.replace(found, original=given, size=given.size)
        result.files[given.name] = File(given.digest, given.size, media_type(given.name), IMMUTABLE, "asset", 1)
    elif original and not path.lower().endswith(".svg"):
        name = hashed_name(path, found.digest)
        url = f"{work.site.base_path}/{name}"
        result.files[name] = File(found.digest, found.size, media_type(name), IMMUTABLE, "asset", 1)
        result.sources[name] = work.tree.root / work.tree.real.get(path, path)
    result.found[path] = msgspec.structs.replace(found, url=url, offers=offers)
