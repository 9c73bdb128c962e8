"""Style sheets as tinycss2 sees them: what they mean, and how they say it in the least space.

Promises that two sheets with equal ``meaning`` style every page alike: the same rules, nested in the same way, white
space being a token in selectors and values except beside ``{ } ; , >``, inside brackets and around a declaration's
colon.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

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


def errors(nodes: Sequence[Any]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and message of what no browser can read: bad strings and addresses, stray brackets."""
    for node in walk(nodes):
        if node.type == "error":
            yield node.source_line, node.source_column, node.message


def licenses(nodes: Sequence[Any]) -> list[str]:
    """Return the comments that must travel with the sheet, each once."""
    found = (node.value for node in walk(nodes) if node.type == "comment")
    return list(dict.fromkeys("/*!" + text.lstrip("!") + "*/" for text in found if is_license(text)))


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


def _is_closed(mark: str) -> bool:
    """Tell whether a comment or string ends before the file does."""
    return mark.endswith("*/") if mark.startswith("/*") else mark[-1] == mark[0] or mark[0] == "\\"


def is_license(comment: str) -> bool:
    """Tell whether a comment must travel with what it stands in."""
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


def squeeze(nodes: Sequence[Any], *, declares: bool = False) -> str:
    """Return a sheet without comments and with the least white space, by tokens; ``declares`` as in ``_values``."""
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
        return opening + squeeze(node.content, declares=opening == "{") + closing
    if node.type == "function":
        return str(tinycss2.ast.IdentToken(0, 0, node.name).serialize()) + "(" + squeeze(node.arguments) + ")"
    return str(node.serialize())


def walk(nodes: Sequence[Any]) -> Iterator[Any]:
    """Yield every token, those inside blocks and functions too."""
    for node in nodes:
        yield node
        if node.type in BRACKETS:
            yield from walk(node.content)
        elif node.type == "function":
            yield from walk(node.arguments)
