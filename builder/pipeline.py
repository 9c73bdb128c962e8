"""The whole build, top to bottom.

    scan → has anything changed? → parse pages → lay out → follow references → publish files → render → site files →
    commit → remember

Each stage brings a column of results up to date and leaves alone what its inputs did not change. Nothing in the output
folder moves before everything has been made.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from builder import __version__, manifest
from builder.engine import memory as memory_file
from builder.engine.store import Damaged
from builder.errors import Problem
from builder.io.config import Request
from builder.io.write import Folder, plan
from builder.report import Report
from builder.stages.ground import Ground, survey
from builder.stages.memory import Head, forget, memory_path, packs_of, recall, recall_head, remember
from builder.stages.work import Work

if TYPE_CHECKING:
    from builder.stages.assembly import Assembly
    from builder.stages.assets import Assets
    from builder.stages.workshop import Draft, Workshop
    from builder.text.budget import Overrun

Say = Callable[[str], None]
Watch = Callable[[str, int, int], None]

# The cache keeps what was of use in this many days, and no more than this many bytes.
CACHE_DAYS = 30.0
CACHE_BYTES = 2 * 1024**3


def build(request: Request, say: Say, watch: Watch | None = None) -> Report:
    """Build the site and return the report; a damaged cache costs a second try from the sources.

    ``say`` is for what people should know meanwhile, ``watch`` is told how far each step has come.
    """
    try:
        return _build(request, say, watch)
    except Damaged:
        say("The cache was damaged; building from the sources.")
        forget(request.cache)
        return _build(request, say, watch)


def _build(request: Request, say: Say, watch: Watch | None) -> Report:
    started = time.perf_counter()
    folder = folder_of(request)
    ground = survey(request, folder)
    sections = memory_file.load(memory_path(request, ground.roots)) if request.use_cache else {}
    head = recall_head(sections)
    if request.write:
        folder.take(say)
    try:
        if head and not (request.verify or request.analyze) and _unchanged(head, ground, folder.manifest_bytes()):
            return msgspec.msgpack.decode(head.report, type=Report).again(time.perf_counter() - started)
        from builder.stages.workshop import Workshop

        with Workshop(request, folder, recall(sections, head)) as shop:
            shop.pool.watch = watch
            draft = make_pages(shop, ground)
            return make_release(shop, draft, started)
    finally:
        folder.release()


def folder_of(request: Request) -> Folder:
    """Return the output folder; a build that writes none of it makes its pages in the cache."""
    staging = None if request.write else request.cache.absolute() / f"check-{os.getpid()}"
    return Folder(request.out.absolute(), staging)


def _unchanged(head: Head, ground: Ground, manifest_bytes: bytes) -> bool:
    return (
        head.identity == ground.identity
        and head.stats == ground.tree.files
        and head.manifest == hashlib.sha256(manifest_bytes).digest()
        and all(stat[1] >= 0 for stat in ground.tree.files.values())
    )


def make_pages(shop: Workshop, ground: Ground) -> Draft:
    """Make all that readers see of the site, up to the rendered pages; the output folder is as it was."""
    from builder.stages.settings import check, in_their_place

    check(ground)
    with in_their_place(ground):
        return _make_pages(shop, ground)


def _make_pages(shop: Workshop, ground: Ground) -> Draft:
    from builder.engine.task import share
    from builder.stages import files, pages, references, rendering, structure
    from builder.stages.staging import stage
    from builder.stages.workshop import Draft

    work = shop.begin(ground)
    theme = shop.look(ground, work)
    rows = pages.read_pages(work, theme.templates)
    found = structure.lay_out_site(work, rows, shop.structure)
    wishes = shop.wishes(ground)
    views, table = shop.lookups(work, found, rows, wishes.settings.column)
    rows = references.follow(work, rows, found, table)
    published, asset_files, staged = files.publish(work, rows, wishes, shop.present)
    shell = share(_shell(work, views, theme.assets, ground.values))
    entries = {**asset_files, **theme.assets.files}
    staged |= stage(shop, theme.assets.data, theme.assets.sources, entries)
    shop.ready = (entries, staged)
    given = rendering.Sources(rows, found, views, table, published, rendering.Theme(theme.templates, shell))
    causes = shop.causes(work, ground, rows, published)
    rendered, staged_pages = rendering.render_pages(work, given, shop.present, causes)
    entries = entries | shop.page_files(rendered, staged_pages)
    staged = staged | staged_pages
    return Draft(ground, work, found, views, theme, shell, rows, rendered, published, entries, staged, wishes.key)


def make_release(shop: Workshop, draft: Draft, started: float) -> Report:
    """Make the site-wide files, put the whole release into place, and remember it."""
    from builder.stages import offline, search, sitefiles, weights
    from builder.stages.assembly import Assembly

    work = draft.work
    release = Assembly(shop, draft)
    _add_site_files(release, shop, draft)
    found = search.make_searchable(work, draft.views, draft.rows)
    release.add(found.entries, found.files)
    courses = offline.lists(draft, release.entries, found.by_course)
    release.add(courses.entries, courses.lists)
    release.finish()
    build_id = manifest.build_id(release.entries)
    worker = offline.worker(work, draft, build_id, courses.known, release.entries, release.read)
    release.add(*sitefiles.carriers(build_id, worker))
    release.finish()
    overrun = shop.overruns(draft, release.entries, release.read)
    if shop.request.analyze:
        page = weights.analyze(shop, draft, build_id, release.entries, release.read, overrun)
        release.beside["analysis.html"] = page
    problems = problems_of(draft, overrun)
    errors = sum(problem.severity == "error" for problem in problems)
    whole = manifest.Manifest(build_id, errors, shop.request.drafts, release.entries)
    if shop.request.write:
        written = shop.folder.commit(plan(shop.present, release.entries, release.staged), whole, release.beside)
    else:
        written = shop.folder.manifest_bytes()
    seconds = time.perf_counter() - started
    report = Report.of(work, whole, problems, overrun, len(draft.views.layout.places), seconds)
    shop.present = release.entries
    _learn(shop, draft, report, written)
    return report


def _add_site_files(release: Assembly, shop: Workshop, draft: Draft) -> None:
    """Add the files that belong to no page: those of the last release where they would be the same."""
    from builder.stages import rendering, sitefiles, standing, structure
    from builder.stages.retired import retired
    from builder.text.achievements import achievements_of

    work, views = draft.work, draft.views
    given_up = retired(work)
    key = sitefiles.key_of(work, draft.structure.digest, draft.rows, given_up)
    kept = shop.kept_files(key)
    if kept:
        release.add(kept, {})
        return
    outlines = structure.outlines_of(work, draft.rows, draft.structure)
    icon = draft.theme.assets.urls.get("images/icon.svg", "")
    achievements = achievements_of(draft.ground.values)
    made, release.beside["awards.json"] = sitefiles.site_files(work, views, outlines, icon, achievements, given_up)
    made.update(standing.standing_pages(work, views, rendering.Theme(draft.theme.templates, draft.shell)))
    entries = {path: sitefiles.entry(path, content, **_class_of(path)) for path, content in made.items()}
    release.add(entries, made)
    shop.memory.site_files = (key, {path: file.digest for path, file in entries.items()})


def _learn(shop: Workshop, draft: Draft, report: Report, written: bytes) -> None:
    """Remember a build that has succeeded, and the manifest it has written, for the next in this process or another."""
    shop.learn(draft)
    shop.memory.manifest = hashlib.sha256(written).digest()
    shop.memory.report = msgspec.msgpack.encode(report)
    if shop.request.use_cache:
        shop.store.mark()
        remember(memory_path(shop.request, draft.ground.roots), shop.memory)
        shop.store.sweep(partial(packs_of, shop.memory), limit=CACHE_BYTES, days=CACHE_DAYS)


def _shell(work: Work, views: Any, assets: Assets, values: dict[str, Any]) -> Any:
    from builder.stages import offline, security, standing
    from builder.text.view import Shell

    site, places = work.site, views.layout.places
    return Shell(
        title=site.title or places[0].title,
        description=site.description,
        language=site.language,
        base_url=site.base_url,
        base_path=site.base_path,
        at=standing.addresses(views),
        api_url=site.api_url,
        logo=site.logo,
        top=standing.tops(views),
        feed=f"{site.base_path}/feed.xml" if site.base_url else "",
        assets=assets.urls,
        preloads=assets.preloads,
        generator=f"Coursewright {__version__}",
        extra=dict(site.extra),
        worker=offline.offline_of(values).worker,
        security=security.security_of(values),
    )


def _class_of(path: str) -> dict[str, Any]:
    return {"kind": "page", "phase": 2} if path.endswith(".html") else {}


def problems_of(draft: Draft, overrun: tuple[Overrun, ...] = ()) -> list[Problem]:
    """Return every problem of a build, in a stable order."""
    from builder.stages.excerpts import with_excerpts
    from builder.stages.security import judged
    from builder.stages.weights import problems as too_heavy

    work = draft.work
    problems = [*work.problems, *draft.theme.assets.problems]
    problems += with_excerpts(work.tree, draft.structure.layout.problems)
    for row in draft.rows.values():
        if row.problems or row.misses:
            problems += (*row.problems, *row.misses)
    problems += too_heavy(draft, overrun)
    problems = sorted(
        set(judged(problems, draft.ground.values)),
        key=lambda problem: (problem.path or "", problem.line or 0, problem.column or 0, problem.code, problem.message),
    )
    if not work.site.base_url:
        problems.append(
            Problem(
                "notice",
                "base-url",
                "Without base_url there is no sitemap and no feed",
                "Set base_url in site.toml, or give --base-url.",
            )
        )
    return problems
