"""Style sheets as tinycss2 sees them: meaning, least space, and the places that name other files.

Promises that two sheets with equal ``meaning`` style every page alike: the same rules, nested in the same way, white
space being a token in selectors and values except beside ``{ } ; , >``, inside brackets and around a declaration's
colon.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import tinycss2  # type: ignore[import-untyped]  # it ships no types

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BRACKETS = {"() block": ("(", ")"), "[] block": ("[", "]"), "{} block": ("{", "}")}

# Rules whose conditions are brackets with a declaration or a comparison inside; ``@scope`` has selectors there.
FEATURES = frozenset({"media", "supports", "container", "import", "custom-media", "when", "else"})

# What opens, closes, or may hold a bracket that does neither.
BRACKET = re.compile(
    r"""/\*.*?(?:\*/|$)|"(?:\\.|[^"\\])*(?:"|$)|'(?:\\.|[^'\\])*(?:'|$)|\\.|url\(\s*(?!["'\s])[^)]*\)|[{}()\[\]]""",
    re.DOTALL | re.IGNORECASE,
)
PAIRS = {"{": "}", "(": ")", "[": "]"}

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


def preprocess(text: str) -> str:
    """Return ``text`` with the line breaks that the CSS standard works with, so that positions agree."""
    return text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")


def tokens(css: str) -> list[Any]:
    """Return the tokens of ``css``, blocks as trees; every question below is asked of these, parsed once."""
    found: list[Any] = tinycss2.parse_component_value_list(css)
    return found


