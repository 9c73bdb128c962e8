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
from builder.model import Published
from builder.stages.pictures import ENDINGS, Wishes, render_pictures
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
    known = {path: _known(work, path, wishes, present, is_shown=path in shown) for path in sorted(shown | handed)}
    fresh: dict[str, Published] = {}
    staged: dict[str, str] = {}
    for portion in _portions(work, [path for path, before in known.items() if before is None]):
        read: dict[str, bytes] = {}
        for path in portion:
            _read(work, path, read)
        made, new = render_pictures(work, {path: read[path] for path in read if path in shown}, wishes, present)
        staged |= new
        for path, data in read.items():
            fresh[path] = made.get(path) or Published("", hashlib.sha256(data).hexdigest(), size=len(data))
    result = Publication({}, {}, {}, staged)
    for path, before in known.items():
        found = before or fresh.get(path)
        if found:
            _enter(work, path, found, result, original=path in handed or not found.offers)
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


def _known(work: Work, path: str, wishes: Wishes, present: Mapping[str, File], *, is_shown: bool) -> Published | None:
    """Return what is known of a file from the last build, if neither it nor what was made of it has changed."""
    known, stat = work.memory.published.get(path), work.tree.files.get(path, UNTRUSTED)
    if known is None or stat == UNTRUSTED or work.memory.stats.get(path) != stat:
        return None
    if is_shown:
        if work.memory.wishes != wishes.key or not (known.offers or known.problems):
            return None
        if known.draft and not (work.darkroom and work.darkroom.owes(path)):
            return None
        base = work.site.base_path
        for offer in known.offers:
            if offer.url != f"{base}/{offer.name}" or offer.name not in present:
                return None
            if present[offer.name].digest != offer.digest:
                return None
    return known


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
    if original and not path.lower().endswith(".svg"):
        name = hashed_name(path, found.digest)
        url = f"{work.site.base_path}/{name}"
        result.files[name] = File(found.digest, found.size, media_type(name), IMMUTABLE, "asset", 1)
        result.sources[name] = work.tree.root / work.tree.real.get(path, path)
    result.found[path] = msgspec.structs.replace(found, url=url, offers=offers)
