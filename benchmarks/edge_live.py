"""Streams of live updates: ``build.py bench edge_live``.

So many streams listen to one instance and hear nothing: what that costs in memory. Then somebody learns something,
again and again, and a latency is the time from the answer to whoever wrote until a listener has heard.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import edge_crowd, edge_load
from benchmarks.machine import facts, table

if TYPE_CHECKING:
    from benchmarks.edge_load import Service

_CHANGES = 10


def main(arguments: list[str]) -> int:
    """Measure idle streams and fan-out on one instance, on SQLite."""
    parser = argparse.ArgumentParser(prog="build.py bench edge_live", description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    words = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        awards = Path(folder, "awards.json")
        items = {f"c/{number}": {"kind": "lesson", "course": "c", "xp": 10} for number in range(_CHANGES)}
        awards.write_text(json.dumps({"version": 1, "items": items, "achievements": [], "levels": {"step": 100}}))
        with edge_load.database("sqlite") as (environ, _):
            edge_crowd.gather(environ, 1000, 10)
            # One address may hold a quarter of all streams.
            more = {"EDGE_AWARDS": str(awards), "EDGE_STREAMS": str(4 * words.streams)}
            with edge_load.edge({**environ, **more}) as service:
                asyncio.run(_measure(service, words.streams))
    return 0


async def _measure(service: Service, count: int) -> None:
    _tell(service, 0)
    before = _memory(service)
    heard = _Heard(count)
    readers = [await _open(service, heard) for _ in range(count)]
    await asyncio.sleep(16)
    idle = _memory(service)
    cpu = service.cpu_seconds
    latencies: list[float] = []
    for number in range(1, _CHANGES):
        heard.begin()
        await asyncio.to_thread(_tell, service, number)
        told = time.perf_counter()
        await heard.by_all.wait()
        latencies += [(at - told) * 1000 for at in heard.times]
        await asyncio.sleep(0.5)
    spent = (service.cpu_seconds - cpu) * 1000 / (_CHANGES - 1)
    full = _memory(service)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    latencies.sort()
    rows = [
        ("instance before, MB", f"{before:.0f}"),
        (f"with {count} idle streams, MB", f"{idle:.0f}"),
        ("after the changes, MB", f"{full:.0f}"),
        ("a change heard by half, ms", f"{latencies[len(latencies) // 2]:.1f}"),
        ("a change heard by 99 %, ms", f"{latencies[int(len(latencies) * 0.99)]:.1f}"),
        ("CPU per change, ms", f"{spent:.1f}"),
    ]
    print(f"Live updates, {count} streams on one instance; {json.dumps(facts(None))}")
    print(f"\n{table(('what', 'measured'), rows)}")


class _Heard:
    """When listeners heard of the change at hand."""

    def __init__(self, listeners: int) -> None:
        self._listeners = listeners
        self.by_all = asyncio.Event()
        self.times: list[float] = []

    def begin(self) -> None:
        """Wait for the next change."""
        self.by_all.clear()
        self.times = []

    def enter(self) -> None:
        """Enter a listener."""
        self.times.append(time.perf_counter())
        if len(self.times) == self._listeners:
            self.by_all.set()


async def _open(service: Service, heard: _Heard) -> asyncio.Task[None]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(f"GET /api/live HTTP/1.1\r\nHost: {service.host}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())

    async def listen() -> None:
        try:
            while line := await reader.readline():
                if line.startswith(b"event: leaderboard"):
                    heard.enter()
        finally:
            writer.close()

    return asyncio.create_task(listen())


def _tell(service: Service, number: int) -> None:
    event = {"id": str(uuid.uuid4()), "type": "lesson.read", "item": f"c/{number}", "at": "2026-11-23T10:00:00Z"}
    request = urllib.request.Request(
        f"http://{service.host}/api/progress",
        json.dumps({"events": [event]}).encode(),
        {
            "Content-Type": "application/json",
            "Cookie": f"session={edge_crowd.token(1)}",
            "Origin": f"http://{service.host}",
        },
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        answer.read()


def _memory(service: Service) -> float:
    pages = int(Path(f"/proc/{service.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
