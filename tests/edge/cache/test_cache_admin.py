"""What an operator sees and does: numbers by route for the whole fleet, and groups made old by a word."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cache.world import fleet
from edge.clients import Site, migrate_now
from edge.instances import ROOT
from edge_api import cache_admin, groups, main
from edge_api.services.cache import tally
from edge_api.settings import Secret, Settings


def told(redis_url: str, folder: Path) -> Settings:
    return Settings(data=folder, redis_url=Secret(redis_url))


def test_numbers_of_all_instances_add_up(tmp_path: Path, redis_url: str) -> None:
    """Each adds what it counted, once; the ratio is what was answered without making it."""

    async def work() -> str:
        async with fleet(tmp_path, redis_url) as made:
            for instance in made.instances:
                counter = tally.Tally(instance.answers, instance.metrics)
                for _ in range(2):
                    await asyncio.gather(*(instance.read("a") for _ in range(5)))
                    await counter.send(instance.answers, tally.today())
                await counter.send(instance.answers, tally.today())
        return await cache_admin.show(told(redis_url, tmp_path))

    head, line = asyncio.run(work()).splitlines()
    said = dict(zip(head.split(), line.split(), strict=True))
    assert said == {
        "route": "/thing",
        "lookups": "20",
        "hits": "95%",
        "memory": "10",
        "waited": "8",
        "fleet": "1",
        "stale": "0",
        "made": "1",
        "bypassed": "0",
    }


def test_a_flushed_group_is_made_again_and_others_are_not(tmp_path: Path, redis_url: str) -> None:
    """By the same way as every change; `all` is every group."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url, ("courses", "board/all/x")) as made:
            one = made.instances[0]
            for flushed, count in (([], 2), (["courses"], 3), (["all"], 5)):
                if flushed:
                    assert (await cache_admin.flush(told(redis_url, tmp_path), flushed)).startswith("Done")
                one.memory.forget()
                await one.read("courses")
                await one.read("board/all/x")
                assert one.made == count

    asyncio.run(work())


def test_a_course_with_a_long_name_is_flushed_by_that_name(tmp_path: Path, redis_url: str) -> None:
    """Its group has a shorter one, as every cache can bear it."""
    course = "solidity-for-people-who-have-never-written-a-program"
    group = groups.board(course, "week")

    async def work() -> None:
        async with fleet(tmp_path, redis_url, (group,)) as made:
            one = made.instances[0]
            await one.read(group)
            await cache_admin.flush(told(redis_url, tmp_path), [f"board/week/{course}"])
            one.memory.forget()
            await one.read(group)
            assert one.made == 2

    asyncio.run(work())


def test_wrong_words_say_what_is_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown group, and a cache that nobody shares, are exit 2 with a sentence."""
    monkeypatch.setenv("EDGE_DATA", str(tmp_path))
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert main.main(["--cache"]) == 2
    assert "REDIS_URL" in capsys.readouterr().err
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert main.main(["--flush", "boards"]) == 2
    assert "board/all/COURSE" in capsys.readouterr().err
    assert main.main(["--cache"]) == 0
    assert "does not answer" in capsys.readouterr().out


def test_a_flush_says_in_one_line_what_became_of_it(tmp_path: Path, redis_url: str) -> None:
    """A process of its own, with the instances' settings: no line of a log is between an operator and the answer."""
    settings = told(redis_url, tmp_path)
    migrate_now(settings)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EDGE_")}
    environ = {**inherited, "EDGE_DATA": str(settings.data), "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "edge_api", "--flush", "all"], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Done")


def test_updates_of_another_instance_end_what_is_remembered(site: Site) -> None:
    """Whoever hears that a board changed asks at once, here: the page from before is not the answer."""
    site.browser().get("/api/leaderboard")
    cache, hub = site.app.state.edge.cache, site.app.state.edge.live
    versions = cache.memory.versions(("board/all/", "board/day/x"))
    hub.hear(["", "x"])
    assert cache.memory.versions(("board/all/", "board/day/x")) > versions
    assert site.browser().get("/api/leaderboard").headers["cache-status"].split(", ")[-1].startswith("edge-memory; fwd")
