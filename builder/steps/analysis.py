"""The page of ``--analyze``: what weighs what, who brings in whom, what has changed since the last build.

One file without scripts or anything to load, so that it can be kept, sent and compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import msgspec

from builder.text.budget import Overrun

# So many rows of a list are shown; the rest is counted.
ROWS = 200

Cells = tuple[str | int, ...]

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 0 0 2rem; font-variant-numeric: tabular-nums }
th, td { text-align: start; padding: .2rem .75rem .2rem 0; border-bottom: 1px solid #8884; vertical-align: top }
td.n, th.n { text-align: end; white-space: nowrap }
.over { color: #c33; font-weight: 600 } caption { text-align: start; font-weight: 600; padding: .5rem 0 }
"""


class Weight(msgspec.Struct, frozen=True):
    """One file: how many bytes it has, how many of them travel, what kind of thing it is."""

    path: str
    size: int
    travels: int
    kind: str


class PageWeight(msgspec.Struct, frozen=True):
    """One page: what travels of its own HTML, of what it starts with, and of its pictures."""

    path: str
    html: int
    css: int
    js: int
    images: int

    @property
    def whole(self) -> int:
        """All of it together."""
        return self.html + self.css + self.js + self.images


def kind_of(path: str, class_: str) -> str:
    """Return what kind of thing a file is, as the report groups them."""
    if class_ != "asset":
        return {"page": "pages", "worker": "service worker"}.get(class_, "data")
    ending = path.rpartition(".")[2]
    named = {"js": "scripts", "mjs": "scripts", "css": "styles", "woff2": "fonts", "woff": "fonts", "wasm": "wasm"}
    pictured = {"avif", "webp", "jpg", "jpeg", "png", "gif", "svg"}
    return f"pictures: {ending}" if ending in pictured else named.get(ending, "other files")


def analysis(
    build_id: str,
    files: Iterable[Weight],
    pages: Iterable[PageWeight],
    shell: Iterable[Weight],
    imports: Mapping[str, tuple[str, ...]],
    changes: Iterable[tuple[str, str, int, int]],
    overruns: Iterable[Overrun],
) -> bytes:
    """Return the page; ``changes`` are what happened to a file, its name, its size before and after."""
    files = sorted(files, key=lambda file: (-file.travels, file.path))
    parts = [
        _budgets(overruns),
        _kinds(files),
        _pages(pages),
        _table(
            "Kept on a first visit", ("file", "bytes", "travel"), [(one.path, one.size, one.travels) for one in shell]
        ),
        _table(
            "Files, the heaviest first",
            ("file", "kind", "bytes", "travel"),
            [(file.path, file.kind, file.size, file.travels) for file in files if file.kind != "pages"],
        ),
        _imports(imports),
        _table("Since the last build", ("what", "file", "bytes before", "bytes now"), sorted(changes)),
    ]
    head = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>What weighs what</title><style>{_STYLE}</style>'
    )
    return f"{head}<h1>What weighs what</h1><p>Build {escape(build_id[:12])}</p>{''.join(parts)}</html>\n".encode()


def _budgets(overruns: Iterable[Overrun]) -> str:
    rows: list[Cells] = [
        (one.name, one.page + (f" and {one.more} more" if one.more else ""), one.limit, one.actual, one.culprit)
        for one in overruns
    ]
    return _table("Budgets that are overrun", ("budget", "page", "limit", "actual", "culprit"), rows)


def _kinds(files: Iterable[Weight]) -> str:
    kinds: dict[str, Counter[str]] = {}
    for file in files:
        kinds.setdefault(file.kind, Counter()).update(files=1, size=file.size, travels=file.travels)
    heaviest = sorted(kinds.items(), key=lambda pair: (-pair[1]["travels"], pair[0]))
    rows: list[Cells] = [(kind, count["files"], count["size"], count["travels"]) for kind, count in heaviest]
    return _table("In all", ("kind", "files", "bytes", "travel"), rows)


def _pages(pages: Iterable[PageWeight]) -> str:
    rows: list[Cells] = [
        (page.path, page.html, page.css, page.js, page.images, page.whole)
        for page in sorted(pages, key=lambda page: (-page.whole, page.path))
    ]
    columns = ("page", "HTML", "styles", "scripts at once", "pictures", "together")
    return _table("Pages, the heaviest first, as they travel", columns, rows)


def _imports(imports: Mapping[str, tuple[str, ...]]) -> str:
    importers: dict[str, list[str]] = {}
    for path, targets in imports.items():
        for target in targets:
            importers.setdefault(target, []).append(path)
    rows: list[Cells] = [
        (path, ", ".join(imports.get(path, ())), ", ".join(sorted(importers.get(path, ()))))
        for path in sorted({*imports, *importers})
        if imports.get(path) or importers.get(path)
    ]
    return _table("Who brings in whom", ("asset", "brings in", "is brought in by"), rows)


def _table(title: str, columns: tuple[str, ...], rows: Sequence[Cells]) -> str:
    if not rows:
        return f"<h2>{escape(title)}</h2><p>Nothing.</p>"
    numeric = [isinstance(cell, int) for cell in rows[0]]
    heads = "".join(f"<th{_n(is_n)}>{escape(name)}" for name, is_n in zip(columns, numeric, strict=True))
    lines = "".join(
        "<tr>" + "".join(f"<td{_n(is_n)}>{_cell(cell)}" for cell, is_n in zip(row, numeric, strict=True))
        for row in rows[:ROWS]
    )
    more = f"<p>And {len(rows) - ROWS:,} more.</p>" if len(rows) > ROWS else ""
    return f"<h2>{escape(title)}</h2><table><tr>{heads}{lines}</table>{more}"


def _n(is_number: bool) -> str:  # noqa: FBT001 - a column's kind
    return " class=n" if is_number else ""


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(value)
