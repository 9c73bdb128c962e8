"""The documents that builder, theme and edge share, and the API's bodies, stand in schemas with golden examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

HERE = Path(__file__).parent
SCHEMAS = sorted(HERE.glob("*.schema.json"))
EXAMPLES = sorted((HERE / "examples").glob("*.json"))
NO_AWARDS: dict[str, Any] = {"version": 1, "items": {}, "achievements": [], "levels": {"step": 1}}


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(load(HERE / f"{name}.schema.json"), format_checker=FormatChecker())


def item_references(catalog: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Return every item that a catalogue names, with its kind and points."""
    items: dict[str, tuple[str, int]] = {}
    for course in catalog["courses"]:
        for module in course["modules"]:
            for lesson in module["lessons"]:
                reference = f"{course['id']}/{lesson['id']}"
                items[reference] = ("lesson", lesson["xp"])
                for quiz in lesson["quizzes"]:
                    items[f"{reference}#{quiz['id']}"] = ("trace" if quiz["kind"] == "trace" else "quiz", quiz["xp"])
                for exercise in lesson["exercises"]:
                    items[f"{reference}#{exercise['id']}"] = ("exercise", exercise["xp"])
    return items


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_schema_is_a_valid_schema_and_has_an_example(path: Path) -> None:
    """A schema keeps to draft 2020-12, says what it is for, and has at least one golden example."""
    schema = load(path)
    Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["description"]
    name = path.name.removesuffix(".schema.json")
    assert (HERE / "examples" / f"{name}.json").exists()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_fits_its_schema(path: Path) -> None:
    """The part of an example's name before the first dot names its schema."""
    validator(path.name.split(".")[0]).validate(load(path))


def test_the_example_awards_know_exactly_the_items_of_the_example_catalogue() -> None:
    """Catalogue and awards of one build name the same items, kinds and points."""
    catalog, awards = load(HERE / "examples" / "catalog.json"), load(HERE / "examples" / "awards.json")
    assert item_references(catalog) == {name: (item["kind"], item["xp"]) for name, item in awards["items"].items()}
    assert set(awards["aliases"].values()) <= set(awards["items"])


@pytest.mark.parametrize(
    ("schema", "spoiled"),
    [
        ("catalog", {"version": 1, "courses": [], "build_id": "0"}),
        ("catalog", {"version": 2, "courses": []}),
        ("awards", {**NO_AWARDS, "items": {"a/b": {"kind": "quiz", "course": "a", "xp": 5}}}),
        ("awards", {**NO_AWARDS, "items": {"no-course": {"kind": "lesson", "course": "a", "xp": 5}}}),
        ("progress-request", {"events": [{"id": "1", "type": "lesson.opened", "item": "a/b", "at": "yesterday"}]}),
        ("leaderboard", {"revision": "1", "total": 0, "entries": []}),
    ],
)
def test_what_is_wrong_does_not_fit(schema: str, spoiled: object) -> None:
    """The schemas refuse what they are there to refuse."""
    assert not validator(schema).is_valid(spoiled)
