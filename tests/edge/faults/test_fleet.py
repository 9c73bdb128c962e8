"""Three instances behind the nginx that is shipped: restarted, killed, frozen, emptied of their database."""

from __future__ import annotations

import asyncio
import http.client
import json
import signal
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from benchmarks.openloop import Answer, Crowd, Request
from edge.clients import PATIENCE, migrate_now, wait_until
from edge.fleet import PAGE, Fleet, Nginx
from edge.listener import Listener
from edge.pairs import incarnation_of
from edge.places import own_database
from edge_api.settings import Secret, Settings
from servers import Postgres, Redis, free_port

RATE = 60
LEARNERS = 12
LESSONS = 3000


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres) -> Iterator[Settings]:
    """Give settings for a database that the fleets of this file share, and more lessons than the load tells of."""
    items = {f"big/lesson-{n}": "big" for n in range(LESSONS)}
    with own_database(postgres_server, tmp_path_factory.mktemp("course"), items) as made:
        yield made


@pytest.fixture(scope="module")
def fleet(settings: Settings, nginx_binary: Path, redis_server: Redis) -> Iterator[Fleet]:
    """Give a running fleet; whoever stops an instance of it starts it again."""
    assert nginx_binary.exists()
    with Fleet(settings, REDIS_URL=redis_server.url, EDGE_POLL_SECONDS="600") as running:
        # The Redis is the whole run's: it serves us once the service of a file before is forgotten.
        wait_until(lambda: all(instance.source == "redis" for instance in running.instances))
        yield running


