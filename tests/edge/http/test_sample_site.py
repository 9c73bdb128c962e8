"""The sample site from its Markdown to a learner's points: what the builder writes is what the edge understands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from edge.clients import PATIENCE, answer, event
from edge.instances import Instance
from edge_api.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = ROOT / "tests" / "contract"
Items = dict[str, tuple[str, str, int]]


@pytest.fixture
def built(tmp_path: Path) -> Settings:
    """Give settings for the sample site as ``build.py build`` has just left it."""
    words = ["build", "--site", str(ROOT), "--out", str(tmp_path / "dist"), "--cache", str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, str(ROOT / "build.py"), *words, "--quiet"],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return Settings(
        data=tmp_path / "data",
        catalog=tmp_path / "dist" / "catalog.json",
        awards=tmp_path / "dist.release" / "awards.json",
    )


def document(path: Path, schema: str) -> dict[str, Any]:
    """Return a document that fits its schema."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rules = json.loads((CONTRACT / f"{schema}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(rules, format_checker=FormatChecker()).validate(found)
    return found


def promised(catalog: dict[str, Any]) -> Items:
    """Return what a catalogue tells of each item: kind, course, points; in all languages once."""
    items: Items = {}
    for course in catalog["courses"]:
        for lesson in (lesson for module in course["modules"] for lesson in module["lessons"]):
            taught = course.get("original", course["id"])
            name = f"{taught}/{lesson['id']}"
            items[name] = ("lesson", taught, lesson["xp"])
            for quiz in lesson["quizzes"]:
                kind = "trace" if quiz["kind"] == "trace" else "quiz"
                items[f"{name}#{quiz['id']}"] = (kind, taught, quiz["xp"])
            for exercise in lesson["exercises"]:
                items[f"{name}#{exercise['id']}"] = ("exercise", taught, exercise["xp"])
    return items


def told(client: httpx.Client, *events: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Tell of events and return what became of each."""
    response = client.post("/api/progress", json={"events": list(events)})
    assert response.status_code == 200, response.text
    return [(each["status"], each["code"], each["xp"]) for each in response.json()["results"]]


def test_a_built_site_is_understood_by_the_edge_word_for_word(built: Settings) -> None:
    """Its courses are listed, its lessons, quizzes and traces are judged by its own answers, and points add up."""
    catalog, awards = document(built.catalog, "catalog"), document(built.awards, "awards")
    items: dict[str, dict[str, Any]] = awards["items"]
    assert {name: (each["kind"], each["course"], each["xp"]) for name, each in items.items()} == promised(catalog)
    first = {
        kind: next(name for name in items if items[name]["kind"] == kind) for kind, _, _ in promised(catalog).values()
    }
    lesson, quiz, trace, exercise = (first[kind] for kind in ("lesson", "quiz", "trace", "exercise"))
    right = items[quiz]["answers"]
    words = (str(ROOT / "build.py"), "api")
    with Instance(built, words=words) as instance, instance.client() as client:
        assert client.get("/healthz").json()["documents"] == "ok"
        assert [each["id"] for each in client.get("/api/courses").json()["courses"]] == [
            each["id"] for each in catalog["courses"]
        ]
        for course in catalog["courses"]:
            assert client.get(f"/api/courses/{course['id']}").json() == course
        assert client.post("/api/session").json()["learner"]["anonymous"] is True
        assert told(
            client,
            event(lesson),
            answer(quiz, 1 if right == [0] else 0),
            answer(quiz, *right),
            event(trace, "quiz.answered", answer="certainly not"),
            event(trace, "quiz.answered", answer=items[trace]["answer"]),
            event(exercise, "exercise.passed"),
        ) == [
            ("accepted", "read", items[lesson]["xp"]),
            ("accepted", "wrong", 0),
            ("accepted", "right", items[quiz]["xp"]),
            ("accepted", "wrong", 0),
            ("accepted", "right", items[trace]["xp"]),
            ("pending", "exercise", 0),
        ]
        points = sum(items[name]["xp"] for name in (lesson, quiz, trace))
        progress = client.get("/api/progress").json()
        assert (progress["xp"], len(progress["events"])) == (points, 6)
        rules = {each["id"] for each in awards["achievements"]}
        assert {each["id"] for each in client.get("/api/achievements").json()} <= rules
        # Without a passkey a learner is on no board and sees their own line alone.
        for course in ("", items[lesson]["course"]):
            board = client.get("/api/leaderboard", params={"course": course}).json()
            assert (board["total"], board["entries"]) == (0, [])
            mine = client.get("/api/leaderboard/around-me", params={"course": course}).json()["me"]
            assert (mine["rank"], mine["xp"], mine["lessons"], mine["listed"]) == (1, points, 1, False)
