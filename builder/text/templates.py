"""Which templates a template reaches, so that a page depends on those it is made of and on no others.

Read from the sources by their tags, without compiling them: what a tag or ``fixed()`` names in quotes is reached, and a
tag that computes a name reaches everything. Catalogues of words are reached by all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Sources = tuple[tuple[str, str], ...]

_TAG = re.compile(r"\{%[-+]?\s*(?:extends|include|import|from)\b([^%]*)%\}")
_NAMED = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)')\s*(?:(?:import|as|ignore|with|without)\b[^%]*?)?[-+]?")

_FIXED = re.compile(r"\bfixed\(\s*(?:\"([^\"]*)\"|'([^']*)')")


def reached(sources: Sources, names: Iterable[str]) -> Sources:
    """Return those of the templates that some of them can reach, themselves included, in the order of the sources."""
    by_name = dict(sources)
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen or name not in by_name:
            continue
        seen.add(name)
        waiting.extend(double or single for double, single in _FIXED.findall(by_name[name]))
        for tag in _TAG.findall(by_name[name]):
            named = _NAMED.fullmatch(tag)
            if named is None:
                return sources
            waiting.append(named[1] or named[2] or "")
    return tuple((name, text) for name, text in sources if name in seen or name.endswith(".toml"))
