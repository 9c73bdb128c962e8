"""The leaderboard in a real browser, through the nginx that is shipped: what others learn is on it without a reload."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.conftest import SECRET, MakePage, soon
from edge.fleet import Nginx
from edge.instances import Instance
from edge_api.settings import Settings
from servers import open_to_all

LISTENING = """
async () => {
  const { held, pending } = await navigator.locks.query();
  return [...held, ...pending].filter(({ name }) => name.startsWith("live")).length;
}
"""


@pytest.fixture
def edge(gallery_dist: Path, tmp_path: Path) -> Iterator[Instance]:
    """Give an edge over the gallery, on a database of its own."""
    settings = Settings(
        data=tmp_path / "data",
        catalog=gallery_dist / "catalog.json",
        awards=gallery_dist.with_name("dist.release") / "awards.json",
        secret_key=SECRET,
    )
    with Instance(settings) as instance:
        yield instance


def test_a_board_shows_what_others_learn_while_one_looks(
    gallery_dist: Path, edge: Instance, tmp_path: Path, nginx_binary: Path, open_page: MakePage
) -> None:
    """Two pages of one browser share one stream, and both show the newcomer."""
    assert nginx_binary.exists()
    open_to_all(gallery_dist)
    with Nginx([edge.port] * 3, gallery_dist) as nginx, edge.client() as somebody:
        page = open_page(f"http://localhost:{nginx.port}/leaderboard/")
        second = page.context.new_page()
        second.goto(page.url)
        for each in (page, second):
            expect(each.locator(".empty")).to_be_visible()
        # One listens to the server, the other to the first; each asks for the lock when it listens.
        soon(page, "both listen", lambda: page.evaluate(LISTENING) == 2)
        soon(page, "one has a stream", lambda: somebody.get("/healthz").json()["live"]["streams"] == 1)
        handle = somebody.post("/api/session").json()["learner"]["handle"]
        with sqlite3.connect(tmp_path / "data" / "edge.sqlite3", timeout=60) as database:
            database.execute("UPDATE learner SET anonymous = 0 WHERE handle = ?", [handle])
        database.close()
        items = json.loads((gallery_dist.with_name("dist.release") / "awards.json").read_text())["items"]
        lesson = next(name for name, item in items.items() if item["kind"] == "lesson" and item["xp"])
        event = {"id": str(uuid.uuid4()), "type": "lesson.read", "item": lesson}
        told = somebody.post("/api/progress", json={"events": [{**event, "at": "2026-11-23T10:00:00Z"}]}).json()
        assert told["results"][0]["xp"] > 0, told
        for each in (page, second):
            expect(each.locator("tbody")).to_contain_text(handle)
