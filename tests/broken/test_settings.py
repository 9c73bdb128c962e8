"""Wrong settings, for each way in which site.toml can be wrong, and what is said of them, in settings.txt.

``UPDATE_GOLDEN=1`` writes the sentences anew; read the difference before it is kept.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from builder.errors import Mistakes
from builder.io.report import show
from course import Course

GOLDEN = Path(__file__).with_name("settings.txt")

EARNED = "[[achievements]]\n"
FIRST = f'{EARNED}id = "first"\ntitle = "First"\nrule = {{ type = "xp", at_least = 1 }}\n\n'

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
    "[security.sources]\nimg-src = 1",
    'title = "A\nlanguage = "en"',
    'title = "A"\n[extra\n',
    'title = "A"  # the site\'s\n\n[images]\n# Of photographs\nformats = [\n  "avif",\n  "gif",\n]',
    'images.widths = [480, 0, "960"]',
    "[images]\navif_quality = 101\ncolumn = true",
    'images = { column = -1, "webp_quality" = 60.5 }',
    "images.widths = []\nbudgets.html = -1\noffline.worker = 1",
    "achievements = 1",
    "achievements = [1]",
    f'{EARNED}id = 1\ntitle = "One"\nrule = {{ type = "streak", at_least = 1 }}',
    f'{EARNED}id = "a b"\ntitle = ""\nrule = 7',
    f'{EARNED}id = "a"\nname = "A"',
    f'{FIRST}{EARNED}id = "first"\ntitle = "Again"\n[achievements.rule]\ntype = "streak"\nat_least = 0',
    f'{FIRST}{EARNED}id = "b"\ntitle = "B"\nrule = {{ type = "streek", at_least = 1 }}',
    f'{FIRST}{EARNED}id = "b"\ntitle = "B"\nrule = {{ type = "count", kind = "lessons", at_least = "1" }}',
    f'{FIRST}{EARNED}id = "b"\ntitle = "B"\nrule = {{ type = "items", items = ["a", "c/a", "c/a"] }}',
    f'{FIRST}{EARNED}id = "b"\ntitle = "B"\nrule = {{ type = "course" }}',
)


def said(course: Course, toml: str) -> str:
    """Return what a build says of a site with these settings."""
    course.write({"site.toml": toml + "\n"})
    with pytest.raises(Mistakes) as raised:
        course.build()
    return "\n".join([f"== {toml}", *map(show, raised.value.problems)])


def test_each_wrong_setting_is_named_with_a_way_out(place: Path) -> None:
    course = Course(place, {"index.md": "# Home\n"})
    text = "\n\n".join(said(course, toml) for toml in MISTAKES) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_what_is_wrong_with_the_settings_is_said_on_the_terminal_and_in_the_document(place: Path) -> None:
    """All of it at once, each with its line, its column and a caret; nothing is written."""
    course = Course(place, {"site.toml": 'titel = "A"\n[images]\nwidths = [0]\n', "index.md": "# Home\n"})
    done = course.run("--json")
    assert done.returncode == 2
    report = json.loads(done.stdout)
    found = [(problem["code"], problem["line"], problem["column"]) for problem in report["problems"]]
    assert (report["version"], report["pages"], found) == (1, 0, [("setting", 1, 1), ("setting", 3, 11)])
    assert "content/site.toml:1:1: error setting: Unknown setting `titel`" in done.stderr
    assert "│ ^" in done.stderr
    course.write({"site.toml": '[images]\nwidths = [0]\n[budgets]\nhtml = "x"\n'})
    assert [problem["line"] for problem in json.loads(course.run("--json").stdout)["problems"]] == [2, 4]
    assert not course.out.exists()


def test_a_document_says_why_a_build_could_not_be_done(place: Path) -> None:
    """Whatever ends a build with exit code 2, who reads JSON reads why."""
    course = Course(place, {"index.md": "# Home\n"})
    done = course.run("--json", "--base-url", "example.org")
    assert (done.returncode, [problem["code"] for problem in json.loads(done.stdout)["problems"]]) == (2, ["usage"])
    explained = course.explain("index.md", "--json")
    assert explained.returncode == 2
    assert json.loads(explained.stdout)["error"]["message"] == "There was no build yet"
