"""What ``[security] strict`` makes of notices."""

from __future__ import annotations

from builder.errors import Problem
from builder.stages.security import judged

STRICT = {"security": {"strict": True}}


def test_a_strict_site_refuses_what_authors_bring_and_only_notes_what_its_own_theme_does() -> None:
    authors = Problem("notice", "remote-resource", "m", root="content", path="a.md")
    themes = Problem("notice", "remote-resource", "m", root="assets", path="css/site.css")
    other = Problem("notice", "unminified", "m", root="content", path="b.md")
    assert [problem.severity for problem in judged([authors, themes, other], STRICT)] == ["error", "notice", "notice"]
    assert judged([authors, themes, other], {}) == [authors, themes, other]
