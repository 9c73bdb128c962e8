"""The edge as it really runs: killed under writes, its database stopped, asked to go, asked too much."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from edge.clients import PATIENCE, migrate_now, wait_until
from edge.instances import Instance
from edge.places import EXAMPLES
from edge_api.settings import Secret, Settings
from servers import Postgres

LESSONS = 40


def until(line: socket.socket, mark: bytes) -> str:
    """Read until a mark has come."""
    data = b""
    while mark not in data:
        more = line.recv(65536)
        assert more, data
        data += more
    return data.decode()


def lesson(number: int) -> dict[str, str]:
    """Return an event that tells of a lesson."""
    at = "2026-11-23T10:00:00Z"
    return {"id": str(uuid.uuid4()), "type": "lesson.read", "item": f"big/lesson-{number}", "at": at}


def course(folder: Path) -> Path:
    """Write awards with many lessons of ten points each."""
    items = {f"big/lesson-{n}": {"kind": "lesson", "course": "big", "xp": 10} for n in range(LESSONS)}
    path = folder / "awards.json"
    path.write_text(json.dumps({"version": 1, "items": items, "achievements": [], "levels": {"step": 100}}))
    return path


@pytest.fixture
def many(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings with a course of many lessons."""
    folder = tmp_path / "course"
    folder.mkdir()
    return msgspec.structs.replace(settings, awards=course(folder))


class Writer:
    """A client that tells of lessons one by one, logs what was acknowledged, and sends again what was not."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.client = instance.client()
        assert self.client.post("/api/session").status_code == 201
        self.acknowledged: dict[str, int] = {}
        self.total = 0

    def tell(self, number: int) -> None:
        """Tell of a lesson until an answer comes; whatever became of earlier tries, the id is the same."""
        event = lesson(number)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self.client.post("/api/progress", json={"events": [event]})
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code == 503:
                time.sleep(0.02)
                continue
            assert answer.status_code == 200, answer.text
            (result,) = answer.json()["results"]
            assert result["status"] in {"accepted", "replayed"}
            self.acknowledged[event["id"]] = result["xp"]
            self.total = answer.json()["xp"]
            return
        raise AssertionError(self._instance.logs[-5:])

    def tell_all(self) -> None:
        """Tell of every lesson."""
        for number in range(LESSONS):
            self.tell(number)


def acknowledged(writers: list[Writer]) -> int:
    """Return how many events were acknowledged so far."""
    return sum(len(writer.acknowledged) for writer in writers)


def more_than(writers: list[Writer], least: int) -> None:
    """Wait until so many events are acknowledged."""
    wait_until(lambda: acknowledged(writers) >= least)


def write_through(writers: list[Writer], disturb: Callable[[], None]) -> None:
    """Let all writers tell their lessons while something happens to the edge; then compare with their own logs."""
    with ThreadPoolExecutor(len(writers)) as pool:
        done = [pool.submit(writer.tell_all) for writer in writers]
        disturb()
        for each in done:
            each.result(PATIENCE * 3)
    for writer in writers:
        history = writer.client.get("/api/progress").json()
        assert {event["id"]: event["xp"] for event in history["events"]} == writer.acknowledged
        assert history["xp"] == sum(writer.acknowledged.values()) == 10 * LESSONS
        writer.client.close()


def test_killed_under_writes_nothing_is_lost_or_doubled(many: Settings) -> None:
    """Kill -9 three times while clients write: what was acknowledged is there, once, after each start."""
    with Instance(many) as instance:
        writers = [Writer(instance) for _ in range(4)]

        def disturb() -> None:
            for _ in range(2):
                more_than(writers, acknowledged(writers) + 15)
                instance.kill()
                instance.start()

        write_through(writers, disturb)


@pytest.fixture
def own_postgres(tmp_path: Path, postgres_server: Postgres) -> Iterator[tuple[Postgres, Settings]]:
    """Give a PostgreSQL of one's own and settings for it."""
    assert postgres_server
    with Postgres() as server:
        made = Settings(
            awards=course(tmp_path),
            catalog=EXAMPLES / "catalog.json",
            database_url=Secret(server.create("own")),
            secret_key=Secret("x" * 32),
        )
        migrate_now(made)
        yield server, made


