"""Putting the linker's findings in their places: run only for pages that have some."""

from __future__ import annotations

from builder.engine.step import step
from builder.errors import Problem
from builder.model import Finding
from builder.text import directives, frontmatter
from builder.text.decode import decode
from builder.text.findings import Findings


@step(version=6)
def locate(path: str, source: bytes, findings: tuple[Finding, ...]) -> tuple[tuple[Problem, ...]]:
    """Return findings as problems with line, column and excerpt."""
    text, _ = decode(source, path)
    front, rest = frontmatter.split(text)
    found = Findings(path, text, front.lines, [])
    for finding in findings:
        found.link(
            finding.code,
            finding.message,
            finding.hint,
            "img" if finding.tag == "img" else "a",
            finding.ordinal,
            finding.raw,
        )
    return (tuple(found.finish(rest, directives.mark(rest, 1)[0])),)
