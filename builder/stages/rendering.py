"""The fifth column: every page's file, rendered where one of its inputs has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from builder.engine.pool import FEW
from builder.engine.store import Record
from builder.engine.task import Shared, Task, key_of, share, task
from builder.errors import Superseded
from builder.manifest import File
from builder.model import Body, Links, Place, Published
from builder.stages.causes import Causes
from builder.stages.memory import Rendered, Row
from builder.stages.structure import Structure
from builder.stages.theme import part
from builder.stages.work import Work, done
from builder.steps.render import render
from builder.text.linking import resolve
from builder.text.table import Table, find
from builder.text.urls import is_external
from builder.text.views import Views

PAGE = {"Cache-Control": "max-age=0, must-revalidate, s-maxage=300"}
HTML = "text/html; charset=utf-8"


class Theme(NamedTuple):
    """What all pages are rendered with: the templates' sources and the site's shell."""

    templates: Shared
    shell: Shared


def file_of(url: str) -> str:
    """Return the path of a page's file in the output folder."""
    return url.lstrip("/") + "index.html"


class Sources(NamedTuple):
    """What pages are rendered from."""

    rows: Mapping[str, Row]
    structure: Structure
    views: Views
    table: Table
    published: Mapping[str, Published]
    theme: Theme


class _Job(NamedTuple):
    """A page that is being rendered: its file, its key, where it is staged, and what its author calls it."""

    path: str
    key: bytes
    staged: str
    source: str


def render_pages(
    work: Work, sources: Sources, present: Mapping[str, File], causes: Causes
) -> tuple[dict[str, Rendered], dict[str, str]]:
    """Return what is known of every page's file, and where the newly made ones are staged."""
    rendering = _Rendering(work, sources, present, causes)
    pages = rendering.pages()
    if work.ahead and len(pages) > FEW:
        seen = work.ahead.paths
        rendering.make([(number, place) for number, place in pages if file_of(place.url) in seen])
        work.ahead.show(rendering.rendered, rendering.staged)
        pages = [(number, place) for number, place in pages if file_of(place.url) not in seen]
    rendering.make(pages)
    return rendering.rendered, rendering.staged


