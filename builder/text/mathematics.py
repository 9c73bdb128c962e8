"""Mathematics: LaTeX to MathML at build time, so that a page needs no script for it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from math_core import LatexToMathML

# What may stand beside a dollar for it to be mathematics: a blank, punctuation, or the edge of an element.
_BESIDE = frozenset(" \t\n.,;:!?()[]{}\"'<>/-\u2013\u2014\u2026=+*|~&")


@lru_cache(maxsize=1)
def _converter() -> LatexToMathML:
    from math_core import LatexToMathML

    return LatexToMathML(pretty_print="never", fancy_error=False)


def is_mathematics(before: str, formula: str, after: str) -> bool:
    """Tell whether ``$formula$`` between these characters is mathematics and not two prices."""
    return bool(formula) and not formula[0].isspace() and not formula[-1].isspace() and _apart(before) and _apart(after)


def _apart(char: str) -> bool:
    return not char or char in _BESIDE


def to_mathml(formula: str, *, display: bool) -> tuple[str, str]:
    """Return a formula as MathML, and a sentence where it is none."""
    from math_core import LatexError

    try:
        return _converter().convert_with_local_state(formula, displaystyle=display), ""
    except LatexError as error:
        return "", str(error).split("\n")[0]
