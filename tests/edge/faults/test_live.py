"""Live updates between real instances: with Redis, without it, and while it is stopped, frozen, emptied, made anew."""

from __future__ import annotations

import json
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import jsonschema
import psycopg
import pytest
import redis as redis_client

from edge.clients import wait_until
from edge.instances import Instance
from edge.listener import Listener
from edge.pairs import incarnation_of
from edge.places import own_database
from edge_api.settings import Settings
from servers import Postgres, Redis

CONTRACT = Path(__file__).parents[2] / "contract"
COURSES = ("algebra", "biology", "chemistry")
LESSONS = 50


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres) -> Iterator[Settings]:
    """Give settings for a database of this file's own, and lessons of three courses."""
    items = {f"{course}/{number}": course for course in COURSES for number in range(LESSONS)}
    with own_database(postgres_server, tmp_path_factory.mktemp("courses"), items) as made:
        yield made


class Learner:
    """Somebody on the boards, who learns at one instance or another."""

    def __init__(self, settings: Settings, instance: Instance) -> None:
        self._next = dict.fromkeys(COURSES, 0)
        with instance.client() as client:
            handle = client.post("/api/session").json()["learner"]["handle"]
            self._cookie = client.cookies["session"]
        with psycopg.connect(settings.database_url, autocommit=True) as connection:
            connection.execute("UPDATE learner SET anonymous = false WHERE handle = %s", [handle])

    def learns(self, course: str, instance: Instance) -> None:
        """Read the next lesson of a course."""
        number, self._next[course] = self._next[course], self._next[course] + 1
        event = {"id": str(uuid.uuid4()), "type": "lesson.read", "item": f"{course}/{number}"}
        with instance.client(cookies={"session": self._cookie}) as client:
            body = {"events": [{**event, "at": "2026-11-23T10:00:00Z"}]}
            assert client.post("/api/progress", json=body).json()["results"][0]["xp"] == 10


# However busy the machine is, what Redis has to say is waited for: a word that came too late would be told twice.
PATIENT_MS = "60000"


class Pair:
    """Two instances and somebody who learns."""

    def __init__(self, settings: Settings, redis: Redis | None, stack: ExitStack, **environ: str) -> None:
        given = {
            "REDIS_URL": redis.url if redis else "",
            "EDGE_POLL_SECONDS": "600",
            "EDGE_REDIS_MS": PATIENT_MS,
            **environ,
        }
        self.one = stack.enter_context(Instance(settings, words=("-m", "edge_api"), **given))
        self.two = stack.enter_context(Instance(settings, words=("-m", "edge_api"), **given))
        self.learner = Learner(settings, self.one)


def met(instance: Instance) -> set[str]:
    """Return the incarnations that an instance believes."""
    with instance.client() as client:
        return {each["run"] for each in client.get("/healthz").json()["redis"].values()}


def missed(server: Redis, last: str) -> set[str]:
    """Return the boards that the stream names after an id, all that is told twice included."""
    with redis_client.Redis.from_url(server.url) as connection:
        entries = connection.xrange("edge:updates", min=f"({last.rpartition('.')[2]}")
    return {board for _, fields in entries for board in json.loads(fields[b"boards"])}


def streams(instance: Instance) -> int:
    """Return how many listen to an instance."""
    with instance.client() as client:
        return int(client.get("/healthz").json()["live"]["streams"])


@pytest.fixture
def redis(redis_server: Redis) -> Iterator[Redis]:
    """Give a Redis of one's own."""
    assert redis_server
    with Redis() as server:
        yield server


def test_a_change_here_is_heard_everywhere(base: Settings, redis: Redis) -> None:
    """With Redis: by listeners of both instances, with one id, in the form that the contract gives."""
    schema = json.loads((CONTRACT / "live.schema.json").read_text(encoding="utf-8"))
    with ExitStack() as stack:
        pair = Pair(base, redis, stack)
        listeners = [stack.enter_context(Listener(each.url)) for each in (pair.one, pair.two)]
        pair.learner.learns("algebra", pair.one)
        for listener in listeners:
            wait_until(lambda listener=listener: listener.hears("algebra"))  # type: ignore[misc]  # bound at once
            (event,) = listener.events
            assert (event.name, event.data) == ("leaderboard", {"courses": ["", "algebra"]})
            jsonschema.validate(event.data, schema)
        assert listeners[0].events == listeners[1].events
        assert listeners[0].events[0].id.startswith(f"{incarnation_of(redis.url)}.")


