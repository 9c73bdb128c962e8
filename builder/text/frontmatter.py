"""Front matter: the YAML (``---``) or TOML (``+++``) block at the head of a page, and the lines of its keys.

A block that nothing closes is told from a page that begins with a thematic break, and is no front matter: the page is
shown as it is written, and its author is told.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, NamedTuple

from builder.text.toml import read_toml
from builder.text.yamlblock import Block, Mistake, read_yaml

# Nobody writes more by hand; a larger block is a file that only looks like front matter.
LIMIT = 65_536

_YAML = re.compile(r"---[ \t]*\n(?:(.*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\n(?:(.*?)\n)??\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
# A key that opens a block is what tells front matter from a page that begins with a thematic break.
_KEY = re.compile(r"\s*(?:#.*\n\s*)*[\w\"'.-]+[ \t]*[:=]|\s*\Z|\s*\{")
_TOP = re.compile(r"([\w.-]+|\"[^\"]+\"|'[^']+')[ \t]*[:=]")

_FENCE = re.compile(r"(---|\+\+\+)[ \t]*\n")
# A line that may stand in a block: a key, what belongs to one, a comment.
_INSIDE = re.compile(r"(?:([a-z][\w-]*)[ \t]*[:=]|[ \t-]|#).*\n")
# Where nothing closes it, one of these has to be there: every tool's front matter has one, and no prose begins so.
_USUAL = frozenset("title description layout draft date tags slug id order weight nav_order sidebar_position".split())  # noqa: SIM905 - legible


class FrontMatter(NamedTuple):
    """What stood at the head of a page.

    ``lines`` is how many lines it took, ``at`` maps top-level keys to their lines, ``error`` says why it could not be
    read, and ``again`` which keys stand twice, as in a ``Block``.
    """

    values: dict[str, Any]
    lines: int
    at: dict[str, int]
    error: Mistake | None = None
    again: tuple[tuple[str, int, int], ...] = ()


NONE = FrontMatter({}, 0, {})


def split(text: str) -> tuple[FrontMatter, str]:
    """Return a page's front matter and the rest of its text; ``text`` has plain newlines."""
    if not text.startswith(("---", "+++")):
        return NONE, text
    toml = text.startswith("+++")
    match = (_TOML if toml else _YAML).match(text, 0, LIMIT)
    if match is None:
        return NONE._replace(error=_endless(text)), text
    if not _KEY.match(match[1] or ""):
        return NONE, text
    block = match[1] or ""
    lines = match[0].count("\n") + (not match[0].endswith("\n"))
    read = _read_toml(block) if toml else read_yaml(block)
    at = {
        found[1].strip("\"'"): number for number, line in enumerate(block.split("\n"), 2) if (found := _TOP.match(line))
    }
    return FrontMatter(read.values, lines, at, read.error, read.again), text[match.end() :]


def _endless(text: str) -> Mistake | None:
    """Say of a text that begins with a fence, and has no other, that it is front matter, if that is what it is."""
    line = fence = _FENCE.match(text)
    while line and fence:
        line = _INSIDE.match(text, line.end(), LIMIT)
        if line and line[1] in _USUAL:
            long = f"\n{fence[1]}\n" in text
            message = f"It has more than {LIMIT:,} characters" if long else "It has no end"
            return Mistake(message, 1, hint=f"Close it with a line of `{fence[1]}`.")
    return None


def _read_toml(block: str) -> Block:
    values, slip = read_toml(f"{block}\n")
    if slip is None:
        return Block(values)
    # What TOML says it cannot do is to give one name twice.
    hint = "A key stands once." if slip.message.startswith("Cannot") else "Put texts in quotes."
    return Block({}, Mistake(slip.message, slip.line + 1, slip.column, hint))


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
