"""The third column: where every page's references lead, which files they want published, and which lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from builder.engine.task import Task, task
from builder.errors import Problem
from builder.model import Links, Place
from builder.stages.memory import Row
from builder.stages.pages import read_file
from builder.stages.structure import Structure
from builder.stages.work import Work, done
from builder.steps.locate import locate
from builder.text.table import Table, Whole, find
from builder.text.targets import missing_places, targets
from builder.text.urls import page_stem


def make_table(work: Work, structure: Structure, hrefs: Sequence[str], column: int) -> Table:
    """Return what references resolve against."""
    base = work.site.base_path
    pages: dict[str, str] = {}
    folders: dict[str, str] = {}
    urls: dict[str, str] = {}
    for place, url in zip(structure.layout.places, hrefs, strict=True):
        if place.source:
            pages[place.source] = url
            urls[place.url] = place.source
        else:
            folders[place.url] = url
        if place.kind != "lesson" and place.kind not in ("tag", "tags"):
            folder = place.source.rpartition("/")[0] if place.source else _folder_of(place, structure)
            folders[folder] = url
    unbuilt = frozenset(structure.layout.unbuilt)
    files = work.tree.files
    return Table(pages, folders, files, unbuilt, urls, _Names(structure), Whole(files), base, column)


class _Names(Mapping[str, str]):
    """Pages by title and by file name, in lower case, for wiki links; made when the first one asks."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._known: dict[str, str] = {}

    def _names(self) -> dict[str, str]:
        if not self._known:
            for place in self._structure.layout.places:
                if place.source:
                    self._known.setdefault(place.title.lower(), place.source)
                    self._known.setdefault(page_stem(place.source.rpartition("/")[2]).lower(), place.source)
        return self._known

    def __getitem__(self, name: str) -> str:
        return self._names()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


def _folder_of(place: Place, structure: Structure) -> str:
    """Return the folder that a generated page stands for: the one above its first child."""
    walk, up = place, 0
    while not walk.source and walk.children:
        walk = structure.layout.places[walk.children[0]]
        up += 1
    parts = walk.source.split("/")
    return "/".join(parts[: max(0, len(parts) - up - (walk.kind != "lesson"))])


def follow(work: Work, rows: dict[str, Row], structure: Structure, table: Table) -> dict[str, Row]:
    """Return the rows with what their references lead to brought up to date."""
    memory = work.memory
    whole = memory.structure != structure.digest
    seen = rows if whole or work.fresh is None else work.fresh
    stale = [path for path in seen if whole or memory.rows.get(path) is not rows[path]]
    anchors_changed = {
        path for path in stale if path not in memory.rows or memory.rows[path].links.digest != rows[path].links.digest
    }
    fresh = set(stale)
    again = [
        path
        for path, row in (rows.items() if anchors_changed else ())
        if path not in fresh and _names_any(row, anchors_changed)
    ]
    anchors = _Anchors(work, rows)
    images = {place.source: place.image for place in structure.layout.places if place.image}
    waiting: list[Task] = []
    paths: list[str] = []
    for path in (*stale, *again):
        row = rows[path]
        links: Links = work.read(row.links, Links)
        wants, shown, places, findings = targets(links.refs, path, table) if path in table.pages else ((), (), (), ())
        if images.get(path):
            kind, found, *_ = find(images[path], path, table)
            wants = (*wants, found) if kind == "file" else wants
        findings = (*findings, *missing_places(places, links.refs, anchors)) if places else findings
        rows[path] = msgspec.structs.replace(row, wants=wants, shown=shown, places=places, misses=())
        if findings:
            source = read_file(work, path)
            if source is not None:
                waiting.append(task(locate, path, source, findings))
                paths.append(path)
    for path, result in zip(paths, work.pool.run(waiting, len(waiting)), strict=True):
        problems = msgspec.msgpack.decode(done(result).parts[0], type=tuple[Problem, ...])
        rows[path] = msgspec.structs.replace(rows[path], misses=problems)
        work.ran["locate.locate"] += 1
    return rows


def _names_any(row: Row, paths: set[str]) -> bool:
    return bool(row.places and paths) and any(target in paths for _, target, _ in row.places)


class _Anchors(Mapping[str, tuple[str, ...]]):
    """The ids that pages offer, read when they are asked for."""

    def __init__(self, work: Work, rows: dict[str, Row]) -> None:
        self._work = work
        self._rows = rows
        self._known: dict[str, tuple[str, ...]] = {}

    def __getitem__(self, path: str) -> tuple[str, ...]:
        if path not in self._known:
            self._known[path] = self._work.read(self._rows[path].links, Links).anchors
        return self._known[path]

    def __iter__(self) -> Any:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
