"""The hub: what a listener is told, whoever is slow, comes back, or is one too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from edge_api.problems import Unavailable
from edge_api.services.live import Hub


def played(scene: Callable[[Hub], Coroutine[Any, Any, None]], most: int = 10) -> None:
    """Run a scene with a hub that sends its updates."""

    async def play() -> None:
        hub, stop = Hub(most), asyncio.Event()
        running = asyncio.create_task(hub.run(stop))
        try:
            await scene(hub)
        finally:
            stop.set()
            await running

    asyncio.run(play())


async def event(frames: AsyncIterator[bytes]) -> dict[str, str]:
    """Return the next frame that is more than a sign of life."""
    async for frame in frames:
        fields = dict(line.split(": ", 1) for line in frame.decode().strip().splitlines())
        if "event" in fields:
            return fields
    return {}


def test_updates_that_come_together_are_one_event() -> None:
    async def scene(hub: Hub) -> None:
        with hub.join("a", "") as seat:
            frames = seat.frames()
            assert (await anext(frames)).startswith(b"retry: ")
            hub.hear(["c"])
            assert (await event(frames))["data"] == '{"courses":["c"]}'
            # The pause that now begins lets a crowd of changes through as one.
            for number in range(100):
                hub.hear(["", f"c{number % 3}"])
            assert (await event(frames))["data"] == '{"courses":["","c0","c1","c2"]}'
            assert hub.events == 2

    played(scene)


def test_a_slow_listener_hears_everything_at_once_and_the_latest() -> None:
    async def scene(hub: Hub) -> None:
        with hub.join("a", "") as slow, hub.join("b", "") as quick:
            lazy, eager = slow.frames(), quick.frames()
            await anext(lazy)
            await anext(eager)
            for course in ("one", "two", "three"):
                hub.hear([course])
                assert course in (await event(eager))["data"]
            told = await event(lazy)
            assert told["data"] == '{"courses":["one","three","two"]}'
            assert told["id"] == hub.mark

    played(scene)


def test_whoever_comes_back_hears_what_came_since() -> None:
    async def scene(hub: Hub) -> None:
        hub.begin("run", (5, 0), (7, 0), {"old": (5, 0), "new": (7, 0)})
        for last, expected in {
            "run.7-0": None,
            "run.6-3": '{"courses":["new"]}',
            "run.5-0": '{"courses":["new"]}',
        }.items():
            with hub.join("a", last) as seat:
                greeting = (await anext(seat.frames())).decode()
                assert ("data: " in greeting) == (expected is not None)
                assert expected is None or f"event: leaderboard\nid: run.7-0\ndata: {expected}" in greeting

    played(scene)


@pytest.mark.parametrize(
    "last",
    ["run.4-9", "other.7-0", "7-0", "run.x-1", "run.", f"run.{'9' * 5000}-0", "run.²-0", "run.7-0-x-y", "run.7-0-1"],
)
def test_an_id_of_which_not_all_is_known_is_a_reset(last: str) -> None:
    async def scene(hub: Hub) -> None:
        hub.begin("run", (5, 0), (7, 0), {"new": (7, 0)})
        with hub.join("a", last) as seat:
            assert b"event: reset\nid: run.7-0\n" in await anext(seat.frames())

    played(scene)


def test_a_new_epoch_resets_those_who_listen_and_keeps_what_is_untold() -> None:
    async def scene(hub: Hub) -> None:
        with hub.join("a", "") as seat:
            frames = seat.frames()
            await anext(frames)
            hub.hear(["c"])
            hub.begin("run", (1, 0), (9, 0), {})
            told = await event(frames)
            assert told["data"] == '{"courses":["c"]}'
            assert told["id"].startswith("run.9-0-1-")
            hub.reset()
            assert (await event(frames))["event"] == "reset"

    played(scene)


def test_what_an_instance_alone_has_heard_has_ids_of_its_own() -> None:
    """It has no place in the stream: whoever left before it hears it, whoever heard it does not, here or elsewhere."""

    async def scene(hub: Hub) -> None:
        hub.begin("run", (5, 0), (7, 0), {})
        with hub.join("a", "") as seat:
            frames = seat.frames()
            await anext(frames)
            ids = []
            for course in ("one", "two"):
                hub.hear([course])
                ids.append((await event(frames))["id"])
            hub.reset()
            ids.append((await event(frames))["id"])
            hub.hear(["three"], (8, 0))
            ids.append((await event(frames))["id"])
        assert len(set(ids)) == 4
        assert ids[3] == "run.8-0"
        other = Hub(10)
        other.begin("run", (5, 0), (8, 0), {"three": (8, 0)})
        other.hear(["four"])
        other._place = other._latest
        other._placed.update(other._heard)
        for listened, last, missed in (
            (hub, "run.7-0", '{"courses":["one","three","two"]}'),
            (hub, ids[0], '{"courses":["three","two"]}'),
            (hub, ids[3], ""),
            (other, ids[1], '{"courses":["four","three"]}'),
            (other, ids[3], '{"courses":["four"]}'),
        ):
            with listened.join("a", last) as seat:
                assert missed in (await anext(seat.frames())).decode()

    played(scene)


def test_streams_are_bounded_in_all_and_for_one_address() -> None:
    async def scene(hub: Hub) -> None:
        with hub.join("a", ""), hub.join("a", ""), pytest.raises(Unavailable), hub.join("a", ""):
            pass
        with hub.join("a", ""), hub.join("b", ""), hub.join("c", ""), hub.join("d", ""):
            pass
        assert hub.listeners == 0
        places = [hub.join(str(number), "") for number in range(8)]
        for place in places:
            place.__enter__()
        with pytest.raises(Unavailable), hub.join("new", ""):
            pass
        for place in places:
            place.__exit__(None, None, None)

    played(scene, most=8)


def test_at_the_end_each_is_told_another_time_to_come_back() -> None:
    async def scene(hub: Hub) -> None:
        retries = set()
        for number in range(8):
            with hub.join(str(number), "") as seat:
                frames = seat.frames()
                await anext(frames)
                hub.goodbye()
                retries.update([frame async for frame in frames])
                hub.closing = False
        assert len(retries) > 1
        assert all(frame.startswith(b"retry: ") for frame in retries)

    played(scene)
