"""Query parameters: each given once, in a known form. Unknown ones are served as if they were not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edge_api.problems import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

CURSOR = "^[A-Za-z0-9_-]{0,500}$"
_LONGEST = 500
_DIGITS = 18


def word(request: Request, name: str, default: str = "") -> str:
    """Return a parameter's text."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Refused("bad-parameter", f"Give {name} once.")
    if values and (len(values[0]) > _LONGEST or not values[0].isprintable()):
        raise Refused("bad-parameter", f"This is no {name}.")
    return values[0] if values else default


def choice(request: Request, name: str, words: tuple[str, ...]) -> str:
    """Return one of these words, the first where nothing is said."""
    found = word(request, name, words[0])
    if found not in words:
        raise Refused("bad-parameter", f"{name} is one of {', '.join(words)}.")
    return found


def count(request: Request, name: str, default: int, most: int) -> int:
    """Return a whole number from 1 to ``most``."""
    found = word(request, name, str(default))
    if not _digits(found) or not 1 <= int(found) <= most:
        raise Refused("bad-parameter", f"{name} is a whole number from 1 to {most}.")
    return int(found)


def cursor(request: Request) -> str:
    """Return a cursor that may be one of ours."""
    found = word(request, "cursor")
    if re.fullmatch(CURSOR, found) is None:
        raise Refused("bad-parameter", "This is no cursor.")
    return found


def position(request: Request, name: str) -> int:
    """Return the number in a cursor of the learner's own history."""
    found = word(request, name, "0")
    if not _digits(found):
        raise Refused("bad-cursor", "Begin again at the first page.")
    return int(found)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS
