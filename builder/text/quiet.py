"""Scripts without their ``console.log`` and ``console.debug``.

A statement that only logs becomes an empty one; inside an expression the call becomes ``(void 0)``. Arguments that do
something are still done: ``console.log(next())`` becomes ``(void[next()])``. A file that has a ``console`` of its own
is left alone.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import tree_sitter

from builder.text.javascript import language, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = (
    "(call_expression function: (member_expression object: (_) @object property: (property_identifier) @method)) @call"
)
NAMES = (
    '((identifier) @name (#eq? @name "console")) ((shorthand_property_identifier_pattern) @name (#eq? @name "console"))'
)

METHODS = frozenset({b"log", b"debug"})
CONSOLES = frozenset({b"console", b"window.console", b"globalThis.console", b"self.console"})

# Expressions of these kinds do nothing when they are evaluated, if nothing inside them does.
_IDLE = """
arguments identifier string string_fragment escape_sequence number true false null undefined this super regex
regex_pattern regex_flags template_string template_substitution member_expression property_identifier
private_property_identifier subscript_expression binary_expression unary_expression ternary_expression
parenthesized_expression array object pair shorthand_property_identifier computed_property_name
sequence_expression optional_chain meta_property comment
"""
IDLE = frozenset(_IDLE.split())
FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})
_BINDERS = """
formal_parameters rest_pattern object_pattern array_pattern pair_pattern import_clause import_specifier
namespace_import catch_clause function_declaration class_declaration variable_declarator assignment_pattern
arrow_function
"""
BINDERS = frozenset(_BINDERS.split())


def quieten(source: bytes, tree: tree_sitter.Tree) -> bytes:
    """Return ``source`` without its calls of ``console.log`` and ``console.debug``."""
    if b"console" not in source or _has_own_console(tree):
        return source
    silent = _without(source, tree)
    # What is still done inside an argument may log, too.
    return silent if silent == source else quieten(silent, parse(silent))


def _without(source: bytes, tree: tree_sitter.Tree) -> bytes:
    end = len(source)
    out: list[bytes] = []
    for start, stop, text in sorted(_edits(tree), reverse=True):
        if stop <= end:
            out.append(source[stop:end])
            out.append(text)
            end = start
    out.append(source[:end])
    return b"".join(reversed(out))


def _edits(tree: tree_sitter.Tree) -> Iterator[tuple[int, int, bytes]]:
    """Yield what replaces which span; of calls inside each other only the outermost."""
    inside = 0
    for call in sorted(_logging(tree), key=lambda node: node.start_byte):
        if call.start_byte < inside:
            continue
        inside = call.end_byte
        arguments = call.child_by_field_name("arguments")
        if arguments is None or arguments.type != "arguments":
            continue
        idle = _is_idle(arguments)
        kept = b"void 0" if idle else b"void[" + (arguments.text or b"()")[1:-1].rstrip(b", \n\t") + b"\n]"
        statement = call.parent
        if (
            statement is not None
            and statement.type == "expression_statement"
            and statement.start_byte == call.start_byte
        ):
            yield statement.start_byte, statement.end_byte, (b";" if idle else kept + b";")
        else:
            yield call.start_byte, call.end_byte, b"(" + kept + b")"


def _logging(tree: tree_sitter.Tree) -> Iterator[tree_sitter.Node]:
    for _, found in tree_sitter.QueryCursor(_query(CALLS)).matches(tree.root_node):
        if b"".join((found["object"][0].text or b"").split()) in CONSOLES and found["method"][0].text in METHODS:
            yield found["call"][0]


def _is_idle(node: tree_sitter.Node) -> bool:
    if node.type in FUNCTIONS:
        return True
    if node.type == "unary_expression" and (node.text or b"").startswith(b"delete"):
        return False
    if node.is_named and node.type not in IDLE:
        return False
    return all(_is_idle(child) for child in node.children)


def _has_own_console(tree: tree_sitter.Tree) -> bool:
    """Tell whether the file binds the name ``console`` itself, anywhere."""
    for _, found in tree_sitter.QueryCursor(_query(NAMES)).matches(tree.root_node):
        name = found["name"][0]
        if name.type != "identifier":
            return True
        holder = name.parent
        if holder is None or holder.type not in BINDERS:
            continue
        if holder.type in {"variable_declarator", "function_declaration", "class_declaration"}:
            if holder.child_by_field_name("name") == name:
                return True
        elif holder.type == "arrow_function":
            if holder.child_by_field_name("parameter") == name:
                return True
        elif holder.type == "assignment_pattern":
            if holder.child_by_field_name("left") == name:
                return True
        else:
            return True
    return False


@cache
def _query(source: str) -> tree_sitter.Query:
    return tree_sitter.Query(language(), source)
