"""JavaScript as tree-sitter sees it: tokens, shape, and the places that name other files.

Promises that two sources with equal ``shape`` mean the same program: the same leaf tokens, nested in the same way, and
a line break wherever the language gives it a meaning. Nothing here knows of files; paths are somebody else's matter.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from builder.asset import Kind

# The parser is loaded by the first script: most builds compile none.
if TYPE_CHECKING:
    import tree_sitter

# Not part of a program's meaning; licences in comments are kept by the one who minifies.
COMMENTS = frozenset({"comment", "html_comment"})

# After these words, and before these signs, a line break ends the statement, unless it ends here anyway.
RESTRICTED_AFTER = frozenset({"return", "break", "continue", "throw", "yield", "async"})
RESTRICTED_BEFORE = frozenset({"++", "--", "=>"})
ENDS = frozenset({"}", ";", ")", "]", ","})
BEGINS = frozenset({"{", ";", "(", "[", ",", ":", "="})

REFERENCES = """
(import_statement source: (string) @static)
(export_statement source: (string) @static)
(call_expression function: (import) arguments: (arguments . (_) @dynamic))
(new_expression constructor: (identifier) @class arguments: (arguments . (_) @url . (member_expression) @base))
(call_expression function: (member_expression object: (meta_property) property: (property_identifier) @method)
  arguments: (arguments . (_) @resolve))
(call_expression function: (identifier) @function arguments: (arguments (string) @script))
"""


class Token(msgspec.Struct, frozen=True):
    """One leaf of the syntax tree: what it is, where it stands in bytes."""

    type: str
    start: int
    end: int


class Mention(msgspec.Struct, frozen=True):
    """One place that names a file: the span of the address without its quotes, as bytes; line and column from 1."""

    kind: Kind
    start: int
    end: int
    address: str
    line: int
    column: int
    names: tuple[str, ...] = ()


@cache
def language() -> tree_sitter.Language:
    """Return the grammar, loaded once per process."""
    import tree_sitter
    import tree_sitter_javascript

    return tree_sitter.Language(tree_sitter_javascript.language())


def parse(source: bytes) -> tree_sitter.Tree:
    """Return the syntax tree of ``source``."""
    import tree_sitter

    return tree_sitter.Parser(language()).parse(source)


def tokens(tree: tree_sitter.Tree) -> list[Token]:
    """Return the leaves of ``tree`` in order, comments left out."""
    found: list[Token] = []
    cursor = tree.walk()
    while True:
        # A comment has no parts, so that only leaves need be asked what they are.
        if cursor.goto_first_child():
            continue
        node = cursor.node
        if node is not None and node.type not in COMMENTS:
            found.append(Token(node.type, node.start_byte, node.end_byte))
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return found


def shape(source: bytes, tree: tree_sitter.Tree) -> tuple[str, tuple[str, ...]] | None:
    """Return what ``source`` means as far as syntax tells, or ``None`` where it could not be read."""
    if tree.root_node.has_error:
        return None
    nesting = re.sub(r" \((?:html_)?comment\)", "", str(tree.root_node))
    words: list[str] = []
    previous, end = "", 0
    for token in tokens(tree):
        text = source[token.start : token.end].decode("utf-8", "surrogateescape")
        telling = previous in RESTRICTED_AFTER and text not in ENDS
        telling |= text in RESTRICTED_BEFORE and previous not in BEGINS
        if telling and b"\n" in source[end : token.start]:
            words.append("\n")
        words.append(text)
        previous, end = text, token.end
    return nesting, tuple(words)


def mentions(source: bytes, tree: tree_sitter.Tree) -> list[Mention]:
    """Return every place of ``source`` that names a file by a literal address, in order."""
    import tree_sitter

    found: dict[int, Mention] = {}
    query = tree_sitter.QueryCursor(_query())
    for _, captures in query.matches(tree.root_node):
        kind, node = _classify(captures)
        span = _literal(node) if kind is not None and node is not None else None
        if kind is not None and node is not None and span is not None:
            start, end = span
            row, line_start = node.start_point.row, node.start_byte - node.start_point.column
            column = len(source[line_start : node.start_byte].decode("utf-8", "replace")) + 1
            address = source[start:end].decode("utf-8", "replace")
            found[start] = Mention(kind, start, end, address, row + 1, column, _names(kind, node))
    return [found[start] for start in sorted(found)]


@cache
def _query() -> tree_sitter.Query:
    import tree_sitter

    return tree_sitter.Query(language(), REFERENCES)


def _classify(captures: dict[str, list[tree_sitter.Node]]) -> tuple[Kind | None, tree_sitter.Node | None]:
    """Tell what kind of reference a match of the query is, if any."""
    first = {name: nodes[0] for name, nodes in captures.items()}
    if "static" in first:
        return "static", first["static"]
    if "dynamic" in first:
        return "dynamic", first["dynamic"]
    if "resolve" in first and first["method"].text == b"resolve":
        return "url", first["resolve"]
    if "script" in first and first["function"].text == b"importScripts":
        return "url", first["script"]
    if "url" in first and first["class"].text == b"URL" and _is_own_address(first["base"]):
        return ("worker" if _starts_worker(first["class"].parent) else "url"), first["url"]
    return None, None


def _names(kind: Kind, node: tree_sitter.Node) -> tuple[str, ...]:
    """Return what is taken from the module that ``node`` names: ``*`` for all of it, ``default`` for that."""
    if kind != "static":
        return ("*",) if kind == "dynamic" else ()
    statement = node.parent
    found: list[str] = []
    stack = [] if statement is None else [child for child in statement.children if child != node]
    while stack:
        each = stack.pop()
        if each.type in {"import_specifier", "export_specifier"}:
            name = each.child_by_field_name("name")
            found.append("" if name is None or name.text is None else name.text.decode("utf-8", "replace").strip("\"'"))
        elif each.type in {"namespace_import", "namespace_export", "*"}:
            found.append("*")
        elif each.type == "identifier":
            found.append("default")
        else:
            stack.extend(each.children)
    return tuple(sorted(set(found)))


def _is_own_address(node: tree_sitter.Node) -> bool:
    return b"".join((node.text or b"").split()) == b"import.meta.url"


def _starts_worker(address: tree_sitter.Node | None) -> bool:
    """Tell whether the ``new URL`` at ``address`` is the first argument of a worker's constructor."""
    arguments = address.parent if address is not None else None
    call = arguments.parent if arguments is not None else None
    if call is None or call.type != "new_expression":
        return False
    constructor = call.child_by_field_name("constructor")
    return constructor is not None and constructor.text in {b"Worker", b"SharedWorker"}


def _literal(node: tree_sitter.Node) -> tuple[int, int] | None:
    """Return the span between the quotes of a string, or of a template without substitutions and escapes."""
    if node.type not in {"string", "template_string"}:
        return None
    if any(child.type in {"escape_sequence", "template_substitution"} for child in node.children):
        return None
    return node.start_byte + 1, node.end_byte - 1
