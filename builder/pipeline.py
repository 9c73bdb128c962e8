"""The whole build, top to bottom.

    scan → has anything changed? → parse pages → lay out → follow references → publish files → render → site files →
    commit → remember

Each stage brings a column of results up to date and leaves alone what its inputs did not change. Nothing in the output
folder moves before everything has been made.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from builder import __version__, manifest
from builder.engine import memory as memory_file
from builder.engine.store import Damaged, Store
from builder.errors import Problem
from builder.io.config import HOME, Request, Roots, find_roots, read_site
from builder.io.scan import Tree, scan
from builder.io.write import Folder, plan, write_file
from builder.report import Report
from builder.stages.work import Memory, Work, identity_of, recall, recall_head, remember

Say = Callable[[str], None]

# The cache keeps what was of use in this many days, and no more than this many bytes.
CACHE_DAYS = 30.0
CACHE_BYTES = 2 * 1024**3


def build(request: Request, say: Say) -> Report:
    """Build the site and return the report; a damaged cache costs a second try from the sources."""
    try:
        return _build(request, say)
    except Damaged:
        say("The cache was damaged; building from the sources.")
        _forget(request.cache)
        return _build(request, say)


def _build(request: Request, say: Say) -> Report:
    started = time.perf_counter()
    now = time.time_ns()
    roots = find_roots(request)
    folder = Folder(request.out.absolute())
    tree = scan(roots.content, "content", now, without=(request.out, folder.beside, request.cache))
    site, values = read_site(roots, request, tree.read("site.toml") if "site.toml" in tree.files else None)
    templates, assets = _theme(roots, now)
    whole = identity_of(_tool(), msgspec.msgpack.encode((site, values)), templates.stats(), assets.stats())
    memory_path = _memory_path(request, roots)
    sections = memory_file.load(memory_path) if request.use_cache else {}
    head = recall_head(sections)
    if request.write:
        folder.take(say)
    try:
        before = folder.manifest_bytes()
        if (
            head
            and not request.verify
            and head.identity == whole
            and head.stats == tree.files
            and head.manifest == hashlib.sha256(before).digest()
            and not tree.problems
            and _trusted(tree)
        ):
            return msgspec.msgpack.decode(head.report, type=Report).again(time.perf_counter() - started)
        memory = recall(sections, head)
        return _make(
            request, roots, site, values, tree, memory, whole, memory_path, folder, (templates, assets), started
        )
    finally:
        folder.release()


def _make(
    request: Request,
    roots: Roots,
    site: Any,
    values: dict[str, Any],
    tree: Tree,
    memory: Memory,
    whole: bytes,
    memory_path: Path,
    folder: Folder,
    theme: tuple[Any, Any],
    started: float,
) -> Report:
    from builder.engine.pool import Pool, default_jobs
    from builder.engine.task import share
    from builder.stages import files, pages, references, rendering, sitefiles, structure
    from builder.stages.theme import publish_assets, read_templates
    from builder.text.view import Views

    store = Store(request.cache if request.use_cache else folder.beside / "cache")
    with Pool(store, request.jobs or default_jobs()) as pool:
        work = Work(request, roots, site, tree, memory, store, pool, identity=whole, staging=str(folder.staging))
        folder.staging.mkdir(parents=True, exist_ok=True)
        present = {} if request.verify else folder.manifest()
        rows = pages.read_pages(work)
        found = structure.lay_out_site(work, rows)
        views = Views(found.layout, site)
        table = references.make_table(work, found)
        rows = references.follow(work, rows, found, table)
        published, asset_files, sources = files.publish(work, rows)
        urls, theme_files, theme_data = publish_assets(theme[1], site.base_path)
        shell = share(_shell(work, views, urls))
        templates = read_templates(theme[0])
        rendered, staged = rendering.render_pages(
            work, rows, found, views, table, published, rendering.Theme(templates, shell), present
        )
        made, awards = sitefiles.site_files(
            work,
            views,
            structure.outlines_of(work, rows, found),
            urls.get("images/icon.svg", ""),
            values.get("achievements", []),
        )
        made.update(_error_pages(work, views, shell, templates))
        entries = {
            **asset_files,
            **theme_files,
            **rendering.pages_of(rendered),
            **{path: sitefiles.entry(path, content, **_class_of(path)) for path, content in made.items()},
        }
        build_id = manifest.build_id(entries)
        made["build.json"] = sitefiles.build_json(build_id)
        entries["build.json"] = sitefiles.entry("build.json", made["build.json"], headers=sitefiles.FRESH)
        problems = _problems(work, rows, found)
        errors = sum(problem.severity == "error" for problem in problems)
        release = manifest.Manifest(build_id, errors, request.drafts, entries)
        if request.write:
            staged.update(_stage(folder, {**theme_data, **made}, sources, entries, present))
            change = plan(present, entries, staged, lambda path: path in present)
            folder.commit(change, release, {"awards.json": awards})
        report = Report.of(work, release, problems, len(found.layout.places), time.perf_counter() - started)
        memory.identity, memory.manifest = whole, hashlib.sha256(folder.manifest_bytes()).digest()
        memory.stats, memory.rows, memory.rendered, memory.published = tree.files, rows, rendered, published
        memory.structure, memory.layout, memory.reasons = found.digest, found.record, work.reasons
        memory.report = msgspec.msgpack.encode(report)
        store.close()
        if request.use_cache:
            remember(memory_path, memory)
            store.sweep(_live(memory), limit=CACHE_BYTES, days=CACHE_DAYS)
    return report


def _theme(roots: Roots, now: int) -> tuple[Any, Any]:
    from builder.stages.theme import layers

    return layers(roots.templates, "templates", now), layers(roots.assets, "assets", now)


def _tool() -> bytes:
    """Return what stands for the tool itself: its version, and the locked versions of what it is made with."""
    lock = HOME / "requirements" / "build.txt"
    return __version__.encode() + (lock.read_bytes() if lock.is_file() else b"")


def _memory_path(request: Request, roots: Roots) -> Path:
    """Return where the memory of this build lies: one for each content, output folder and kind of build."""
    name = repr(
        (str(roots.content.resolve()), str(request.out.absolute()), request.release, request.drafts, request.write)
    )
    return request.cache / "memory" / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.bin"


def _trusted(tree: Tree) -> bool:
    return all(stat[1] >= 0 for stat in tree.files.values())


def _shell(work: Work, views: Any, urls: dict[str, str]) -> Any:
    from builder.text.view import Shell

    site, places = work.site, views.layout.places
    top = tuple(views.entries[child] for child in places[0].children[:12] if places[child].kind in ("course", "module"))
    tags = next((views.hrefs[number] for number, place in enumerate(places) if place.kind == "tags"), "")
    return Shell(
        title=site.title or places[0].title,
        description=site.description,
        language=site.language,
        base_url=site.base_url,
        base_path=site.base_path,
        home=site.base_path + "/",
        api_url=site.api_url,
        logo=site.logo,
        top=top,
        tags_url=tags,
        feed=f"{site.base_path}/feed.xml" if site.base_url else "",
        assets=urls,
        generator=f"Coursewright {__version__}",
        extra=dict(site.extra),
    )


def _error_pages(work: Work, views: Any, shell: Any, templates: Any) -> dict[str, bytes]:
    """Return 404.html and offline.html; they stand beside the pages, without a place in the layout."""
    from builder.engine.task import task
    from builder.model import Body
    from builder.steps.render import render

    made = {}
    for name in ("404", "offline"):
        view = msgspec.structs.replace(
            views.page(0),
            kind=name,
            template=name,
            title={"404": "Page not found", "offline": "Offline"}[name],
            crumbs=(),
            children=(),
            translations=(),
            canonical="",
            description="",
        )
        _, nav = views.nav(0)
        (outcome,) = work.pool.run(
            [task(render, view, (), Body(), nav, shell, templates, into=f"{work.staging}/{name}.html")], 1
        )
        if isinstance(outcome, BaseException):
            raise outcome
        made[f"{name}.html"] = Path(work.staging, f"{name}.html").read_bytes()
    return made


def _class_of(path: str) -> dict[str, Any]:
    return {"kind": "page", "phase": 2} if path.endswith(".html") else {}


def _problems(work: Work, rows: Any, found: Any) -> list[Problem]:
    problems = [*work.problems, *found.layout.problems]
    for row in rows.values():
        problems.extend(row.problems)
        problems.extend(row.misses)
    problems = sorted(
        set(problems),
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


def _stage(
    folder: Folder, made: dict[str, bytes], sources: dict[str, Path], entries: dict[str, Any], present: dict[str, Any]
) -> dict[str, str]:
    """Put what is new beside the pages that are staged already."""
    import shutil

    staged = {}
    for number, (path, content) in enumerate(made.items()):
        if path not in present or present[path].digest != entries[path].digest:
            write_file(folder.staging / f"data-{number}", content)
            staged[path] = f"data-{number}"
    for number, (path, source) in enumerate(sources.items()):
        if path not in present or present[path].digest != entries[path].digest:
            shutil.copyfile(source, folder.staging / f"file-{number}")
            staged[path] = f"file-{number}"
    return staged


def _live(memory: Memory) -> set[str]:
    return {record.pack for row in memory.rows.values() for record in (row.outline, row.links, row.body)} | (
        {memory.layout.pack} if memory.layout else set()
    )


def _forget(cache: Path) -> None:
    for path in (*(cache / "packs").glob("*.pack"), *(cache / "memory").glob("*.bin")):
        path.unlink(missing_ok=True)
