"""The benchmark course: the same each time and for every tool, and no code block of it occurs twice."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from benchmarks import corpus, tools
from benchmarks.snippets import LANGUAGES, snippet

if TYPE_CHECKING:
    from pathlib import Path


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        corpus.write(corpus.course(45), tmp_path / name)
    assert _digests(tmp_path / "one") == _digests(tmp_path / "two")
    assert len(_digests(tmp_path / "one")) == 45 + 3 + 1


def test_only_the_name_of_the_module_pages_differs_between_tools(tmp_path: Path) -> None:
    corpus.write(corpus.course(21), tmp_path / "plain")
    corpus.write(corpus.course(21), tmp_path / "hugo", "_index.md")
    plain, hugo = _digests(tmp_path / "plain"), _digests(tmp_path / "hugo")
    assert {path.replace("_index.md", "index.md"): digest for path, digest in hugo.items()} == plain


def test_no_two_code_blocks_are_equal_and_all_languages_occur() -> None:
    blocks = [snippet(number) for number in range(2, 2_002)]
    assert len({block.code for block in blocks}) == len(blocks)
    assert {block.language for block in blocks} == {language for language, _ in LANGUAGES}


def test_a_lesson_has_what_the_numbers_promise() -> None:
    lessons = corpus.course(40).lessons
    text = corpus.markdown(lessons[4], lessons)
    prose = [
        block for block in text.split("\n\n") if re.match(r"[A-Z]", block) and not block.startswith(("See", "This"))
    ]
    assert sum(len(block.split()) for block in prose if len(block.split()) == corpus.WORDS_PER_PARAGRAPH) == 1_200
    assert text.count("```") == 4
    assert "| --- | :-- | --: |" in text
    assert len(re.findall(r"^#{2,3} ", text, flags=re.MULTILINE)) == corpus.SECTIONS


def test_every_link_of_the_course_leads_to_a_lesson(tmp_path: Path) -> None:
    outline = corpus.course(45)
    corpus.write(outline, tmp_path / "content")
    for lesson in outline.lessons:
        page = tmp_path / "content" / lesson.path
        targets = re.findall(r"\]\(([^)]+\.md)\)", page.read_text(encoding="utf-8"))
        assert len(targets) == 3
        assert all((page.parent / target).resolve().is_file() for target in targets)


def test_the_page_of_a_lesson_loses_its_number_prefixes_only_with_coursewright() -> None:
    path = corpus.course(3).lessons[2].path
    assert path == "001-events-1/03-patient-window-3.md"
    assert tools.coursewright().page(path) == "events-1/patient-window-3/index.html"
