"""The site's word on security: ``[security]`` in site.toml, and what it makes of the notices of pages.

[security]
strict = true                                    an author's own scripts, styles and other hosts are errors
trusted_types = false                            scripts may make elements of any text, as htmx and its like do
[security.sources]
connect-src = ["https://api.example.org"]        what every page may load besides what is found in it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from builder.errors import Problem, SettingError
from builder.text.policy import DIRECTIVES
from builder.text.settings import table, unknown
from builder.text.view import Security

SOURCE = "One host or keyword each, such as https://example.org"
HINTS = {"sources": 'A list for each directive, such as img-src = ["https://example.org"]'}

# What strictness refuses; elsewhere these are notices.
REFUSED = frozenset({"own-code", "remote-resource"})


class SecuritySettings(msgspec.Struct, frozen=True):
    """``[security]``: whether an author's own code is refused, and what all pages may load."""

    strict: bool = False
    sources: dict[str, tuple[str, ...]] = {}
    trusted_types: bool = True


def security_of(values: Mapping[str, Any]) -> Security:
    """Return the settings; raise ``SettingError`` where they can't be used."""
    settings = table(values, "security", SecuritySettings, HINTS)
    for directive, names in settings.sources.items():
        way = ("security", "sources", directive)
        if directive not in DIRECTIVES:
            raise unknown(way, DIRECTIVES)
        for number, name in enumerate(names):
            if not name or set(name) & set(" ;,"):
                raise SettingError(f"`{name}` is no source", (*way, number), hint=SOURCE)
    return Security(settings.strict, dict(sorted(settings.sources.items())), settings.trusted_types)


def judged(problems: Iterable[Problem], values: Mapping[str, Any]) -> list[Problem]:
    """Return the problems, with what a strict site refuses as errors."""
    if not security_of(values).strict:
        return list(problems)
    return [
        msgspec.structs.replace(problem, severity="error", hint="This site is strict: [security] in site.toml.")
        if problem.code in REFUSED and problem.root == "content"
        else problem
        for problem in problems
    ]
