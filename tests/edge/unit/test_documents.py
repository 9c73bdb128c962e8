"""What the builder wrote, as the edge reads it: again when it changes, and never lost over a bad copy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_api.services.documents import Documents

CATALOG = {"version": 1, "courses": [{"id": "c", "url": "/c/", "title": "C", "modules": []}]}


def write(path: Path, value: object) -> None:
    """Write a document as a deploy does: another file in the old one's place."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(value), encoding="utf-8")
    new.replace(path)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    write(tmp_path / "catalog.json", CATALOG)
    write(tmp_path / "awards.json", {"version": 1, "items": {"c/a": {"kind": "lesson", "course": "c", "xp": 10}}})
    return tmp_path / "catalog.json"


def test_documents_are_read_again_only_when_they_have_changed(catalog: Path) -> None:
    documents = Documents(catalog, catalog.with_name("awards.json"))
    first = documents.digest
    assert not documents.refresh()
    write(catalog, {"version": 1, "courses": []})
    assert documents.refresh()
    assert not documents.refresh()
    assert (documents.course("c"), documents.digest != first) == (None, True)


def test_a_document_that_cannot_be_read_leaves_the_last_good_one(catalog: Path) -> None:
    """It is said in /healthz, and forgotten there as soon as a good one comes."""
    documents = Documents(catalog, catalog.with_name("awards.json"))
    for broken in ({"version": 2}, {"version": 1, "courses": [{}]}):
        write(catalog, broken)
        assert not documents.refresh()
        assert [course.id for course in documents.catalog.courses] == ["c"]
        assert "catalog" in documents.problems
    write(catalog, CATALOG)
    assert documents.refresh()
    assert documents.problems == {}


def test_without_files_there_are_no_courses_and_a_hint(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "catalog.json", tmp_path / "awards.json")
    assert (documents.lines(), documents.courses) == ((), frozenset())
    assert "set EDGE_AWARDS" in documents.problems["awards"]


def test_a_course_that_only_the_awards_know_is_known(catalog: Path) -> None:
    """Its learners have points; the catalogue may come a moment later."""
    write(catalog, {"version": 1, "courses": []})
    assert Documents(catalog, catalog.with_name("awards.json")).courses == {"c"}
