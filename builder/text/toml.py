"""TOML read with the place of what is wrong in it."""

from __future__ import annotations

import re
import tomllib
from typing import Any, NamedTuple

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class Slip(NamedTuple):
    """Why a text is no TOML: a sentence, and where in the text."""

    message: str
    line: int = 1
    column: int = 1


def read_toml(text: str) -> tuple[dict[str, Any], Slip | None]:
    """Return the values of a text, or none and why it cannot be read."""
    try:
        return tomllib.loads(text), None
    except tomllib.TOMLDecodeError as error:
        message, place = str(error), _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place and place[1] else (text.rstrip().count("\n") + 1, 1)
        return {}, Slip(_PLACE.sub("", message), line, column)
    except RecursionError:
        return {}, Slip("The block nests too deeply")
