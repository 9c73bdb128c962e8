"""What a page's policy admits of the theme's part: all that templates and the values in them bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.text.policy import is_plain, secured
from builder.text.sources import hash_of

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"


def test_the_themes_own_templates_are_plain() -> None:
    assert is_plain(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color: red">',
        "<button\n  onclick='go()'>",
        "<SCRIPT>go()</SCRIPT>",
        "{{ extra.badge | safe }}",
        "{{ page.title|safe }}",
        "{% autoescape false %}{{ extra.badge }}{% endautoescape %}",
    ],
)
def test_a_template_that_can_write_a_style_or_a_handler_is_not(source: str) -> None:
    assert not is_plain(["<p>plain</p>", source])


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p style="color: red">', "color: red"),
        ('<p onclick="go()">', "go()"),
        ("<SCRIPT>go()</SCRIPT>", "go()"),
    ],
)
def test_what_such_a_template_writes_is_admitted_by_hash(html: str, text: str) -> None:
    page = f"<!doctype html><head></head>{html}"
    assert hash_of(text) in secured(page, plain=is_plain([html]))
