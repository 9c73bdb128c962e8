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

from builder.errors import Problem, UsageError
from builder.text.policy import DIRECTIVES
from builder.text.view import Security

# What strictness refuses; elsewhere these are notices.
REFUSED = frozenset({"own-code", "remote-resource"})


def security_of(values: Mapping[str, Any]) -> Security:
    """Return the settings; raise ``UsageError`` where they can't be used."""
    given = values.get("security", {})
    for key in given:
        if key not in Security.__struct_fields__:
            hint = "There are strict, sources and trusted_types."
            raise UsageError(f"Unknown setting `security.{key}`", place="site.toml", hint=hint)
    try:
        strict = msgspec.convert(given.get("strict", False), bool)
        sources = msgspec.convert(given.get("sources", {}), dict[str, tuple[str, ...]])
        trusted = msgspec.convert(given.get("trusted_types", True), bool)
    except msgspec.ValidationError as error:
        hint = "strict and trusted_types are true or false, sources is a table of lists."
        raise UsageError(f"`security` can't be used: {error}", place="site.toml", hint=hint) from error
    for directive, names in sources.items():
        if directive not in DIRECTIVES:
            listed = ", ".join(sorted(DIRECTIVES))
            known = f"There are {listed}."
            raise UsageError(f"Unknown setting `security.sources.{directive}`", place="site.toml", hint=known)
        if any(not name or set(name) & set(" ;,") for name in names):
            raise UsageError(
                f"`security.sources.{directive}` has what is no source",
                place="site.toml",
                hint="Such as https://example.org",
            )
    return Security(strict, dict(sorted(sources.items())), trusted)


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