def test_postgresql_stops_and_returns_and_nobody_restarts_the_edge(own_postgres: tuple[Postgres, Settings]) -> None:
    """While it is away writes get 503 and a time to return; afterwards everything goes on, and the logs agree."""
    server, settings = own_postgres
    with Instance(settings) as instance:
        writers = [Writer(instance) for _ in range(4)]

        def disturb() -> None:
            more_than(writers, 20)
            server.stop()
            with instance.client() as client:
                answer = client.post("/api/session")
                assert (answer.status_code, answer.json()["code"]) == (503, "database")
                assert int(answer.headers["retry-after"]) >= 1
                assert client.get("/api/leaderboard").status_code == 503
                assert client.get("/api/courses").status_code == 200
                assert client.get("/livez").status_code == 200
                wait_until(lambda: client.get("/readyz").status_code == 503)
            server.start()
            with instance.client() as client:
                wait_until(lambda: client.get("/readyz").status_code == 200)

        write_through(writers, disturb)


def send_to_all(server: Postgres, word: signal.Signals) -> None:
    """Send a signal to PostgreSQL's first process and to all that it started."""
    assert server.process is not None
    first = server.process.pid
    children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split()
    for pid in (first, *map(int, children)):
        os.kill(pid, word)


def test_a_frozen_postgresql_holds_nobody_for_long(own_postgres: tuple[Postgres, Settings]) -> None:
    """It stops in its tracks: all who wait get 503, public documents go on, and it is used again when it moves."""
    server, settings = own_postgres
    with Instance(settings, EDGE_STATEMENT_MS="500") as instance, instance.client() as client:
        # Half a second may be too short for a busy machine; the first answer shows that all is well.
        wait_until(lambda: client.post("/api/session").status_code == 201)
        send_to_all(server, signal.SIGSTOP)
        try:
            # More than there are connections: some wait for an answer, some for a connection, some to write.
            with ThreadPoolExecutor(9) as pool:
                stuck = [pool.submit(client.get, "/api/leaderboard") for _ in range(6)]
                stuck += [pool.submit(client.post, "/api/session", headers={"Cookie": ""}) for _ in range(3)]
                assert client.get("/livez").status_code == 200
                assert client.get("/api/courses").status_code == 200
                wait_until(lambda: client.get("/readyz").status_code == 503)
                assert {each.result(PATIENCE).status_code for each in stuck} == {503}
            assert client.get("/api/leaderboard").json()["code"] == "database"
        finally:
            send_to_all(server, signal.SIGCONT)
        wait_until(lambda: client.get("/readyz").status_code == 200)
        wait_until(lambda: client.get("/api/leaderboard").status_code == 200)