class _Rendering:
    """The rendering of one build: what is known and made so far, by file."""

    def __init__(self, work: Work, sources: Sources, present: Mapping[str, File], causes: Causes) -> None:
        memory = work.memory
        self.work = work
        self.sources = sources
        self.present = present
        self.causes = causes
        self.rendered: dict[str, Rendered] = {}
        self.staged: dict[str, str] = {}
        self.settled = memory.structure == sources.structure.digest and memory.identity == work.identity
        self.changed = {path for path, found in sources.published.items() if memory.published.get(path) != found}
        self.changed |= memory.published.keys() - sources.published.keys()
        self.retimed = _retimed(work, sources) if self.settled else frozenset[int]()
        self._navs: dict[tuple[int, int], Shared] = {}
        self._empty = share(Body())
        self._jobs: list[_Job] = []

    def pages(self) -> list[tuple[int, Place]]:
        """Return the pages to look at: all, or those just read where nothing else can have changed."""
        work, places = self.work, list(enumerate(self.sources.structure.layout.places))
        if not self.settled or work.fresh is None or self.changed:
            return places
        self.rendered = dict(work.memory.rendered)
        fresh = [(number, place) for number, place in places if place.source in work.fresh or number in self.retimed]
        work.recalled["render.render"] += len(places) - len(fresh)
        return fresh

    def make(self, pages: list[tuple[int, Place]]) -> None:
        """Render those of the pages that are not known to be what they would be."""
        work = self.work
        count = min(len(pages), self._estimate(len(pages)))
        for number, result in enumerate(work.pool.run(self._tasks(pages), count), len(self._jobs)):
            outcome, job = done(result), self._jobs[number]
            new = job.path not in work.memory.rendered
            self.rendered[job.path] = Rendered(job.key, outcome.digest, outcome.size)
            self.staged[job.path] = job.staged
            work.ran["render.render"] += 1
            work.slow.append((outcome.milliseconds, job.source))
            reason = "it is new" if new else self.causes.of(self.sources.rows.get(job.source))
            work.reasons.setdefault(job.source, reason)
            if work.ahead and not work.ahead.go_on():
                raise Superseded

    def _tasks(self, pages: list[tuple[int, Place]]) -> Iterator[Task]:
        memory = self.work.memory
        for number, place in pages:
            path = file_of(place.url)
            row = self.sources.rows.get(place.source) if place.source else None
            known = memory.rendered.get(path)
            if known and not self._there(path, known):
                known = None
            if known and self._is_settled(number) and _same(row, memory.rows.get(place.source), self.changed):
                self._keep(path, known)
                continue
            made = self._task(number, row)
            key = key_of(made)
            if known and known.key == key:
                self._keep(path, known)
                continue
            self._jobs.append(_Job(path, key, f"page-{number}", place.source or place.url))
            yield made

    def _is_settled(self, number: int) -> bool:
        return self.settled and number not in self.retimed

    def _keep(self, path: str, known: Rendered) -> None:
        self.rendered[path] = known
        self.work.recalled["render.render"] += 1

    def _there(self, path: str, known: Rendered) -> bool:
        found = self.present.get(path)
        return found is not None and found.digest == known.digest

    def _task(self, number: int, row: Row | None) -> Task:
        sources = self.sources
        known, nav = sources.views.nav(number)
        if known not in self._navs:
            self._navs[known] = share(nav)
        refs: tuple[str, ...] = ()
        body: Record | Shared = self._empty
        if row is not None:
            links: Links = self.work.read(row.links, Links)
            refs = resolve(links.refs, row.path, sources.table, sources.published)
            body = row.body
        place = sources.structure.layout.places[number]
        view = sources.views.page(number, image=_picture(place, sources.table, sources.published))
        templates = part(sources.theme.templates, (view.template, view.kind))
        into = f"{self.work.staging}/page-{number}"
        return task(render, view, refs, body, self._navs[known], sources.theme.shell, templates, into=into)

    def _estimate(self, count: int) -> int:
        """Return about how many pages will be rendered, to decide where."""
        if not self.settled or self.work.fresh is not None:
            return count
        return sum(1 for path, row in self.sources.rows.items() if self.work.memory.rows.get(path) is not row)


def _retimed(work: Work, sources: Sources) -> frozenset[int]:
    """Return the pages that may show how long a page takes to read which takes another time now."""
    rows, before = sources.rows, work.memory.rows
    seen = rows if work.fresh is None else work.fresh
    changed = {path for path in seen if path in before and before[path].minutes != rows[path].minutes}
    places = sources.structure.layout.places
    if len(changed) > FEW:
        return frozenset(range(len(places)))
    numbers = (number for number, place in enumerate(places) if changed and place.source in changed)
    return frozenset().union(*map(sources.views.shown_by, numbers))


def _picture(place: Place, table: Table, published: Mapping[str, Published]) -> str:
    """Return the URL of the picture that front matter gives the page, for those who link to it."""
    if not place.image or is_external(place.image):
        return place.image
    kind, path, *_ = find(place.image, place.source, table)
    return published[path].url if kind == "file" and path in published else ""


def _same(row: Row | None, before: Row | None, changed_files: set[str]) -> bool:
    if row is None or before is None:
        return row is before
    return (
        row.body.digest == before.body.digest
        and row.links.digest == before.links.digest
        and (not changed_files or changed_files.isdisjoint((*row.wants, *row.shown)))
    )


def pages_of(rendered: Mapping[str, Rendered]) -> dict[str, File]:
    """Return the pages' entries in the manifest; the home page goes last."""
    return {
        path: File(found.digest, found.size, HTML, PAGE, "page", 3 if path == "index.html" else 2)
        for path, found in rendered.items()
    }
