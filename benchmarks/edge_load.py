"""One service under an open-loop client.

CPU is the server process's own, per request; beside every route stands a bare Starlette route that answers constant
JSON under the same server and load, as the ceiling.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.machine import facts, table
from benchmarks.openloop import Answer, Crowd, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers import Postgres

ROOT = Path(__file__).resolve().parent.parent
_CONNECTIONS = 64
_PATIENCE = 60
_TICKS = os.sysconf("SC_CLK_TCK")


class Measured(msgspec.Struct, frozen=True):
    """What a load gave: latencies in milliseconds, sorted; answers that were not 2xx; CPU milliseconds per request."""

    latencies: list[float]
    failed: int
    cpu: float

    def at(self, share: float) -> float:
        """Return the latency that this share of requests did not exceed."""
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


class Service:
    """A server process on a port of its own."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        with socket.socket() as line:
            line.bind(("127.0.0.1", 0))
            self.port = int(line.getsockname()[1])
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("EDGE_")}
        self._process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", *command, "--port", str(self.port)], cwd=ROOT, env={**inherited, **environ}
        )
        self.host = f"localhost:{self.port}"
        deadline = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = f"{command[0]} did not start"
                raise RuntimeError(message)
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._process.pid

    @property
    def cpu_seconds(self) -> float:
        """Return the processor time that the process has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(_PATIENCE)


@contextlib.contextmanager
def edge(environ: dict[str, str]) -> Iterator[Service]:
    """Run the edge for a while."""
    quiet = {"RATE_LIMITS": "off", "EDGE_LOG": "warning", "EDGE_DRAIN_SECONDS": "0", "SECRET_KEY": "b" * 32}
    service = Service(["edge_api"], {**quiet, **environ})
    try:
        yield service
    finally:
        service.stop()


def options(description: str | None, *, learners: int, rate: float) -> argparse.ArgumentParser:
    """Return what every benchmark of this kind can be told, with its own defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--learners", type=int, default=learners)
    parser.add_argument("--rate", type=float, default=rate, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10)
    return parser


@contextlib.contextmanager
def bare() -> Iterator[Service]:
    """Run one Starlette route under the same server for a while."""
    service = Service(["benchmarks.edge_bare"], {})
    try:
        yield service
    finally:
        service.stop()


def ceiling(rate: float, seconds: float) -> tuple[str, Measured]:
    """Return the report's first row: the bare route under the same load."""
    with bare() as service:
        return "bare Starlette route", load(service, lambda _: Request("GET", "/"), rate, seconds)


def load(service: Service, make: Callable[[int], Request], rate: float, seconds: float) -> Measured:
    """Send ``rate`` requests a second for so long; the first tenth warms up and is not counted."""
    requests = [make(number).encoded(service.host) for number in range(int(rate * seconds))]
    warm = len(requests) // 10
    asyncio.run(_send(service, requests[:warm], rate))
    before = service.cpu_seconds
    answers = asyncio.run(_send(service, requests[warm:], rate))
    cpu = (service.cpu_seconds - before) * 1000 / len(answers)
    return Measured(sorted(each.ms for each in answers), sum(not each.good for each in answers), cpu)


async def _send(service: Service, requests: list[bytes], rate: float) -> list[Answer]:
    crowd = Crowd("127.0.0.1", service.port, _CONNECTIONS)
    await crowd.open()
    answers = await crowd.send(requests.__getitem__, rate, lambda number: number < len(requests))
    crowd.close()
    return answers


def report(title: str, rate: float, rows: list[tuple[str, Measured]]) -> None:
    """Print what was measured, and on what."""
    print(f"\n{title}; open loop, {rate:g} requests/s over {_CONNECTIONS} connections; {json.dumps(facts(None))}\n")
    head = ("route", "p50 ms", "p95 ms", "p99 ms", "CPU ms/request", "failed")
    print(
        table(
            head,
            [
                (name, f"{m.at(0.5):.1f}", f"{m.at(0.95):.1f}", f"{m.at(0.99):.1f}", f"{m.cpu:.2f}", str(m.failed))
                for name, m in rows
            ],
        )
    )


@contextlib.contextmanager
def redis() -> Iterator[dict[str, str]]:
    """Give a Redis of one's own: the edge's environment for it."""
    sys.path.insert(0, str(ROOT / "tests"))
    import prerequisites
    from servers import Redis

    need = next(each for each in prerequisites.NEEDS if each.variable == "COURSEWRIGHT_REDIS")
    os.environ[need.variable] = str(prerequisites.provide(need))
    with Redis() as server:
        yield {"REDIS_URL": server.url}


@contextlib.contextmanager
def database(kind: str) -> Iterator[tuple[dict[str, str], str]]:
    """Give an empty database of a kind: the edge's environment for it, and its place."""
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
        if kind == "sqlite":
            yield {"EDGE_DATA": folder}, f"{folder}/edge.sqlite3"
            return
        with durable() as server:
            url = server.create("bench")
            yield {"DATABASE_URL": url, "EDGE_DATA": folder}, url


def durable() -> Postgres:
    """Return a PostgreSQL as it runs in earnest: every commit is on disk before it is answered."""
    sys.path.insert(0, str(ROOT / "tests"))
    import prerequisites
    from servers import Postgres

    class Durable(Postgres):
        def command(self) -> list[str]:
            kept = {"fsync=off": "fsync=on", "synchronous_commit=off": "synchronous_commit=on"}
            words = [kept.get(word, word) for word in super().command()]
            return [*words, "-c", "full_page_writes=on", "-c", "shared_buffers=512MB"]

    need = next(each for each in prerequisites.NEEDS if each.variable == "COURSEWRIGHT_POSTGRES")
    os.environ[need.variable] = str(prerequisites.provide(need))
    return Durable()
