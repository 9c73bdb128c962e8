"""The second column, a single value: the layout of the whole site, run again only when an outline has changed."""

from __future__ import annotations

import hashlib

from builder.engine.step import identity_of
from builder.engine.store import Record
from builder.engine.task import share, task
from builder.model import Layout, Outline
from builder.stages.memory import Row
from builder.stages.work import Work
from builder.steps.layout import lay_out


class Structure:
    """The layout and what it was made from; ``digest`` also covers which other files there are, for links."""

    def __init__(self, layout: Layout, record: Record, outlines: dict[str, Outline], digest: bytes) -> None:
        self.layout = layout
        self.record = record
        self.outlines = outlines
        self.digest = digest


def lay_out_site(work: Work, rows: dict[str, Row], last: Structure | None = None) -> Structure:
    """Return the site's structure; it is the ``last`` one itself where nothing in it has changed."""
    if last is not None and work.fresh is not None and _same_outlines(work, rows, work.fresh):
        work.recalled["layout.lay_out"] += 1
        return last
    site = share(work.site)
    whole = hashlib.sha256(identity_of(lay_out) + site.digest)
    for row in rows.values():
        whole.update(row.path.encode() + b"\0" + row.outline.digest)
    for path in work.tree.files:
        whole.update(path.encode() + b"\0")
    digest = whole.digest()
    memory = work.memory
    if last is not None and last.digest == digest:
        work.recalled["layout.lay_out"] += 1
        return last
    if memory.layout is not None and memory.structure == digest:
        work.recalled["layout.lay_out"] += 1
        return Structure(work.read(memory.layout, Layout), memory.layout, {}, digest)
    pairs = tuple((row.path, work.read(row.outline, Outline)) for row in rows.values())
    (record,) = work.run(task(lay_out, pairs, site))
    return Structure(work.read(record, Layout), record, dict(pairs), digest)


def _same_outlines(work: Work, rows: dict[str, Row], fresh: frozenset[str]) -> bool:
    return all(rows[path].outline.digest == work.memory.rows[path].outline.digest for path in fresh)


def outlines_of(work: Work, rows: dict[str, Row], structure: Structure) -> dict[str, Outline]:
    """Return every page's outline; read only where a site-wide file is to be made again."""
    if not structure.outlines:
        structure.outlines.update((row.path, work.read(row.outline, Outline)) for row in rows.values())
    return structure.outlines
