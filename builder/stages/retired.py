"""What a site gives up for good: the ids in content/retired.toml, which nothing else may be called again."""

from __future__ import annotations

from builder.errors import Problem
from builder.io.scan import UNTRUSTED
from builder.stages.work import Work
from builder.text.decode import decode
from builder.text.positions import Lines
from builder.text.toml import Slip, read_toml

PATH = "retired.toml"


def retired(work: Work) -> tuple[str, ...]:
    """Return the names in progress of what is given up; said again by each build where they cannot be read."""
    if PATH not in work.tree.files:
        return ()
    try:
        text, problems = decode(work.tree.read(PATH), PATH)
    except OSError as error:
        work.tree.files[PATH] = UNTRUSTED
        work.problems.append(_problem(f"{PATH} cannot be read: {error.strerror}"))
        return ()
    work.problems += problems
    values, slip = read_toml(text)
    ids = values.get("ids", [])
    if slip is None and not (isinstance(ids, list) and all(isinstance(name, str) for name in ids)):
        slip = Slip("`ids` should be a list of texts")
    if slip:
        excerpt = Lines(text).window(slip.line, slip.column)
        work.problems.append(_problem(f"{PATH} cannot be read: {slip.message}", slip.line, slip.column, excerpt))
        return ()
    return tuple(ids)


def _problem(message: str, line: int | None = None, column: int | None = None, excerpt: str = "") -> Problem:
    hint = 'It has one list: ids = ["course/lesson"].'
    return Problem("error", "retired", message, hint, "content", PATH, line, column, excerpt)