def test_asked_to_go_it_finishes_what_it_has(many: Settings) -> None:
    """SIGTERM in the middle of a request: it is answered, the next one is sent elsewhere, the exit is clean."""
    # The test says when the drain ends, by a second signal; until then it may look around at leisure.
    with Instance(many, EDGE_DRAIN_SECONDS="600", EDGE_BODY_SECONDS="600") as instance:
        with instance.client() as client:
            assert client.post("/api/session").status_code == 201
            cookie = client.cookies["session"]
            body = json.dumps(
                {
                    "events": [
                        {
                            "id": str(uuid.uuid4()),
                            "type": "lesson.read",
                            "item": "big/lesson-1",
                            "at": "2026-11-23T10:00:00Z",
                        }
                    ]
                }
            )
            host, port = instance.url.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port))) as line:
                head = (
                    f"POST /api/progress HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {instance.url}\r\n"
                    f"Cookie: session={cookie}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                line.sendall(head.encode() + body[:20].encode())
                wait_until(lambda: "http_server_active_requests 1" in client.get("/metrics").text)
                instance.terminate()
                wait_until(lambda: client.get("/readyz").status_code == 503)
                turned = client.get("/api/session")
                assert (turned.status_code, turned.headers["x-drain"]) == (503, "1")
                instance.terminate()
                line.sendall(body[20:].encode())
                answer = until(line, b'"level"')
        assert answer.startswith("HTTP/1.1 200 OK")
        assert '"accepted"' in answer
        assert instance.wait() in {0, -15}
        assert any("shutdown complete" in line["message"] for line in instance.logs)


def test_too_much_at_once_is_sent_away_and_the_rest_served(many: Settings) -> None:
    """With one place and no queue a slow request fills it: others get 503 at once, probes answer, then all is well."""
    with Instance(many, EDGE_CONCURRENCY="1", EDGE_QUEUE="0") as instance, instance.client() as client:
        host, port = instance.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            line.sendall(
                f"POST /api/recovery HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {instance.url}\r\n"
                f"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n".encode()
            )
            wait_until(lambda: "http_server_active_requests 1" in client.get("/metrics").text)
            answer = client.get("/api/courses")
            assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
            assert int(answer.headers["retry-after"]) >= 1
            assert client.get("/livez").status_code == 200
            wait_until(lambda: client.get("/readyz").status_code == 200)
        wait_until(lambda: client.get("/api/courses").status_code == 200)


def test_two_instances_are_one_service(many: Settings, request: pytest.FixtureRequest) -> None:
    """On PostgreSQL a learner may be served by either, in turn, and both add to one ledger."""
    if not many.database_url:
        many = msgspec.structs.replace(many, database_url=Secret(request.getfixturevalue("shared_database")))
    with Instance(many) as one, Instance(many) as two, one.client() as first, two.client() as second:
        assert first.post("/api/session").status_code == 201
        second.cookies.set("session", first.cookies["session"])
        threads = []
        for number in range(20):
            client = (first, second)[number % 2]
            event = lesson(number // 2)
            threads.append(
                threading.Thread(target=client.post, args=("/api/progress",), kwargs={"json": {"events": [event]}})
            )
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        for client in (first, second):
            assert client.get("/api/progress").json()["xp"] == 100
        assert second.delete("/api/session").status_code == 204
        assert first.get("/api/progress").status_code == 401
        # Whoever is asked to go and has nothing in hand goes by itself when its time to drain is over.
        one.terminate()
        assert one.wait() in {0, -15}


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_several_workers_share_a_port_and_replace_each_other(many: Settings) -> None:
    """One that is killed is replaced, others serve meanwhile, and all of them go when they are asked."""
    with Instance(many, words=("-m", "edge_api", "--workers", "2")) as group:
        wait_until(lambda: sum("Application startup complete" in line["message"] for line in group.logs) == 2)
        with group.client() as client:
            assert client.post("/api/session").status_code == 201

            def workers() -> set[int]:
                # Of each thread: whichever started a worker is its parent here.
                tasks = Path(f"/proc/{group.process.pid}/task").glob("*/children")
                children = [each for path in tasks for each in path.read_text(encoding="ascii").split()]
                return {int(each) for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()}

            wait_until(lambda: len(workers()) == 2)
            one, two = workers()
            os.kill(one, signal.SIGKILL)
            wait_until(lambda: len(workers() - {one, two}) == 1)
        with group.client(cookies={"session": client.cookies["session"]}) as again:
            assert again.get("/api/progress").status_code == 200
        last = workers()
        group.terminate()
        assert group.wait() == 0
        assert not [each for each in last if Path(f"/proc/{each}").exists()]


def test_a_fleet_without_a_shared_secret_does_not_start() -> None:
    """Wrong settings end the command with a sentence and exit 2, all of them at once."""
    environ: dict[str, Any] = {
        **os.environ,
        "DATABASE_URL": "postgresql://x@localhost/x",
        "EDGE_POOOL": "3",
        "RATE_LIMITS": "maybe",
    }
    environ.pop("SECRET_KEY", None)
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-m", "edge_api"],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert "SECRET_KEY is missing" in done.stderr
    assert "EDGE_POOOL is no setting. Did you mean EDGE_POOL?" in done.stderr
    assert "RATE_LIMITS is 'maybe'" in done.stderr
    assert "Traceback" not in done.stderr
