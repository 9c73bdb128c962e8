"""A block of front matter to its values: YAML read safely and quickly, with the place of what is wrong.

Plain ``key: value`` blocks, which is nearly all of them, are read here: PyYAML takes 0.1 ms a page for them, as much as
the Markdown itself. Whatever is not plainly a flat block of strings, whole numbers and short lists goes to PyYAML.
Aliases and tags are refused: front matter has no use for them, and they are how YAML bombs are made.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

_LINE = re.compile(
    r"""([A-Za-z_][A-Za-z0-9_-]*):[ ]+(?:
        (?P<int>0|[1-9][0-9]{0,8})
      | "(?P<double>[^"\\]*)"
      | '(?P<single>[^']*)'
      | \[(?P<list>[A-Za-z][A-Za-z0-9 _-]*(?:,[ ]*[A-Za-z][A-Za-z0-9 _-]*)*)\]
      | (?P<plain>[A-Za-z](?:[^\#:\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u2028\u2029]|:(?=[^\s])|(?<=[^\s])\#)*)
    )[ ]*""",
    re.VERBOSE,
)
# Plain words that YAML 1.1 reads as something else than text.
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
# What YAML does not admit at all, and what it has opinions about (tabs, the line ends of Unicode): for PyYAML to say.
_SPECIAL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")

# PyYAML's time grows with the square of the nesting.
BRACKETS = 500
_DEEP = re.compile(r"(?:[-?:] ){50}")


class Mistake(NamedTuple):
    """Why front matter cannot be read: a sentence, where in the file, and how to mend it."""

    message: str
    line: int = 2
    column: int = 1
    hint: str = "Put values that have a colon or a special sign in quotes."


class Block(NamedTuple):
    """What a block says, or why it cannot be read.

    ``again`` has the keys that stand a second time in one mapping, at any depth, with line and column.
    """

    values: dict[str, Any]
    error: Mistake | None = None
    again: tuple[tuple[str, int, int], ...] = ()


_TOO_DEEP = Block({}, Mistake("The block nests too deeply", hint="Flatten it."))


def read_yaml(block: str) -> Block:
    """Return what a block of YAML says; its first line is the file's second."""
    plain = flat(block)
    if plain is not None:
        return Block(plain)
    if _DEEP.search(block) or block.count("[") + block.count("{") > BRACKETS:
        return _TOO_DEEP
    return _full(block)


def flat(block: str) -> dict[str, Any] | None:
    """Return the values of a plain block; nothing where only PyYAML can tell what it means."""
    if _SPECIAL.search(block):
        return None
    values: dict[str, Any] = {}
    for line in block.split("\n"):
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None or match[1] in values or match[1].lower() in _WORDS:
            return None
        kind = match.lastgroup
        text = match[kind or 0]
        if kind == "int":
            values[match[1]] = int(text)
        elif kind == "list":
            items = [item.strip() for item in text.split(",")]
            if any(item.lower() in _WORDS for item in items):
                return None
            values[match[1]] = items
        elif kind == "plain" and text.strip().lower() in _WORDS:
            return None
        else:
            values[match[1]] = text.rstrip(" ") if kind == "plain" else text
    return values


def _full(block: str) -> Block:
    import yaml

    try:
        for event in yaml.parse(block, Loader=_loader()):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                return Block({}, Mistake("Anchors and aliases have no place in front matter", *_at(event.start_mark)))
        loader = _loader()(block)
        node = loader.get_single_node()
        values = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        message = (error.problem or error.context or "It is not YAML").capitalize()
        return Block({}, Mistake(message, *_at(error.problem_mark or error.context_mark)))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Block({}, Mistake(str(error).split("\n")[0].capitalize() or "It is not YAML"))
    if values is None:
        return Block({})
    if not isinstance(values, dict):
        return Block({}, Mistake("Front matter is a list of `key: value` lines"))
    return Block({str(key): value for key, value in values.items()}, again=tuple(sorted(_again(node), key=_place)))


def _at(mark: Any) -> tuple[int, int]:
    """Return a mark's line and column in the file, whose first line is the fence."""
    return (mark.line + 2, mark.column + 1) if mark else (2, 1)


def _again(root: Any) -> list[tuple[str, int, int]]:
    """Return the keys that stand a second time in one mapping: YAML takes the last without a word."""
    import yaml

    found: list[tuple[str, int, int]] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            stack.extend(value for _, value in node.value)
            keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            known = {key.value: key for key in reversed(keys)}
            found += [(key.value, *_at(key.start_mark)) for key in keys if known[key.value] is not key]
    return found


def _place(again: tuple[str, int, int]) -> tuple[int, int]:
    return again[1:]


@cache
def _loader() -> Any:
    """Return a safe loader to which a date or number that is none is text: one value is wrong, not the whole block."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen where it runs
        """A loader with our constructors, and nobody else's."""

    def lenient(make: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def construct(loader: Any, node: Any) -> Any:
            try:
                return make(loader, node)
            except ValueError:
                return node.value

        return construct

    for kind in ("timestamp", "int", "float"):
        tag = f"tag:yaml.org,2002:{kind}"
        Loader.add_constructor(tag, lenient(yaml.SafeLoader.yaml_constructors[tag]))
    return Loader
