"""Front matter: the YAML (``---``) or TOML (``+++``) block at the head of a page, read safely and with line numbers.

Plain ``key: value`` blocks, which is nearly all of them, are read here: PyYAML takes 0.1 ms a page for them, as much as
the Markdown itself. Whatever is not plainly a flat block of strings, whole numbers and short lists goes to PyYAML.
Aliases and tags are refused: front matter has no use for them, and they are how YAML bombs are made.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

# Nobody writes more by hand; a larger block is a file that only looks like front matter.
LIMIT = 65_536

_YAML = re.compile(r"---[ \t]*\n(?:(.*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\n(?:(.*?)\n)??\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
# A key that opens a block is what tells front matter from a page that begins with a thematic break.
_KEY = re.compile(r"\s*(?:#.*\n\s*)*[\w\"'.-]+[ \t]*[:=]|\s*\Z|\s*\{")

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


class FrontMatter(NamedTuple):
    """What stood at the head of a page.

    ``lines`` is how many lines it took, ``at`` maps top-level keys to their lines, ``error`` is a sentence, a line
    and a column where it could not be read.
    """

    values: dict[str, Any]
    lines: int
    at: dict[str, int]
    error: tuple[str, int, int] | None = None


NONE = FrontMatter({}, 0, {})


def split(text: str) -> tuple[FrontMatter, str]:
    """Return a page's front matter and the rest of its text; ``text`` has plain newlines."""
    if not text.startswith(("---", "+++")):
        return NONE, text
    toml = text.startswith("+++")
    match = (_TOML if toml else _YAML).match(text, 0, LIMIT)
    if match is None or not _KEY.match(match[1] or ""):
        return NONE, text
    block = match[1] or ""
    lines = match[0].count("\n") + (not match[0].endswith("\n"))
    values, error = _toml(block) if toml else _yaml(block)
    at = {
        found[1].strip("\"'"): number for number, line in enumerate(block.split("\n"), 2) if (found := _TOP.match(line))
    }
    return FrontMatter(values, lines, at, error), text[match.end() :]


# PyYAML's time grows with the square of the nesting.
BRACKETS = 500
_DEEP = re.compile(r"(?:[-?:] ){50}")

_TOP = re.compile(r"([\w.-]+|\"[^\"]+\"|'[^']+')[ \t]*[:=]")


def _toml(block: str) -> tuple[dict[str, Any], tuple[str, int, int] | None]:
    try:
        return tomllib.loads(block), None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]) + 1, int(place[2])) if place else (2, 1)
        return {}, (re.sub(r" \(at .*\)$", "", str(error)), line, column)
    except RecursionError:
        return {}, ("The block nests too deeply", 2, 1)


def _yaml(block: str) -> tuple[dict[str, Any], tuple[str, int, int] | None]:
    plain = _flat(block)
    if plain is not None:
        return plain, None
    if _DEEP.search(block) or block.count("[") + block.count("{") > BRACKETS:
        return {}, ("The block nests too deeply", 2, 1)
    return _full_yaml(block)


# What YAML does not admit at all, and what it has opinions about (tabs, the line ends of Unicode): for PyYAML to say.
_SPECIAL = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _flat(block: str) -> dict[str, Any] | None:
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


def _at(mark: Any) -> tuple[int, int]:
    """Return a mark's line and column in the file, whose first line is the fence."""
    return (mark.line + 2, mark.column + 1) if mark else (2, 1)


def _full_yaml(block: str) -> tuple[dict[str, Any], tuple[str, int, int] | None]:
    import yaml

    loader = _loader()
    try:
        for event in yaml.parse(block, Loader=loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                return {}, ("Anchors and aliases have no place in front matter", *_at(event.start_mark))
        values = yaml.load(block, Loader=loader)  # noqa: S506 - a safe loader, chosen above
    except yaml.MarkedYAMLError as error:
        message = (error.problem or error.context or "It is not YAML").capitalize()
        return {}, (message, *_at(error.problem_mark or error.context_mark))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return {}, (str(error).split("\n")[0].capitalize() or "It is not YAML", 2, 1)
    if values is None:
        return {}, None
    if not isinstance(values, dict):
        return {}, ("Front matter is a list of `key: value` lines", 2, 1)
    return {str(key): value for key, value in values.items()}, None


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


def iso_date(value: object) -> str | None:
    """Return a front matter date as ISO text: a date, a moment, or text of that form; nothing where it is neither."""
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        text = value.strip()
        try:
            return (
                iso_date(dt.datetime.fromisoformat(text))
                if len(text) > len("2026-01-31")
                else dt.date.fromisoformat(text).isoformat()
            )
        except ValueError:
            return None
    return None