def test_whoever_comes_back_to_another_instance_hears_what_was_missed(base: Settings, redis: Redis) -> None:
    """Also at one that has started since; an id of before everything that is known is a reset."""
    with ExitStack() as stack:
        pair = Pair(base, redis, stack)
        with Listener(pair.one.url) as listener:
            pair.learner.learns("algebra", pair.one)
            wait_until(lambda: listener.hears("algebra"))
        pair.learner.learns("biology", pair.one)
        pair.learner.learns("chemistry", pair.two)
        with Listener(pair.one.url) as witness:
            pair.learner.learns("biology", pair.two)
            wait_until(lambda: witness.hears("biology"))
        third = stack.enter_context(Instance(base, REDIS_URL=redis.url, EDGE_REDIS_MS=PATIENT_MS))
        for instance in (pair.two, third):
            with Listener(instance.url, last=listener.last) as again:
                wait_until(lambda again=again: again.boards() == missed(redis, listener.last))  # type: ignore[misc]  # bound at once
                # All in one event. What waits in the outbox of a busy instance is told twice: then algebra is among it.
                assert {"", "biology", "chemistry"} <= set(again.events[0].data["courses"])
                assert set(again.names()) == {"leaderboard"}
        with Listener(third.url, last=f"{incarnation_of(redis.url)}.1-0") as lost:
            wait_until(lambda: lost.names() == ["reset"])


def test_without_redis_ones_own_are_heard_at_once_and_others_by_polling(base: Settings) -> None:
    with ExitStack() as stack:
        pair = Pair(base, None, stack)
        slow = stack.enter_context(Listener(pair.two.url))
        own = stack.enter_context(Listener(pair.one.url))
        pair.learner.learns("algebra", pair.one)
        wait_until(lambda: own.hears("algebra"))
        assert not slow.events
        polling = stack.enter_context(Instance(base, words=("-m", "edge_api"), EDGE_POLL_SECONDS="0.2"))
        listener = stack.enter_context(Listener(polling.url))
        pair.learner.learns("biology", pair.one)
        wait_until(lambda: listener.hears("biology"))


@pytest.mark.parametrize("away", ["stopped", "frozen"])
def test_redis_goes_and_comes_back(base: Settings, redis: Redis, away: str) -> None:
    """While it is away streams stay, one's own updates come at once, others' by polling; after it, all look again."""
    with ExitStack() as stack:
        pair = Pair(base, redis, stack, EDGE_POLL_SECONDS="0.5", EDGE_REDIS_MS="100")
        listeners = [stack.enter_context(Listener(each.url)) for each in (pair.one, pair.two)]
        wait_until(lambda: pair.one.source == pair.two.source == "redis")
        if away == "stopped":
            redis.stop()
        else:
            redis.freeze()
        try:
            wait_until(lambda: pair.one.source == pair.two.source == "database")
            pair.learner.learns("algebra", pair.one)
            for listener in listeners:
                wait_until(lambda listener=listener: listener.hears("algebra"))  # type: ignore[misc]  # bound at once
        finally:
            if away == "stopped":
                redis.start()
            else:
                redis.thaw()
        wait_until(lambda: pair.one.source == pair.two.source == "redis")
        # They come back one after the other, and each begins an era, of which the listeners hear by a reset.
        wait_until(lambda: met(pair.one) == met(pair.two) == {incarnation_of(redis.url)})
        era = f"{incarnation_of(redis.url)}."
        for listener in listeners:
            wait_until(lambda listener=listener: listener.last.startswith(era))  # type: ignore[misc]  # bound at once
            assert "reset" in listener.names()
        before = [listener.names().count("reset") for listener in listeners]
        pair.learner.learns("biology", pair.two)
        for listener, resets in zip(listeners, before, strict=True):
            # What changes a moment after a reset may be told by one more.
            wait_until(lambda: listener.hears("biology") or listener.names().count("reset") > resets)  # noqa: B023 - asked at once
            assert listener.ended == 0
            assert listener.last.startswith(era)


def test_redis_is_emptied_under_listeners(base: Settings, redis: Redis) -> None:
    """FLUSHALL takes the stream away, and nobody notices but whoever comes back with an id of before."""
    import redis as client

    with ExitStack() as stack:
        pair = Pair(base, redis, stack)
        listener = stack.enter_context(Listener(pair.two.url))
        pair.learner.learns("algebra", pair.one)
        wait_until(lambda: listener.hears("algebra"))
        before = listener.last
        with client.Redis.from_url(redis.url) as connection:
            connection.flushall()
        pair.learner.learns("biology", pair.one)
        wait_until(lambda: listener.hears("biology"))
        assert "reset" not in listener.names()
        third = stack.enter_context(Instance(base, REDIS_URL=redis.url, EDGE_REDIS_MS=PATIENT_MS))
        with Listener(third.url, last=before) as again:
            wait_until(lambda: again.names() == ["reset"])


