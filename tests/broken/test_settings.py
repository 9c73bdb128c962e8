"""Wrong settings, one for each way in which site.toml can be wrong, and what is said of them, in settings.txt.

``UPDATE_GOLDEN=1`` writes the sentences anew; read the difference before it is kept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builder.errors import UsageError
from course import Course

GOLDEN = Path(__file__).with_name("settings.txt")

MISTAKES = (
    "title = 3",
    'titel = "A site"',
    'base_url = "example.org"',
    'markdown.engine = "pandoc"',
    "[markdown]\nengin = 1",
    "markdown.extensions = 7",
    '[markdown]\nengine = "python-markdown"\nextensions = ["pandoc"]',
    'language = "../en"',
    'languages = ["en", 7]',
    "[extra]\nlarge = 99999999999999999999",
    "[budgets]\nhmtl = 1",
    '[budgets]\nhtml = "a lot"',
    "[images]\nwidths = []",
    '[images]\nwidths = "large"',
    "[images]\nwidhts = [480]",
    '[offline]\nworker = "no"',
    "[theme]\nfonts = 1",
    '[theme]\nfont = "@fontsource/inter"',
    '[assets]\nbase_url = "assets.example.org"',
    "[assets]\nbase_url = 7",
    "[security]\nstrikt = true",
    '[security]\nstrict = "very"',
    '[security.sources]\nscripts = ["https://example.org"]',
    '[security.sources]\nimg-src = ["https://a.example https://b.example"]',
)


def said(course: Course, toml: str) -> str:
    """Return what a build says of a site with these settings."""
    course.write({"site.toml": toml + "\n"})
    with pytest.raises(UsageError) as raised:
        course.build()
    error = raised.value
    place = error.place.replace(str(course.folder), "") if error.place else ""
    sentence = f"{place}: {error}" if place else str(error)
    return f"== {toml}\n{sentence}\n   = {error.hint}"


def test_each_wrong_setting_is_named_with_a_way_out(place: Path) -> None:
    course = Course(place, {"index.md": "# Home\n"})
    text = "\n\n".join(said(course, toml) for toml in MISTAKES) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
