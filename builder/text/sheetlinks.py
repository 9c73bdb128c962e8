"""The places of a style sheet that name other files: imports at its head, addresses in its rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import tinycss2  # type: ignore[import-untyped]  # it ships no types

from builder.text.stylesheet import BRACKETS, is_license, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A string in one of these functions is an address.
ADDRESSES = frozenset({"url", "src"})
SETS = frozenset({"image-set", "-webkit-image-set"})

STRING = re.compile(r"""(["'])((?:\\.|(?!\1).)*)\1""", re.DOTALL)
URL = re.compile(r"url\(\s*((?:\\.|[^)\\\s])*)\s*\)", re.IGNORECASE | re.DOTALL)


class Mention(msgspec.Struct, frozen=True):
    """One place that names a file: the span of the address as written, what it means, line and column from 1."""

    start: int
    end: int
    address: str
    line: int
    column: int


class Head(msgspec.Struct, frozen=True):
    """One statement before the first rule: ``text`` to be kept, or an import with its mention and conditions."""

    text: str = ""
    mention: Mention | None = None
    wraps: tuple[str, ...] = ()
    tail: str = ""


def heads(css: str, nodes: Sequence[Any]) -> tuple[list[Head], int]:
    """Return the statements before the first rule, and where the rest begins."""
    starts = _line_starts(css)
    found: list[Head] = []
    begin = 0
    for rule in tinycss2.parse_stylesheet(_preface(nodes), skip_comments=False, skip_whitespace=True):
        name = rule.lower_at_keyword if rule.type == "at-rule" else ""
        if rule.type == "comment":
            found.extend([Head(text=rule.serialize())] if is_license(rule.value) else [])
        elif name == "layer" and rule.content is None:
            found.append(Head(text="@layer " + squeeze(rule.prelude).strip() + ";"))
        elif name == "import" and rule.content is None:
            found.extend(_import(css, starts, rule.prelude))
        elif name != "charset":
            return [head for head in found if begin], _offset(starts, rule) if begin else 0
        begin += rule.type != "comment"
    return found, len(css)


def _preface(nodes: Sequence[Any]) -> list[Any]:
    """Return the tokens up to the end of the first block: heads stand before it."""
    end = next((number for number, node in enumerate(nodes) if node.type == "{} block"), len(nodes))
    return list(nodes[: end + 1])


def mentions(css: str, nodes: Sequence[Any], begin: int = 0) -> list[Mention]:
    """Return every ``url()``, ``src()`` and ``image-set()`` address of ``css`` from ``begin`` on, in order."""
    starts = _line_starts(css)
    found = (_mention(css, starts, node) for node in _addresses(nodes))
    return [mention for mention in found if mention is not None and mention.start >= begin]


def _addresses(nodes: Sequence[Any], inside: str = "") -> Iterator[Any]:
    """Yield the string and url tokens that are addresses; a namespace's is a name, and an import's is not for here."""
    skipping = False
    for node in nodes:
        if node.type == "at-keyword":
            skipping = node.lower_value in {"import", "namespace", "charset"}
        elif node.type == "literal" and node.value == ";":
            skipping = False
        elif node.type == "{} block":
            skipping = False
            yield from _addresses(node.content)
        elif skipping:
            continue
        elif node.type == "url" or (node.type == "string" and inside in ADDRESSES | SETS):
            yield node
        elif node.type in BRACKETS:
            yield from _addresses(node.content)
        elif node.type == "function":
            yield from _addresses(node.arguments, node.lower_name)


def _import(css: str, starts: list[int], prelude: Sequence[Any]) -> Iterator[Head]:
    """Yield an import's mention and its conditions, as written and as the rules that stand for them inlined."""
    values = [node for node in prelude if node.type != "comment"]
    while values and values[0].type == "whitespace":
        values.pop(0)
    if not values:
        return
    address, rest = values[0], values[1:]
    if address.type == "function" and address.lower_name == "url":
        address = next((node for node in address.arguments if node.type == "string"), address)
    mention = _mention(css, starts, address) if address.type in {"string", "url"} else None
    if mention is None:
        return
    tail = squeeze(rest).strip()
    layer = supports = ""
    while rest and (rest[0].type == "whitespace" or _condition(rest[0])):
        node = rest.pop(0)
        if node.type == "ident":
            layer = "@layer{"
        elif node.type == "function" and node.lower_name == "layer":
            layer = "@layer " + squeeze(node.arguments).strip() + "{"
        elif node.type == "function":
            supports = "@supports " + _supports(node.arguments) + "{"
    query = squeeze(rest).strip()
    media = "@media " + query + "{" if query else ""
    yield Head(mention=mention, wraps=tuple(part for part in (media, supports, layer) if part), tail=tail)


def _condition(node: Any) -> bool:
    if node.type == "ident":
        return bool(node.lower_value == "layer")
    return node.type == "function" and node.lower_name in {"layer", "supports"}


def _supports(arguments: Sequence[Any]) -> str:
    """Return the condition in ``supports()`` as ``@supports`` wants it: a bare declaration gets its brackets."""
    text = squeeze(arguments).strip()
    is_declaration = tinycss2.parse_one_declaration(arguments).type == "declaration"
    return f"({text})" if is_declaration else text


def _mention(css: str, starts: list[int], node: Any) -> Mention | None:
    offset = _offset(starts, node)
    match = (URL if node.type == "url" else STRING).match(css, offset)
    group = 1 if node.type == "url" else 2
    if match is None and node.type == "url":  # url("x") is one token to some versions of the parser
        match, group = re.compile(r"url\(\s*([\"'])((?:\\.|(?!\1).)*)\1\s*\)", re.IGNORECASE).match(css, offset), 2
    if match is None:
        return None
    return Mention(match.start(group), match.end(group), node.value, node.source_line, node.source_column)


def _line_starts(css: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", css))]


def _offset(starts: list[int], node: Any) -> int:
    return int(starts[node.source_line - 1] + node.source_column - 1)
