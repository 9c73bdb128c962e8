"""``new``: a site, a course or a lesson where it belongs, and never over another."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.errors import UsageError
from builder.io.config import Request
from builder.io.new import new_course, new_lesson, new_site
from builder.pipeline import build


@pytest.fixture
def content(tmp_path: Path) -> Path:
    new_site(tmp_path / "my-notes")
    return tmp_path / "my-notes" / "content"


def test_a_new_site_builds_without_a_warning(tmp_path: Path) -> None:
    site = tmp_path / "solidity-notes"
    assert site / "content" / "site.toml" in new_site(site)
    report = build(Request(site=site, out=tmp_path / "dist", cache=tmp_path / "cache"), print)
    assert [problem for problem in report.problems if problem.severity != "notice"] == []
    assert "Solidity notes" in (tmp_path / "dist" / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "dist" / "first-course" / "asking-and-showing" / "index.html").is_file()


def test_a_site_is_never_written_over_another(content: Path) -> None:
    with pytest.raises(UsageError, match="there already"):
        new_site(content.parent)


def test_a_course_is_numbered_after_its_siblings(content: Path) -> None:
    (page,) = new_course(Path("Tokens and patterns"), content)
    assert page == content / "02-tokens-and-patterns" / "index.md"
    assert 'title: "Tokens and patterns"' in page.read_text(encoding="utf-8")


def test_a_lesson_follows_its_siblings_and_finds_its_folder_without_the_number(content: Path) -> None:
    (page,) = new_lesson(Path("first-course/errors-and-events"), content)
    assert page == content / "01-first-course" / "03-errors-and-events.md"
    assert "# Errors and events" in page.read_text(encoding="utf-8")
    (other,) = new_lesson(content / "01-first-course" / "07-last.mdx", content)
    assert other == content / "01-first-course" / "07-last.mdx"


def test_what_is_new_builds_without_a_warning(content: Path, tmp_path: Path) -> None:
    new_course(Path('Quotes "and" colons: a course'), content)
    new_lesson(Path("quotes-and-colons-a-course/first"), content)
    request = Request(content=content, out=tmp_path / "dist", cache=tmp_path / "cache")
    report = build(request, print)
    assert [problem for problem in report.problems if problem.severity != "notice"] == []


def test_siblings_without_numbers_get_one_without(content: Path) -> None:
    folder = content / "plain"
    folder.mkdir()
    (folder / "alpha.md").write_text("# Alpha\n", encoding="utf-8")
    assert new_lesson(Path("plain/beta"), content) == [folder / "beta.md"]


@pytest.mark.parametrize("name", ["first-course/writing-a-lesson", "first-course/05-writing-a-lesson.md"])
def test_a_name_that_is_taken_is_refused(content: Path, name: str) -> None:
    before = sorted(content.rglob("*"))
    with pytest.raises(UsageError, match="there already"):
        new_lesson(Path(name), content)
    assert sorted(content.rglob("*")) == before


@pytest.mark.parametrize("name", ["../outside", "/elsewhere/lesson", "no-such-course/lesson"])
def test_a_place_that_is_none_is_refused(content: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"is not in|There is no folder"):
        new_lesson(Path(name), content)
