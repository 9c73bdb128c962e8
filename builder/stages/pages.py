"""The first column: every page's source, parsed. Only what changed is read, only what was never seen is run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from builder.engine.pool import FEW
from builder.engine.step import identity_of
from builder.engine.store import Record, digest
from builder.engine.task import Shared, Task, key_of, share, task
from builder.errors import Problem
from builder.io.scan import UNTRUSTED, Tree
from builder.model import Include, Links, PageSettings, Site
from builder.stages.memory import Row
from builder.stages.work import Work, done
from builder.steps.page import LARGEST, parse
from builder.text import words
from builder.text.decode import decode
from builder.text.urls import is_page, join

# Names that a page may show or hand out as files; found by text, before the page is parsed. What is only mentioned
# costs a rebuild now and then, never a wrong page.
# No word boundary before them, so that the literals can be looked for first: each page pays for the search.
_INCLUDE = re.compile(rb"(?:file|tests|solution)=(?:\"([^\"\n]+)\"|'([^'\n]+)'|([^\s\"'}]+))")
_NAMES = (b"file=", b"tests=", b"solution=")

# Outline, links, body.
PARTS = 3


def read_pages(work: Work, templates: Shared) -> dict[str, Row]:
    """Return a row for every page of the tree; the templates have the words that directives say."""
    tree, memory = work.tree, work.memory
    settings = _settings(work.site, msgspec.msgpack.decode(templates.data, type=words.Sources))
    work.settings = digest(identity_of(parse) + b"".join(each.digest for each in settings.values()))
    same = memory.settings == work.settings
    if work.saved is not None and same:
        return _read_again(work, work.saved, settings)
    rows: dict[str, Row] = {}
    waiting: list[str] = []
    # Ten thousand turns: what is asked for in each is looked up once.
    known_rows, known_stats = memory.rows, memory.stats
    for path, stat in tree.files.items():
        known = known_rows.get(path)
        if known is None and not is_page(path):
            continue
        if (
            known is not None
            and same
            and known_stats.get(path) == stat
            and stat != UNTRUSTED
            and (not known.includes or _same_includes(known, work))
        ):
            rows[path] = known
        else:
            rows[path] = known  # type: ignore[assignment]  # keeps the order of paths; replaced below
            waiting.append(path)
    if len(rows) > len(waiting):
        work.recalled["page.parse"] += len(rows) - len(waiting)
    if waiting:
        _fill(work, rows, waiting, settings)
        rows = {path: row for path, row in rows.items() if row is not None}
    if same and work.own and rows.keys() == known_rows.keys():
        work.fresh = frozenset(rows.keys() & set(waiting))
    return rows


def _settings(site: Site, sources: words.Sources) -> dict[str, Shared]:
    """Return what the pages of each language are parsed with."""
    return {
        language: share(
            PageSettings(
                site.engine, site.extensions, site.configured, language, words.words(sources, language, "quiz")
            )
        )
        for language in (site.language, *site.languages)
    }


def _read_again(work: Work, saved: frozenset[str], settings: dict[str, Shared]) -> dict[str, Row]:
    """Return the rows after these files were saved; the tree has the same names as before."""
    rows = dict(work.memory.rows)
    named = [path for path, row in rows.items() if row.includes and any(name in saved for _, name, _ in row.includes)]
    waiting = sorted({*named, *(path for path in saved if is_page(path) and path in work.tree.files)})
    work.recalled["page.parse"] = len(rows) - sum(path in rows for path in waiting)
    if waiting:
        _fill(work, rows, waiting, settings)
    if rows.keys() == work.memory.rows.keys():
        work.fresh = frozenset(waiting)
    return rows


def _same_includes(row: Row, work: Work) -> bool:
    return all(
        path in work.tree.files
        and work.tree.files[path] != UNTRUSTED
        and work.memory.stats.get(path) == work.tree.files[path]
        if sha
        else path not in work.tree.files
        for _, path, sha in row.includes
    )


def _fill(work: Work, rows: dict[str, Row], paths: list[str], settings: dict[str, Shared]) -> None:
    """Read the sources that may have changed; recall what is known, run the rest."""
    many = len(paths) >= FEW
    if many and not work.memory.rows:
        work.pool.start()
    jobs: list[tuple[str, bytes, bytes, tuple[tuple[str, str, bytes], ...]]] = []

    def tasks() -> Iterator[Task]:
        for path in paths:
            made = _task(path, work, settings)
            if made is None:
                rows.pop(path, None)
                continue
            single, source, includes = made
            key = key_of(single)
            known = rows.get(path)
            found = work.store.find(key)
            if found is not None and len(found) == PARTS:
                rows[path] = (
                    known
                    if known and known.key == key
                    else _row(path, source, includes, key, found, work.read(found[1], Links))
                )
                work.recalled["page.parse"] += 1
                continue
            jobs.append((path, key, source, includes))
            yield single

    for number, result in enumerate(work.pool.run(tasks(), len(paths))):
        outcome = done(result)
        path, key, source, includes = jobs[number]
        records = work.store.append(key, outcome.parts)
        links = msgspec.msgpack.decode(outcome.parts[1], type=Links)
        rows[path] = _row(path, source, includes, key, records, links)
        work.ran["page.parse"] += 1
        work.slow.append((outcome.milliseconds, path))
        work.reasons[path] = "its source changed" if path in work.memory.rows else "it is new"


def rehearse(work: Work, templates: Shared, paths: Iterable[str]) -> None:
    """Parse these pages and forget it: what a first page costs more than the next (grammars, tables) is paid then."""
    settings = _settings(work.site, msgspec.msgpack.decode(templates.data, type=words.Sources))
    made = (_task(path, work, settings) for path in paths)
    for _ in work.pool.run([single for single, *_ in filter(None, made)], 1):
        continue


def _task(
    path: str, work: Work, settings: dict[str, Shared]
) -> tuple[Task, bytes, tuple[tuple[str, str, bytes], ...]] | None:
    source = read_file(work, path)
    if source is None:
        return None
    includes, files = includes_of(path, source, work.tree)
    spoken = settings.get(path.partition("/")[0], settings[work.site.language])
    return task(parse, path, source, files, spoken), digest(source), includes


def read_file(work: Work, path: str) -> bytes | None:
    """Return a file's bytes, or nothing and a problem where it cannot be read any more."""
    try:
        return work.tree.read(path, LARGEST + 1)
    except OSError as error:
        # Permissions leave no trace in what stands for a file's contents: it is asked for again next time.
        work.tree.files[path] = UNTRUSTED
        work.problems.append(
            Problem(
                "error",
                "unreadable",
                f"The file cannot be read: {error.strerror}",
                "Its page is not in the site.",
                "content",
                path,
            )
        )
        return None


def includes_of(path: str, source: bytes, tree: Tree) -> tuple[tuple[tuple[str, str, bytes], ...], tuple[Include, ...]]:
    """Return the files that a page names, with their digests, and with their texts."""
    if not any(name in source for name in _NAMES):
        return (), ()
    rows, files = [], []
    for name in dict.fromkeys(double or single or bare for double, single, bare in _INCLUDE.findall(source)):
        shown = name.decode("utf-8", "replace")
        target = join(path.rpartition("/")[0], shown)
        if target is None:
            continue
        data = None
        if target in tree.files:
            try:
                data = tree.read(target, LARGEST)
            except OSError:
                data = None
        rows.append((shown, target, digest(data) if data is not None else b""))
        files.append(Include(shown, target, decode(data, target)[0] if data is not None else None))
    return tuple(rows), tuple(files)


def _row(
    path: str,
    source: bytes,
    includes: tuple[tuple[str, str, bytes], ...],
    key: bytes,
    parts: tuple[Record, ...],
    links: Links,
) -> Row:
    outline, link, body = parts
    return Row(path, source, includes, key, outline, link, body, links.problems, minutes=links.minutes)
