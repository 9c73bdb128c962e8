"""What pages weigh: which files each one starts with, measured against the budgets and shown by ``--analyze``.

A page's links are read from its file when that is new, and remembered: most pages of a site start with the same few.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from builder.asset import Bundle
from builder.errors import Problem
from builder.manifest import File
from builder.stages.memory import Weights
from builder.stages.offline import shell
from builder.stages.rendering import file_of
from builder.stages.workshop import Draft, Workshop
from builder.steps.analysis import PageWeight, Weight, analysis, kind_of
from builder.steps.worker import saved_picture
from builder.text.budget import Budget, Overrun, as_problem, overrun

_STARTS = re.compile(rb'<(?:link rel="(?:stylesheet|modulepreload)"|script) [^>]*?(?:href|src)="([^"]+)"')

Read = Callable[[str], bytes]


def travels(file: File) -> int:
    """Return how many bytes of a file travel: as brotli where there is that."""
    coded = file.encodings.get("br")
    return coded.size if coded else file.size


def weigh(shop: Workshop, entries: Mapping[str, File], read: Read) -> dict[str, tuple[str, ...]]:
    """Return for each page the assets that it starts with."""
    before, memory = shop.memory.weights, shop.memory.rendered
    table: dict[tuple[str, ...], int] = {}
    rows: dict[str, int] = {}
    found: dict[str, tuple[str, ...]] = {}
    for path, file in entries.items():
        if file.class_ != "page":
            continue
        known = memory.get(path)
        if known is not None and known.digest == file.digest and path in before.rows:
            found[path] = before.table[before.rows[path]]
        else:
            names = (f"assets/{url.decode().rpartition('/')[2]}" for url in _STARTS.findall(read(path)))
            found[path] = tuple(sorted({name for name in names if name in entries}))
        rows[path] = table.setdefault(found[path], len(table))
    shop.memory.weights = Weights(tuple(table), rows)
    return found


def overruns(
    draft: Draft,
    budgets: Mapping[str, Budget],
    entries: Mapping[str, File],
    starts: Mapping[str, tuple[str, ...]],
    read: Read,
) -> tuple[Overrun, ...]:
    """Return every budget that is overrun, the pages in the order of their addresses."""
    pages_found = (overrun(budgets["html"], path, {path: travels(entries[path])}) for path in sorted(starts))
    found: list[Overrun | None] = list(pages_found)
    sharing: dict[tuple[str, ...], list[str]] = {}
    for path in sorted(starts):
        sharing.setdefault(starts[path], []).append(path)
    for names, pages in sharing.items():
        for budget, ending in (("css", ".css"), ("js", ".js")):
            parts = {name: travels(entries[name]) for name in names if name.endswith(ending)}
            found.append(overrun(budgets[budget], pages[0], parts, len(pages) - 1))
    places = draft.views.layout.places
    found += [overrun(budgets["images"], file_of(place.url), pictures(draft, place.source)) for place in places]
    sizes = {path: travels(entries[path]) for path in shell_files(draft, entries, read)}
    found += [overrun(budgets[name], "sw.js", sizes) for name in ("precache_bytes", "precache_files")]
    return tuple(one for one in found if one is not None)


def shell_files(draft: Draft, entries: Mapping[str, File], read: Read) -> list[str]:
    """Return the files that a first visit keeps."""
    starts = (draft.theme.assets.host, draft.work.site.base_path)
    found = []
    for url, _ in shell(draft, entries, read):
        start = next((start for start in starts if start and url.startswith(start)), "")
        path = url.removeprefix(start).lstrip("/") or "index.html"
        if path in entries:
            found.append(path)
    return found


def analyze(
    shop: Workshop, draft: Draft, build_id: str, entries: Mapping[str, File], read: Read, found: tuple[Overrun, ...]
) -> bytes:
    """Return the page of ``--analyze``."""
    starts = weigh(shop, entries, read)
    sources = {file_of(place.url): place.source for place in draft.views.layout.places}
    files = {path: Weight(path, file.size, travels(file), kind_of(path, file.class_)) for path, file in entries.items()}
    pages = [
        PageWeight(
            path,
            files[path].travels,
            sum(files[name].travels for name in names if name.endswith(".css")),
            sum(files[name].travels for name in names if name.endswith(".js")),
            sum(pictures(draft, sources.get(path, "")).values()),
        )
        for path, names in starts.items()
    ]
    bundle: Bundle = draft.work.read(draft.theme.assets.record, Bundle)
    imports = {output.path: output.uses for output in bundle.outputs}
    before, changes = shop.present, []
    for path in sorted({*before, *entries}):
        old, new = before.get(path), entries.get(path)
        if old is None and new is not None:
            changes.append(("new", path, 0, new.size))
        elif new is None and old is not None:
            changes.append(("gone", path, old.size, 0))
        elif old is not None and new is not None and old.digest != new.digest:
            changes.append(("changed", path, old.size, new.size))
    kept = [files[path] for path in shell_files(draft, entries, read)]
    return analysis(build_id, files.values(), pages, kept, imports, changes, found)


def pictures(draft: Draft, source: str) -> dict[str, int]:
    """Return the pictures that a page shows, each as heavy as the rendering that a large screen gets."""
    row = draft.rows.get(source) if source else None
    shown = (draft.published.get(path) for path in (row.shown if row else ()))
    heavy = {}
    for path, published in zip(row.shown if row else (), shown, strict=True):
        if published is not None and published.offers:
            heavy[path] = saved_picture(published)[1]
    return heavy


def problems(draft: Draft, found: tuple[Overrun, ...]) -> list[Problem]:
    """Return the overruns as problems of the pages' sources."""
    if not found:
        return []
    sources = {file_of(place.url): place.source for place in draft.views.layout.places}
    return [as_problem(one, sources.get(one.page, "")) for one in found]