def test_a_full_redis_still_lets_ones_own_updates_through(base: Settings, redis: Redis) -> None:
    """It reads and does not write: our own listeners hear at once, the others by polling."""
    import redis as client

    with ExitStack() as stack:
        pair = Pair(base, redis, stack, EDGE_POLL_SECONDS="0.5")
        listeners = [stack.enter_context(Listener(each.url)) for each in (pair.one, pair.two)]
        with client.Redis.from_url(redis.url) as connection:
            connection.config_set("maxmemory", "1")
        pair.learner.learns("chemistry", pair.one)
        for listener in listeners:
            wait_until(lambda listener=listener: listener.hears("chemistry"))  # type: ignore[misc]  # bound at once


def test_what_redis_did_not_take_is_told_to_all_as_soon_as_it_does(base: Settings, redis: Redis) -> None:
    """A second of silence is too short for readers to notice, and too long for a publisher: nobody waits for a poll."""
    import redis as client

    with ExitStack() as stack:
        pair = Pair(base, redis, stack)
        listener, own = (stack.enter_context(Listener(each.url)) for each in (pair.two, pair.one))
        with client.Redis.from_url(redis.url) as connection:
            connection.config_set("maxmemory", "1")
            pair.learner.learns("chemistry", pair.one)
            wait_until(lambda: own.hears("chemistry"))
            assert not listener.events
            connection.config_set("maxmemory", "0")
        wait_until(lambda: listener.hears("chemistry"))
        wait_until(lambda: len(own.events) == 2)
        assert own.events[1] == listener.events[0]
        assert own.events[0].id != own.events[1].id


def test_a_dead_publisher_leaves_no_listener_behind(base: Settings, redis: Redis) -> None:
    """A change that was committed and never published is found by the poll of whoever is left."""
    with ExitStack() as stack:
        pair = Pair(base, redis, stack, EDGE_POLL_SECONDS="0.3")
        listener = stack.enter_context(Listener(pair.two.url))
        with psycopg.connect(base.database_url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO board_shard (scope, period, shard, learners, revision) VALUES ('physics', 'all', 0, 1, 1)"
            )
        wait_until(lambda: listener.hears("physics"))


def test_streams_end_with_a_time_to_come_back_when_their_instance_goes(base: Settings) -> None:
    """SIGTERM ends each at once, and the instance does not wait for listeners who would never go."""
    with ExitStack() as stack:
        pair = Pair(base, None, stack)
        listeners = [stack.enter_context(Listener(pair.one.url)) for _ in range(5)]
        pair.one.terminate()
        assert pair.one.wait() in {0, -signal.SIGTERM}
        for listener in listeners:
            wait_until(lambda listener=listener: listener.ended == 1)  # type: ignore[misc]  # bound at once
        assert all(len(listener.retries) == 2 for listener in listeners)
        assert len({listener.retries[1] for listener in listeners}) > 1
        assert not [line for line in pair.one.logs if line.get("level") == "error"]


def test_streams_take_no_place_from_requests_and_have_a_bound_of_their_own(base: Settings) -> None:
    """Three streams at an instance with one place for requests: the places are free, and the fourth is refused."""
    few = {"EDGE_CONCURRENCY": "1", "EDGE_QUEUE": "0", "EDGE_STREAMS": "12"}
    with ExitStack() as stack:
        instance = stack.enter_context(Instance(base, words=("-m", "edge_api"), **few))
        listeners = [stack.enter_context(Listener(instance.url)) for _ in range(3)]
        assert streams(instance) == 3
        client = stack.enter_context(instance.client())
        assert client.get("/api/courses").status_code == 200
        answer = client.get("/api/live")
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        listeners[0].close()
        wait_until(lambda: streams(instance) == 2)
        with Listener(instance.url) as late:
            assert late.statuses == [200]


def test_other_sites_hold_no_streams(base: Settings) -> None:
    with Instance(base) as instance, httpx.Client(base_url=instance.url) as client:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            answer = client.get("/api/live", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
        head = client.head("/api/live", headers={"Sec-Fetch-Site": "same-origin", "Cookie": "session=x"})
        assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert head.headers["cache-control"] == "no-store"
        assert client.post("/api/live", headers={"Origin": instance.url}).status_code == 405
        assert streams(instance) == 0


def test_a_listener_who_takes_nothing_holds_nobody_up(base: Settings, redis: Redis) -> None:
    """One stops reading in the middle; the others hear on."""
    with ExitStack() as stack:
        pair = Pair(base, redis, stack)
        stuck = stack.enter_context(httpx.Client(base_url=pair.one.url, timeout=60))
        stack.enter_context(stuck.stream("GET", "/api/live"))
        listener = stack.enter_context(Listener(pair.one.url))
        threads = [threading.Thread(target=pair.learner.learns, args=("biology", pair.one)) for _ in range(3)]
        for thread in threads:
            thread.start()
            thread.join()
        wait_until(lambda: listener.hears("biology"))
