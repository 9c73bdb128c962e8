"""Data files: one file of JSON without the space between its tokens, numbers and keys as written."""

from __future__ import annotations

import json
import re

from builder.asset import Compiled, Shipping
from builder.engine.step import step
from builder.errors import Problem

# A string is kept whole; space outside strings goes.
TOKENS = re.compile(r'("(?:\\.|[^"\\])*")|[ \t\r\n]+')


@step(version=1)
def compile_data(path: str, data: bytes, shipping: Shipping) -> Compiled:
    """Return the JSON file at ``path``, ready to be linked; one that is no JSON ships as it is, with a warning."""
    try:
        text = data.decode("utf-8-sig")
        json.loads(text)
    except UnicodeDecodeError as error:
        return _broken(path, data, "it is not UTF-8", data.count(b"\n", 0, error.start) + 1, None)
    except json.JSONDecodeError as error:
        return _broken(path, data, error.msg, error.lineno, error.colno)
    except RecursionError:
        return Compiled(path, pieces=(data,))
    small = TOKENS.sub(lambda match: match.group(1) or "", text) if shipping.minify else text
    return Compiled(path, pieces=(small.encode(),))


def _broken(path: str, data: bytes, why: str, line: int, column: int | None) -> Compiled:
    problem = Problem(
        "warning",
        "json-syntax",
        f"this is not JSON: {why}.",
        hint="Scripts that import it will fail; quotes are double, and nothing follows the last item.",
        root="assets",
        path=path,
        line=line,
        column=column,
    )
    return Compiled(path, pieces=(data,), problems=(problem,))
