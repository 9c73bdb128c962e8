"""Why pages are made again: the inputs that differ from those of the last build, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from builder.engine.store import digest
from builder.io.scan import UNTRUSTED
from builder.model import Published
from builder.stages.ground import Ground
from builder.stages.memory import Memory, Row

# So many names say enough; the rest is counted.
NAMED = 3


class Causes(NamedTuple):
    """What has changed since the last build: parts of the theme and settings, what others show of pages, files."""

    theme: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()

    def of(self, row: Row | None) -> str:
        """Return why a page was made again that is the same itself."""
        files = sorted(self.files.intersection((*row.wants, *row.shown))) if row else []
        places = _changed(self.pages, "the place, title or reading time of ")
        found = (_changed(files, ""), _changed(self.theme, ""), places)
        return "; ".join(filter(None, found)) or "what it shows of the site changed"


def inputs_of(ground: Ground) -> dict[str, bytes]:
    """Return what stands for each part of the theme and for the settings, by name."""
    found = {"site.toml": digest(repr((ground.site, ground.values)).encode())}
    for root, layers in (("templates", ground.templates), ("assets", ground.assets)):
        for name, tree in layers.files.items():
            stat = tree.files[name]
            stands_for = repr((str(tree.root), stat)).encode() if stat != UNTRUSTED else tree.read(name)
            found[f"{root}/{name}"] = digest(stands_for)[:8]
    return found


def causes_of(
    memory: Memory,
    inputs: Mapping[str, bytes],
    rows: Mapping[str, Row],
    published: Mapping[str, Published],
    fresh: Iterable[str] | None,
) -> Causes:
    """Return what differs from the last build, nothing where there was none; ``fresh`` are the only rows that may."""
    if not memory.rows:
        return Causes()
    before = memory.inputs
    theme = sorted(name for name in before.keys() | inputs.keys() if before.get(name) != inputs.get(name))
    pages = sorted(rows.keys() ^ memory.rows.keys())
    pages += [
        path
        for path in (rows if fresh is None else sorted(fresh))
        if (known := memory.rows.get(path)) is not (row := rows[path]) and known and shown_of(known) != shown_of(row)
    ]
    shown = memory.published
    files = (path for path in published.keys() | shown.keys() if published.get(path) != shown.get(path))
    return Causes(tuple(theme), tuple(pages), frozenset(files))


def shown_of(row: Row) -> tuple[bytes, int]:
    """Return what stands for all that others show of a page."""
    return row.outline.digest, row.minutes


def _changed(names: tuple[str, ...] | list[str], what: str) -> str:
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{what}{', '.join(names[:NAMED])}{more} changed"