def meaning(nodes: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return what a sheet means as nested tuples, or ``None`` where a part of it could not be read."""
    try:
        return _rules(tinycss2.parse_stylesheet(nodes, skip_comments=True, skip_whitespace=True))
    except _UnreadableError:
        return None


def squeeze(nodes: Sequence[Any]) -> str:
    """Return a sheet without comments and with the least white space, by tokens."""
    return _squeeze(nodes)


def errors(nodes: Sequence[Any]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and message of what no browser can read: bad strings and addresses, stray brackets."""
    for node in _walk(nodes):
        if node.type == "error":
            yield node.source_line, node.source_column, node.message


def licenses(nodes: Sequence[Any]) -> list[str]:
    """Return the comments that must travel with the sheet, each once."""
    found = (node.value for node in _walk(nodes) if node.type == "comment")
    return list(dict.fromkeys("/*!" + text.lstrip("!") + "*/" for text in found if _is_license(text)))


def closers(css: str) -> str | None:
    """Return the braces that the end of file closes for ``css``, or ``None`` where it closes anything else."""
    stack: list[str] = []
    for match in BRACKET.finditer(css):
        mark = match.group()
        if mark in PAIRS:
            stack.append(PAIRS[mark])
        elif stack and mark == stack[-1]:
            stack.pop()
        elif len(mark) > 1 and mark[0] in "/\"'" and not _is_closed(mark):
            return None
    return "}" * len(stack) if set(stack) <= {"}"} else None


def heads(css: str, nodes: Sequence[Any]) -> tuple[list[Head], int]:
    """Return the statements before the first rule, and where the rest begins."""
    starts = _line_starts(css)
    found: list[Head] = []
    begin = 0
    for rule in tinycss2.parse_stylesheet(_preface(nodes), skip_comments=False, skip_whitespace=True):
        name = rule.lower_at_keyword if rule.type == "at-rule" else ""
        if rule.type == "comment":
            found.extend([Head(text=rule.serialize())] if _is_license(rule.value) else [])
        elif name == "layer" and rule.content is None:
            found.append(Head(text="@layer " + _squeeze(rule.prelude).strip() + ";"))
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


def _is_closed(mark: str) -> bool:
    """Tell whether a comment or string ends before the file does."""
    return mark.endswith("*/") if mark.startswith("/*") else mark[-1] == mark[0] or mark[0] == "\\"


def _is_license(comment: str) -> bool:
    return comment.startswith("!") or "@license" in comment or "@preserve" in comment


class _UnreadableError(Exception):
    """Part of a sheet could not be read, so its meaning is unknown."""


def _rules(nodes: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_rule(node) for node in nodes)


def _rule(node: Any) -> tuple[Any, ...]:
    if node.type == "declaration":
        return ("declaration", node.name, node.important, _values(node.value))
    if node.type == "error":
        raise _UnreadableError
    name = node.at_keyword if node.type == "at-rule" else ""
    if node.content is None:
        return ("statement", name, _values(node.prelude))
    content = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
    return ("rule", name, _values(node.prelude, features=name.lower() in FEATURES), _rules(content))


def _values(nodes: Sequence[Any], *, features: bool = False, declares: bool = False) -> tuple[Any, ...]:
    """Return the tokens of a selector or value; white space is one of them where it can mean something.

    ``declares`` says that the tokens are declarations (a block kept in a custom property), ``:=`` being their colon.
    """
    out: list[Any] = []
    for node in nodes:
        if node.type == "comment":
            continue
        if node.type == "whitespace":
            if out and out[-1] not in {" ", ";", ",", ">", ":="} and _kind(out[-1]) != "{}":
                out.append(" ")
            continue
        word = _token(node, features=features)
        if out and out[-1] == " " and (word in (";", ",", ">", "!") or _kind(word) == "{}"):
            out.pop()
        names = [one for one in out[-3:] if one != " "]
        if declares and word == ":" and _kind(names[-1:] and names[-1]) == "ident" and names[-2:-1] in ([], [";"]):
            out = [*out[:-1], ":="] if out[-1] == " " else [*out, ":="]
        else:
            out.append(word)
    if out and out[-1] == " ":
        out.pop()
    return tuple(out)


def _kind(token: Any) -> str:
    return token[0] if isinstance(token, tuple) else ""


def _token(node: Any, *, features: bool) -> Any:
    if node.type == "error":
        raise _UnreadableError
    if node.type in BRACKETS:
        # ``(min-width : 3px)`` is spaced like a declaration, and so is a block kept in a custom property.
        declares = node.type == "{} block" or (features and node.type == "() block")
        return ("".join(BRACKETS[node.type]), _values(node.content, features=features, declares=declares))
    if node.type == "function":
        return ("function", node.name, _values(node.arguments))
    if node.type == "literal":
        return node.value
    if node.type in {"string", "url"}:
        return (node.type, node.value)
    return (node.type, node.serialize())


def _squeeze(nodes: Sequence[Any], *, declares: bool = False) -> str:
    out: list[str] = []
    gap = ""
    fresh, named = declares, False  # at the start of an item; behind a name at the start of an item
    for node in nodes:
        if node.type == "comment":
            gap = gap or "/**/"
            continue
        if node.type == "whitespace":
            gap = " "
            continue
        text = _text(node)
        closes = text in {";", ",", ">"} or node.type == "{} block"
        if gap and out and not closes and not out[-1].endswith((";", ",", ">", "}")) and out[-1] != "\x00:":
            out.append(gap)
        gap = ""
        colon = named and text == ":"
        out.append("\x00:" if colon else text)
        named = fresh and node.type == "ident"
        fresh = declares and (text == ";" or node.type == "{} block")
    return "".join(out).replace("\x00", "")


def _text(node: Any) -> str:
    if node.type in BRACKETS:
        opening, closing = BRACKETS[node.type]
        return opening + _squeeze(node.content, declares=opening == "{") + closing
    if node.type == "function":
        return str(tinycss2.ast.IdentToken(0, 0, node.name).serialize()) + "(" + _squeeze(node.arguments) + ")"
    return str(node.serialize())


def _walk(nodes: Sequence[Any]) -> Iterator[Any]:
    for node in nodes:
        yield node
        if node.type in BRACKETS:
            yield from _walk(node.content)
        elif node.type == "function":
            yield from _walk(node.arguments)


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
    tail = _squeeze(rest).strip()
    layer = supports = ""
    while rest and (rest[0].type == "whitespace" or _condition(rest[0])):
        node = rest.pop(0)
        if node.type == "ident":
            layer = "@layer{"
        elif node.type == "function" and node.lower_name == "layer":
            layer = "@layer " + _squeeze(node.arguments).strip() + "{"
        elif node.type == "function":
            supports = "@supports " + _supports(node.arguments) + "{"
    query = _squeeze(rest).strip()
    media = "@media " + query + "{" if query else ""
    yield Head(mention=mention, wraps=tuple(part for part in (media, supports, layer) if part), tail=tail)


def _condition(node: Any) -> bool:
    if node.type == "ident":
        return bool(node.lower_value == "layer")
    return node.type == "function" and node.lower_name in {"layer", "supports"}


def _supports(arguments: Sequence[Any]) -> str:
    """Return the condition in ``supports()`` as ``@supports`` wants it: a bare declaration gets its brackets."""
    text = _squeeze(arguments).strip()
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
