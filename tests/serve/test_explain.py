"""``explain``: why something was made, from what, and for what; from memory alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.errors import UsageError
from builder.explain import explain
from builder.explanation import as_text, to_json
from builder.io.config import Request
from builder.pipeline import build
from course import Files, write_files

SITE: Files = {
    "content/site.toml": 'title = "Course"\n',
    "content/index.md": "# Home\n\n[First](course/01-first.md)\n",
    "content/course/index.md": "# Course\n",
    "content/course/01-first.md": '# First\n\n```solidity file="A.sol"\n```\n\n![Dot](dot.svg)\n',
    "content/course/02-second.md": "# Second\n",
    "content/course/A.sol": "contract A {}\n",
    "content/course/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><title>Dot</title></svg>',
}


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    write_files(tmp_path, SITE, stamped=False)
    return Request(site=tmp_path, out=tmp_path / "dist", cache=tmp_path / ".cache")


@pytest.fixture
def built(request_: Request) -> Request:
    build(request_, print)
    return request_


def test_without_a_build_it_says_so(request_: Request) -> None:
    with pytest.raises(UsageError, match="no build yet"):
        explain(request_, "index.md")


@pytest.mark.parametrize(
    "path", ["course/01-first.md", "content/course/01-first.md", "/course/first/", "course/first/index.html"]
)
def test_a_page_is_known_by_its_source_its_url_and_its_file(built: Request, path: str) -> None:
    found = explain(built, path)
    assert (found.path, found.kind, found.url) == ("course/01-first.md", "lesson", "/course/first/")
    assert found.outputs == ("course/first/index.html",)


def test_a_page_depends_on_what_it_shows(built: Request) -> None:
    found = explain(built, "course/01-first.md")
    assert found.depends_on["includes"] == ("course/A.sol",)
    assert found.depends_on["files"] == ("course/dot.svg",)
    assert "course/02-second.md" in found.depends_on["titles"]
    assert "templates/lesson.html" in found.depends_on["templates"]
    assert found.depends_on["settings"] == ("site.toml",)
    assert found.needed_by["linked_by"] == ("index.md",)
    assert "course/02-second.md" in found.needed_by["listed_by"]


def test_a_file_knows_who_shows_it(built: Request) -> None:
    assert explain(built, "course/dot.svg").needed_by == {"shown_by": ("course/01-first.md",)}
    assert explain(built, "course/A.sol").needed_by == {"included_by": ("course/01-first.md",)}


def test_a_template_knows_its_pages_and_an_asset_its_users(built: Request) -> None:
    assert "course/01-first.md" in explain(built, "templates/lesson.html").needed_by["pages"]
    assert "index.md" not in explain(built, "templates/lesson.html").needed_by["pages"]
    assert explain(built, "assets/css/site.css").outputs


def test_the_reason_names_the_input_that_changed(built: Request) -> None:
    assert built.site
    assert explain(built, "course/02-second.md").reason == "it is new"
    write_files(built.site, {"content/course/02-second.md": "# Second, renamed\n"}, stamped=False)
    build(built, print)
    assert explain(built, "course/02-second.md").reason == "its source changed"
    assert "course/02-second.md" in explain(built, "course/01-first.md").reason
    template = Path(__file__).resolve().parents[2] / "templates" / "lesson.html"
    text = template.read_text(encoding="utf-8") + "\n<!-- mine -->\n"
    write_files(built.site, {"templates/lesson.html": text}, stamped=False)
    build(built, print)
    assert explain(built, "course/01-first.md").reason == "templates/lesson.html changed"


def test_what_has_changed_since_is_said(built: Request) -> None:
    assert built.site
    write_files(built.site, {"content/course/02-second.md": "# Second, longer than it was\n"}, stamped=False)
    assert explain(built, "course/02-second.md").stale


def test_what_nobody_knows_is_refused_with_a_hint(built: Request) -> None:
    with pytest.raises(UsageError, match="knew no nonsense"):
        explain(built, "nonsense")


def test_it_prints_as_text_and_as_json(built: Request) -> None:
    found = explain(built, "index.md")
    assert as_text(found).startswith("index.md: home “Home” at /\n  last made because: it is new")
    document = json.loads(to_json(found))
    assert document["version"] == 1
    assert document["depends_on"]["links"] == ["course/01-first.md"]
