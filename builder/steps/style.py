"""Style sheets: one file of CSS, minified without a change of meaning and cut at what it refers to.

The quick minifier drops the space that makes ``.b :hover`` a descendant inside ``@layer``, ``@container`` and nested
rules, and spaces inside quoted addresses; where its result means something else, our own spacing by tokens is used, and
where that fails too, the source ships as it stands. Imports are lifted out, for the linker to inline.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import rcssmin  # type: ignore[import-untyped]  # it ships no types

from builder.asset import Compiled, Import, Reference, Shipping
from builder.engine.step import step
from builder.errors import Problem, window
from builder.text import address, sheetlinks, stylesheet

if TYPE_CHECKING:
    from collections.abc import Iterator

Tokens = list[Any]


@step(version=2)
def compile_style(path: str, data: bytes, shipping: Shipping) -> Compiled:
    """Return the style sheet at ``path``, ready to be linked."""
    try:
        source = stylesheet.preprocess(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        problem = Problem(
            "warning",
            "encoding",
            "this style sheet is not UTF-8, so it ships as it is.",
            root="assets",
            hint="Save it as UTF-8.",
            path=path,
            line=data.count(b"\n", 0, error.start) + 1,
        )
        return Compiled(path, pieces=(data,), sealed="it is not UTF-8", problems=(problem,))
    nodes = stylesheet.tokens(source)
    problems = list(_syntax(path, source, nodes))
    final, shipped, note = _minify(path, source, nodes) if shipping.minify else (source, nodes, None)
    problems.extend([note] if note is not None and not problems else [])
    return _cut(path, (source, nodes), (final, shipped), problems)


def _minify(path: str, source: str, nodes: Tokens) -> tuple[str, Tokens, Problem | None]:
    """Return the smallest rendering of ``source`` that means the same, or the source itself and a word about it."""
    wanted = stylesheet.meaning(nodes)
    licenses = "".join(stylesheet.licenses(nodes))
    for way in (lambda: rcssmin.cssmin(source), lambda: stylesheet.squeeze(nodes)):
        small = licenses + way()
        shipped = stylesheet.tokens(small)
        if wanted is not None and stylesheet.meaning(shipped) == wanted:
            return small, shipped, None
    return (
        source,
        nodes,
        Problem(
            "notice",
            "unminified",
            "this file ships unminified, because minifying it would have changed what it does.",
            root="assets",
            path=path,
        ),
    )


def _cut(path: str, read: tuple[str, Tokens], made: tuple[str, Tokens], problems: list[Problem]) -> Compiled:
    """Lift the imports out of what was made and cut the rest at its addresses; places are those of what was read."""
    final = made[0]
    written, start = sheetlinks.heads(*read)
    places = [head.mention for head in written if head.mention is not None]
    shipped, begin = sheetlinks.heads(*made)
    imports: list[Import] = []
    for head in shipped:
        if head.mention is None:
            imports.append(Import(text=head.text))
            continue
        place = places.pop(0) if places else head.mention
        imports.append(
            Import(reference=_reference(path, final, head.mention, place, problems), wraps=head.wraps, tail=head.tail),
        )
    pieces: list[bytes] = []
    references: list[Reference] = []
    end = begin
    for mention, place in zip_longest(sheetlinks.mentions(*made, begin), sheetlinks.mentions(*read, start)):
        if mention is None:
            break
        reference = _reference(path, final, mention, place or mention, problems)
        if reference.target:
            pieces.append(final[end : mention.start].encode())
            references.append(reference)
            end = mention.end
    closing = stylesheet.closers(final)
    return Compiled(
        path,
        pieces=(*pieces, (final[end:] + (closing or "")).encode()),
        references=tuple(references),
        imports=tuple(imports),
        sealed=_seal(final, closing),
        problems=tuple(problems),
    )


def _reference(
    path: str,
    css: str,
    mention: sheetlinks.Mention,
    place: sheetlinks.Mention,
    problems: list[Problem],
) -> Reference:
    """Return the reference at ``mention``; one that leads out of the site keeps its text and has no target."""
    resolved = address.resolve(path, mention.address)
    if resolved is None and address.is_remote(mention.address):
        problems.append(address.remote(path, mention.address, place.line, place.column))
    target, tail = resolved or ("", "")
    return Reference("url", target, tail, css[mention.start : mention.end], place.line, place.column)


def _seal(css: str, closing: str | None) -> str:
    """Say why the sheet must stay a file of its own, if it must."""
    if closing is None:
        return "a bracket in it is never closed"
    return "it declares a namespace" if "@namespace" in css.lower() else ""


def _syntax(path: str, source: str, nodes: Tokens) -> Iterator[Problem]:
    lines = source.split("\n")
    for line, column, message in stylesheet.errors(nodes):
        yield Problem(
            "warning",
            "style-syntax",
            f"browsers can't read this: {message}.",
            hint="A quote or bracket is missing, or an address with spaces or quotes needs quotes around it.",
            root="assets",
            path=path,
            line=line,
            column=column,
            excerpt=window(lines[line - 1], column) if line <= len(lines) else "",
        )
