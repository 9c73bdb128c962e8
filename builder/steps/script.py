"""Scripts: one file of JavaScript, minified without a change of meaning and cut at what it refers to.

Three ways of making a script small are tried, and the first that keeps its shape wins: the quick minifier, our own
spacing by tokens, the source as it stands. The quick one corrupts nested templates, class fields without semicolons and
some regular expressions, and says nothing; the comparison is what makes it usable.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import rjsmin  # type: ignore[import-untyped]  # it ships no types

from builder.asset import Compiled, Reference, Shipping
from builder.engine.step import step
from builder.errors import Problem, window
from builder.text import address, javascript
from builder.text.quiet import quieten
from builder.text.tighten import tighten

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tree_sitter

LICENSE = re.compile(r"^//!|^/\*!|@license\b|@preserve\b|@cc_on\b|^(?://|/\*+)\s*SPDX-", re.MULTILINE)
# Without one of these there is no such comment, and the comments need not be gone through.
LICENSE_SIGNS = (b"//!", b"/*!", b"@license", b"@preserve", b"@cc_on", b"SPDX-")

SOURCE_MAP = re.compile(
    rb"^[ \t]*//[#@][ \t]*sourceMappingURL=[^\n]*$|/\*[#@][ \t]*sourceMappingURL=[^*]*\*/", re.MULTILINE
)


@step(version=3)
def compile_script(path: str, data: bytes, shipping: Shipping) -> Compiled:
    """Return the script at ``path``, ready to be linked."""
    try:
        source = data.decode("utf-8-sig").replace("\r\n", "\n").encode()
    except UnicodeDecodeError as error:
        return _unreadable(path, data, error)
    source = _without_source_map(source)
    tree = javascript.parse(source)
    problems = list(_syntax(path, source, tree))
    if shipping.quiet and not problems:
        source = quieten(source, tree)
        tree = javascript.parse(source)
    written = javascript.mentions(source, tree)
    made = _minify(source, tree) if shipping.minify and not problems else None
    if made is None:
        if shipping.minify and not problems:
            problems.append(_unminified(path))
        return _cut(path, source, shipping, problems, final=source, mentioned=written, written=written)
    return _cut(path, source, shipping, problems, final=made[0], mentioned=javascript.mentions(*made), written=written)


def _minify(source: bytes, tree: tree_sitter.Tree) -> tuple[bytes, tree_sitter.Tree] | None:
    """Return the smallest rendering of ``source`` that has its shape, and its tree; ``None`` where there is none."""
    shape = javascript.shape(source, tree)
    ways = (lambda: rjsmin.jsmin(source.decode()).encode(), lambda: tighten(source, javascript.tokens(tree)))
    for way in ways:
        small = way()
        if small is None:
            continue
        made = javascript.parse(small)
        if javascript.shape(small, made) == shape:
            head, body = small.split(b"\n", 1) if small.startswith(b"#!") and b"\n" in small else (b"", small)
            whole = b"\n".join(part for part in (head, *_licenses(source, tree), body) if part)
            return whole, made if whole == small else javascript.parse(whole)
    return None


def _cut(
    path: str,
    source: bytes,
    shipping: Shipping,
    problems: list[Problem],
    *,
    final: bytes,
    mentioned: list[javascript.Mention],
    written: list[javascript.Mention],
) -> Compiled:
    """Cut ``final`` at what it mentions; the places are those of the source, which mentions it in the same order."""
    pieces: list[bytes] = []
    references: list[Reference] = []
    end = 0
    for number, mention in enumerate(mentioned):
        place = written[number] if number < len(written) else mention
        resolved = address.resolve(path, mention.address, mention.kind)
        if resolved is None:
            if address.is_remote(mention.address):
                problems.append(address.remote(path, mention.address, place.line, place.column))
            continue
        pieces.append(final[end : mention.start])
        references.append(
            Reference(mention.kind, *resolved, mention.address, place.line, place.column, _taken(resolved[0], mention)),
        )
        end = mention.end
    tail = _source_map(path, source) if shipping.map else b""
    return Compiled(
        path,
        pieces=(*pieces, final[end:] + tail),
        references=tuple(references),
        problems=tuple(problems),
    )


def _taken(target: str, mention: javascript.Mention) -> tuple[str, ...]:
    """Return what is taken from a package; of the site's own files nobody asks."""
    return mention.names if target.startswith(address.PACKAGE) else ()


def _licenses(source: bytes, tree: tree_sitter.Tree) -> list[bytes]:
    """Return the comments that must travel with the script, as block comments, each once."""
    if not any(sign in source for sign in LICENSE_SIGNS):
        return []
    kept: dict[str, None] = {}
    for comment in _comments(tree):
        text = comment.decode("utf-8", "replace")
        if not LICENSE.search(text):
            continue
        is_block = text.startswith("/*")
        body = text[2:-2] if is_block else text[2:].replace("*/", "* /") + " "
        kept[f"/*!{body.lstrip('!')}*/"] = None
    return [text.encode() for text in kept]


def _comments(tree: tree_sitter.Tree) -> Iterator[bytes]:
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.type == "comment" and node.text:
            yield node.text
        stack.extend(reversed(node.children))


def _without_source_map(source: bytes) -> bytes:
    """Drop the address of a source map that was made for other bytes than those that ship."""
    if b"sourceMappingURL" not in source:
        return source
    tree = javascript.parse(source)
    for text in dict.fromkeys(_comments(tree)):
        if SOURCE_MAP.fullmatch(text.strip()):
            source = source.replace(text, b"")
    return source


def _source_map(path: str, source: bytes) -> bytes:
    """Return a comment that maps each line to the same line of the file on disk, for the browser's debugger."""
    mapped = {
        "version": 3,
        "sources": [path],
        "sourcesContent": [source.decode()],
        "names": [],
        "mappings": "AAAA" + ";AACA" * source.count(b"\n"),
    }
    encoded = base64.b64encode(json.dumps(mapped, separators=(",", ":")).encode())
    return b"\n//# sourceMappingURL=data:application/json;base64," + encoded + b"\n"


def _syntax(path: str, source: bytes, tree: tree_sitter.Tree) -> Iterator[Problem]:
    """Say where the parser lost its way: a mistake, or a construct newer than the parser."""
    node = tree.root_node
    while node.has_error and not (node.is_error or node.is_missing):
        broken = next((child for child in node.children if child.has_error or child.is_missing), None)
        if broken is None:
            break
        node = broken
    if node.has_error or node.is_missing:
        start = node.start_byte - node.start_point.column
        line = source[start:].split(b"\n", 1)[0]
        column = len(line[: node.start_point.column].decode("utf-8", "replace")) + 1
        yield Problem(
            "notice",
            "script-syntax",
            "this script could not be read here, so it ships as it is.",
            hint="If the browser runs it, nothing is wrong: the build knows less of the language than the browser.",
            root="assets",
            path=path,
            line=node.start_point.row + 1,
            column=column,
            excerpt=window(line.decode("utf-8", "replace"), column),
        )


def _unminified(path: str) -> Problem:
    return Problem(
        "notice",
        "unminified",
        "this file ships unminified, because minifying it would have changed what it does.",
        root="assets",
        path=path,
    )


def _unreadable(path: str, data: bytes, error: UnicodeDecodeError) -> Compiled:
    problem = Problem(
        "warning",
        "encoding",
        "this script is not UTF-8, so it ships as it is.",
        hint="Save it as UTF-8.",
        root="assets",
        path=path,
        line=data.count(b"\n", 0, error.start) + 1,
    )
    return Compiled(path, pieces=(data,), problems=(problem,))
