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
from builder.stages.structure import Structure
from builder.stages.theme import part
from builder.stages.work import Rendered, Row, Work, done
from builder.steps.link import Table, find, resolve
from builder.steps.render import render
from builder.text.urls import is_external
from builder.text.view import Views

PAGE = {"Cache-Control": "max-age=0, must-revalidate, s-maxage=300"}
HTML = "text/html; charset=utf-8"


class Theme(NamedTuple):
    """What all pages are rendered with: the templates' sources and the site's shell."""

    templates: Shared
    shell: Shared


def file_of(url: str) -> str:
    """Return the path of a page's file in the output folder."""
    return url.lstrip("/") + "index.html"


def render_pages(
    work: Work,
    rows: dict[str, Row],
    structure: Structure,
    views: Views,
    table: Table,
    published: Mapping[str, Published],
    theme: Theme,
    present: Mapping[str, File],
    causes: Causes,
) -> tuple[dict[str, Rendered], dict[str, str]]:
    """Return what is known of every page's file, and where the newly made ones are staged."""
    memory = work.memory
    settled = memory.structure == structure.digest and memory.identity == work.identity
    changed_files = {path for path, found in published.items() if memory.published.get(path) != found} | (
        memory.published.keys() - published.keys()
    )
    navs: dict[tuple[int, int], Shared] = {}
    empty = share(Body())
    rendered: dict[str, Rendered] = {}
    staged: dict[str, str] = {}
    jobs: list[tuple[str, bytes, str, str]] = []
    places = structure.layout.places
    looked: list[tuple[int, Place]] = list(enumerate(places))
    if settled and work.fresh is not None and not changed_files:
        rendered = dict(memory.rendered)
        looked = [(number, place) for number, place in looked if place.source in work.fresh]
        work.recalled["render.render"] += len(places) - len(looked)

    def tasks(group: list[tuple[int, Place]]) -> Iterator[Task]:
        for number, place in group:
            path = file_of(place.url)
            row = rows.get(place.source) if place.source else None
            known = memory.rendered.get(path)
            if (
                settled
                and known
                and _same(row, memory.rows.get(place.source), changed_files)
                and _there(path, known, present)
            ):
                rendered[path] = known
                work.recalled["render.render"] += 1
                continue
            single, staged_name = _task(number, path, row)
            key = key_of(single)
            if known and known.key == key and _there(path, known, present):
                rendered[path] = known
                work.recalled["render.render"] += 1
                continue
            jobs.append((path, key, staged_name, place.source or place.url))
            yield single

    def _task(number: int, path: str, row: Row | None) -> tuple[Task, str]:
        del path
        known, nav = views.nav(number)
        if known not in navs:
            navs[known] = share(nav)
        refs: tuple[str, ...] = ()
        body: Record | Shared = empty
        if row is not None:
            links: Links = work.read(row.links, Links)
            refs = resolve(links.refs, row.path, table, published)
            body = row.body
        name = f"page-{number}"
        view = views.page(number, image=_picture(places[number], table, published))
        return task(
            render,
            view,
            refs,
            body,
            navs[known],
            theme.shell,
            part(theme.templates, (view.template, view.kind)),
            into=f"{work.staging}/{name}",
        ), name

    def make(group: list[tuple[int, Place]]) -> None:
        count = min(len(group), _estimate(work, rows, len(group), settled=settled))
        for job, result in enumerate(work.pool.run(tasks(group), count), len(jobs)):
            outcome = done(result)
            path, key, staged_name, source = jobs[job]
            rendered[path] = Rendered(key, outcome.digest, outcome.size)
            staged[path] = staged_name
            work.ran["render.render"] += 1
            work.slow.append((outcome.milliseconds, source))
            work.reasons.setdefault(source, causes.of(rows.get(source)) if path in memory.rendered else "it is new")
            if work.ahead and not work.ahead.go_on():
                raise Superseded

    if work.ahead and len(looked) > FEW:
        seen = work.ahead.paths
        make([(number, place) for number, place in looked if file_of(place.url) in seen])
        work.ahead.show(rendered, staged)
        looked = [(number, place) for number, place in looked if file_of(place.url) not in seen]
    make(looked)
    return rendered, staged


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


def _there(path: str, known: Rendered, present: Mapping[str, File]) -> bool:
    found = present.get(path)
    return found is not None and found.digest == known.digest


def _estimate(work: Work, rows: dict[str, Row], count: int, *, settled: bool) -> int:
    """Return about how many pages will be rendered, to decide where."""
    if not settled or work.fresh is not None:
        return count
    return sum(1 for path, row in rows.items() if work.memory.rows.get(path) is not row)


def pages_of(rendered: Mapping[str, Rendered]) -> dict[str, File]:
    """Return the pages' entries in the manifest; the home page goes last."""
    return {
        path: File(found.digest, found.size, HTML, PAGE, "page", 3 if path == "index.html" else 2)
        for path, found in rendered.items()
    }