class Load:
    """Learners who read and write through nginx at a steady rate, each request sent once."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._host = fleet.url.removeprefix("http://")
        self.cookies = [self._begin() for _ in range(LEARNERS)]
        self.events = [str(uuid.uuid4()) for _ in range(LESSONS)]

    def during(self, happening: threading.Event) -> list[Answer]:
        """Send until what happens has happened; return every answer."""

        async def work() -> list[Answer]:
            crowd = Crowd("127.0.0.1", self._fleet.nginx.port, 16, keep=True)
            await crowd.open()
            # A machine that is too busy for the rate has fewer requests instead of a queue without an end.
            answers = await crowd.send(
                self._request, RATE, lambda n: not happening.is_set() and n < 4 * LESSONS, most=RATE
            )
            crowd.close()
            return answers

        return asyncio.run(work())

    def compare(self, answers: list[Answer]) -> None:
        """Hold what is stored against what was acknowledged."""
        told: dict[int, set[str]] = {learner: set() for learner in range(LEARNERS)}
        for answer in answers:
            if answer.number % 4 == 0:
                (result,) = json.loads(answer.data.partition(b"\r\n\r\n")[2])["results"]
                # An instance that was cut off may have done it already: the second one says so.
                assert (result["status"], result["xp"]) in {("accepted", 10), ("replayed", 10)}
                told[answer.number % LEARNERS].add(result["id"])
        for learner, cookie in enumerate(self.cookies):
            with self._fleet.client(cookies={"session": cookie}) as client:
                history = client.get("/api/progress").json()
            assert {event["id"] for event in history["events"]} == told[learner]
            assert history["xp"] == 10 * len(told[learner])

    def _begin(self) -> str:
        with self._fleet.client() as client:
            assert client.post("/api/session").status_code == 201
            return client.cookies["session"]

    def _request(self, number: int) -> bytes:
        cookie = (f"Cookie: session={self.cookies[number % LEARNERS]}", f"Origin: {self._fleet.url}")
        if number % 4 == 0:
            event = {"id": self.events[number // 4], "type": "lesson.read", "item": f"big/lesson-{number // 4}"}
            body = json.dumps({"events": [{**event, "at": "2026-11-23T10:00:00Z"}]}).encode()
            return Request("POST", "/api/progress", cookie, body).encoded(self._host)
        path = ("/", "/api/leaderboard", "/api/achievements")[number % 3]
        return Request("GET", path, cookie).encoded(self._host)


@contextmanager
def under_load(fleet: Fleet) -> Iterator[None]:
    """Send a load while the block runs; then see that nothing failed and nothing was lost."""
    load, over = Load(fleet), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(load.during, over)
        try:
            yield
        finally:
            over.set()
        answers = done.result(PATIENCE)
    failed = [(each.number, each.status, each.ms, each.data[-300:]) for each in answers if not each.good]
    assert not failed
    load.compare(answers)


def test_all_instances_are_restarted_under_load_and_no_request_fails(fleet: Fleet) -> None:
    """One after the other goes and comes: every request is answered, every session stays, every write is there once."""
    with under_load(fleet):
        fleet.roll()


def test_streams_go_on_through_a_rolling_restart_and_miss_nothing(fleet: Fleet, settings: Settings) -> None:
    """Each comes back by nginx to another instance, with the id that it heard last; no one is told to look again."""
    with fleet.client() as client:
        handle = client.post("/api/session").json()["learner"]["handle"]
        with psycopg.connect(settings.database_url, autocommit=True) as connection:
            connection.execute("UPDATE learner SET anonymous = false WHERE handle = %s", [handle])
        with ExitStack() as stack:
            listeners = [stack.enter_context(Listener(fleet.url, returns=True)) for _ in range(6)]
            over, told = threading.Event(), list(range(LESSONS - 1, LESSONS - 500, -1))

            def learn() -> None:
                while not over.wait(0.05):
                    event = {"id": str(uuid.uuid4()), "type": "lesson.read", "item": f"big/lesson-{told.pop()}"}
                    body = {"events": [{**event, "at": "2026-11-23T10:00:00Z"}]}
                    assert client.post("/api/progress", json=body).status_code == 200

            with ThreadPoolExecutor(1) as pool:
                learning = pool.submit(learn)
                fleet.roll()
                over.set()
                learning.result(PATIENCE)
            for listener in listeners:
                wait_until(lambda listener=listener: listener.last == newest(fleet))  # type: ignore[misc]  # bound at once
                assert listener.ended >= 1
                assert not listener.refusals, (fleet.nginx.folder / "log").read_text()
                said = [
                    entry for instance in fleet.instances for entry in instance.logs if "redis" in str(entry).lower()
                ]
                assert set(listener.names()) == {"leaderboard"}, (listener.events, said)


def newest(fleet: Fleet) -> str:
    """Return the id of the newest update."""
    url = fleet.instances[0].environ["REDIS_URL"]
    with redis.Redis.from_url(url) as connection:
        ((place, _),) = connection.xrevrange("edge:updates", count=1)
        return f"{incarnation_of(url)}.{place.decode()}"


def test_an_instance_is_killed_under_load_and_no_request_fails(fleet: Fleet) -> None:
    """Without a word: what it had in hand is asked of another one, and what was written twice counts once."""
    with under_load(fleet):
        for instance in fleet.instances[:2]:
            instance.kill()
            instance.start()


class Mistaken(Nginx):
    """An nginx that takes all instances for lost, though they are back."""

    def _settle(self) -> None:
        super()._settle()
        lost = self.folder / "coursewright" / "here" / "instances.conf"
        lost.write_text("".join(f"server 127.0.0.1:{free_port()} max_fails=1 fail_timeout=1s;" for _ in range(3)))


def test_what_the_last_try_says_is_the_answer_with_its_status(fleet: Fleet) -> None:
    """Whoever is asked when all are taken for lost answers as ever, and refuses as ever."""
    with (
        Mistaken([instance.port for instance in fleet.instances]) as nginx,
        httpx.Client(base_url=f"http://localhost:{nginx.port}", timeout=PATIENCE) as client,
    ):
        found = client.get("/api/courses")
        assert (found.status_code, found.headers["content-type"]) == (200, "application/json; charset=utf-8")
        missing = client.get("/api/nothing")
        assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


def test_the_whole_front_is_one_configuration(fleet: Fleet) -> None:
    """Pages come from the release, /api/ from the edge, and each has its own words for what is not there."""
    with fleet.client() as client:
        assert client.get("/").text == PAGE
        missing = client.get("/nothing/")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
        missing = client.get("/api/nothing")
        assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
        assert client.get("/api/courses").json()["courses"]


def test_answers_for_everybody_are_compressed_on_the_way_and_personal_ones_are_not(fleet: Fleet) -> None:
    """A compressed answer says the same, under the same weak ETag, and names once what it varies by."""
    with fleet.client() as client:
        plain = client.get("/api/courses", headers={"Accept-Encoding": "identity"})
        small = client.get("/api/courses", headers={"Accept-Encoding": "gzip"})
        assert (plain.headers.get("content-encoding"), small.headers["content-encoding"]) == (None, "gzip")
        assert small.json() == plain.json()
        for header in ("etag", "vary"):
            assert small.headers.get_list(header) == plain.headers.get_list(header)
        assert small.headers.get_list("vary") == ["Accept-Encoding"]
        unchanged = {"Accept-Encoding": "gzip", "If-None-Match": small.headers["etag"]}
        assert client.get("/api/courses", headers=unchanged).status_code == 304
        origin = {"Origin": fleet.url}
        client.post("/api/session", headers=origin).raise_for_status()
        events = [
            {"id": str(uuid.uuid4()), "type": "lesson.read", "item": f"big/lesson-{n}", "at": "2026-11-23T10:00:00Z"}
            for n in range(40)
        ]
        client.post("/api/progress", headers=origin, json={"events": events}).raise_for_status()
        mine = client.get("/api/progress", headers={"Accept-Encoding": "gzip"})
        assert len(mine.content) > 1000
        assert (mine.status_code, mine.headers.get("content-encoding")) == (200, None)


def raw(fleet: Fleet, path: str) -> tuple[int, bytes]:
    """Ask for a path exactly as it is written here."""
    connection = http.client.HTTPConnection("localhost", fleet.nginx.port, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics", "/api/../metrics", "/%6Detrics"])
def test_probes_and_numbers_are_not_reached_from_outside(fleet: Fleet, path: str) -> None:
    status, body = raw(fleet, path)
    assert status == 404
    assert b"edge_draining" not in body


@pytest.mark.parametrize("path", ["/api//courses", "/x/../api/courses", "/api/%63ourses", "/api/./courses"])
def test_the_edge_sees_paths_as_they_came(fleet: Fleet, path: str) -> None:
    """To find its location nginx mends a crooked path, but passes on what was sent, and the edge refuses that."""
    status, body = raw(fleet, path)
    assert (status, json.loads(body)["code"]) == (400, "bad-path")


def test_what_clients_say_in_a_proxys_name_is_not_believed(settings: Settings, nginx_binary: Path) -> None:
    """However many addresses a client claims to have, its own is the one that is counted."""
    assert nginx_binary.exists()
    with Fleet(settings, RATE_LIMITS="on") as strict, strict.client() as client:
        statuses = set()
        for number in range(3 * 140):
            forged = {"X-Forwarded-For": f"203.0.113.{number % 250}", "X-Real-IP": "203.0.113.9", "X-Drain": "1"}
            client.cookies.clear()
            answer = client.post("/api/session", headers=forged)
            statuses.add(answer.status_code)
            assert "x-drain" not in answer.headers
        assert statuses == {201, 429}


def test_a_body_that_is_too_large_is_refused_in_the_edges_form(fleet: Fleet) -> None:
    with fleet.client() as client:
        for size in (600 << 10, 2 << 20):
            answer = client.post("/api/progress", content=b" " * size, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["code"]) in {(413, "too-large"), (401, "no-session")}
            assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "too-large"


def test_nobody_there_is_a_problem_with_a_time_to_come_back(settings: Settings, nginx_binary: Path) -> None:
    """All instances are gone: pages go on, the API says 503 in its own form, and when they are back all is well."""
    assert nginx_binary.exists()
    with Fleet(settings) as lonely, lonely.client() as client:
        for instance in lonely.instances:
            instance.kill()
        answer = client.get("/api/courses")
        assert (answer.status_code, answer.json()["code"]) == (503, "away")
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("2", "no-store")
        assert client.get("/").status_code == 200
        for instance in lonely.instances:
            instance.start()
        wait_until(lambda: client.get("/api/courses").status_code == 200)


def test_a_lost_database_takes_no_instance_out(settings: Settings, postgres_server: Postgres) -> None:
    """503 for want of a database is an answer like others: what needs none goes on, through the same nginx."""
    assert postgres_server
    with Postgres() as server:
        lost = Settings(
            awards=settings.awards,
            catalog=settings.catalog,
            database_url=Secret(server.create("lost")),
            secret_key=Secret("x" * 32),
        )
        migrate_now(lost)
        with Fleet(lost) as fleet, fleet.client() as client:
            assert client.get("/api/leaderboard").status_code == 200
            server.stop()
            for limit in range(1, 11):
                # Pages that nobody has asked for: one that was may be remembered for a second.
                answer = client.get(f"/api/leaderboard?limit={limit}")
                assert (answer.status_code, answer.json()["code"]) == (503, "database")
                assert client.get("/api/courses").status_code == 200


class Hasty(Nginx):
    """An nginx that waits for an answer a second instead of fifteen."""

    def _settle(self) -> None:
        super()._settle()
        found = self.folder / "coursewright" / "edge.conf"
        text = found.read_text().replace("proxy_read_timeout 15s", "proxy_read_timeout 1s")
        found.write_text(text.replace("proxy_next_upstream_timeout 16s", "proxy_next_upstream_timeout 2s"))


def test_what_a_frozen_instance_keeps_is_answered_by_another(fleet: Fleet) -> None:
    """Nobody who was sent there is told that there is no instance: two are left."""
    frozen = fleet.instances[0].process
    with Hasty([instance.port for instance in fleet.instances]) as nginx, ThreadPoolExecutor(3) as pool:
        frozen.send_signal(signal.SIGSTOP)
        try:
            address = f"http://localhost:{nginx.port}/api/courses"
            asked = [pool.submit(httpx.get, address, timeout=PATIENCE) for _ in range(6)]
            assert [each.result(PATIENCE).status_code for each in asked] == [200] * 6
        finally:
            frozen.send_signal(signal.SIGCONT)


def test_a_frozen_instance_collects_few_requests(fleet: Fleet) -> None:
    """It keeps what it has and gets no more: the others answer everybody else."""
    frozen = fleet.instances[2].process
    frozen.send_signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(3) as pool, fleet.client() as client:
            stuck = [pool.submit(client.get, "/api/courses") for _ in range(3)]
            wait_until(lambda: sum(each.done() for each in stuck) >= 2)
            with fleet.client() as other:
                answers = [other.get("/api/courses").status_code for _ in range(30)]
            assert answers == [200] * 30
            frozen.send_signal(signal.SIGCONT)
            assert {each.result(PATIENCE).status_code for each in stuck} == {200}
    finally:
        frozen.send_signal(signal.SIGCONT)
