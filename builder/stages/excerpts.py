"""The source lines of the layout's problems, which are found without a look at the sources."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from builder.errors import Problem
from builder.io.scan import Tree
from builder.steps.page import LARGEST
from builder.text.decode import decode
from builder.text.positions import Lines


def with_excerpts(tree: Tree, problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems, each whose line is known with what stands there."""
    known: dict[str, Lines] = {}
    return [_shown(tree, problem, known) for problem in problems]


def _shown(tree: Tree, problem: Problem, known: dict[str, Lines]) -> Problem:
    path = problem.path
    if problem.excerpt or not problem.line or problem.root != "content" or path not in tree.files:
        return problem
    if path not in known:
        try:
            known[path] = Lines(decode(tree.read(path, LARGEST), path)[0])
        except OSError:
            return problem
    return msgspec.structs.replace(problem, excerpt=known[path].window(problem.line, problem.column or 1))
