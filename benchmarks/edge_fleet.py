"""The fleet under load: ``build.py bench edge_fleet``.

A thousand connections stay open through nginx to three instances on PostgreSQL and Redis, and requests leave by the
clock. The mix is that of an evening: 45 % first pages of boards, 20 % lists of courses, 25 % who am I, 5 % one's own
part of a board, 5 % batches with one new event. Beside it stands a bare Starlette route in three processes behind the
same nginx. ``--redis stop`` or ``freeze`` takes Redis away half-way; ``--ramp`` looks for the rate that is too much.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import uuid
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import edge_crowd, edge_load, fleet
from benchmarks.machine import facts, table
from benchmarks.openloop import Crowd, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.openloop import Answer

_TICKS = os.sysconf("SC_CLK_TCK")
_LESSONS = 2000
_PARTS = {"board": 9, "courses": 4, "who am I": 5, "around me": 1, "progress": 1}
# Spread, so that no two of the rare ones follow each other: 7 and 20 have no common divisor.
_MIX = tuple(kind for kind, parts in _PARTS.items() for _ in range(parts))
_STEP = 7
_RAMP = (500, 750, 1000, 1250, 1500, 2000, 2500, 3000)
_LIMIT_MS = 100.0


def main(arguments: list[str]) -> int:
    """Measure the fleet and, unless told otherwise, the bare route."""
    parser = argparse.ArgumentParser(prog="build.py bench edge_fleet", description=__doc__)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--learners", type=int, default=20_000)
    parser.add_argument("--redis", choices=("stay", "stop", "freeze", "none"), default="stay")
    parser.add_argument("--ramp", action="store_true", help="go up until p95 is over 100 ms or something fails")
    parser.add_argument("--no-bare", action="store_true")
    words = parser.parse_args(arguments)
    print(f"{words.connections} connections, open loop, {_LIMIT_MS:g} ms is the bar for p95; {json.dumps(facts(None))}")
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
        awards = _course(Path(folder))
        with fleet.running(words.learners, with_redis=words.redis != "none", EDGE_AWARDS=str(awards)) as running:
            port = running.fleet.nginx.port
            make = _Evening(running.fleet.url).request
            processes = {
                "instances": [each.process.pid for each in running.fleet.instances],
                "nginx": [running.fleet.nginx.process.pid] if running.fleet.nginx.process else [],
                "postgres": [running.postgres],
                "redis": [running.redis.process.pid] if running.redis and running.redis.process else [],
            }
            if words.ramp:
                _climb(port, make, words.connections, words.seconds)
                return 0
            half = {"stop": "stop", "freeze": "freeze"}.get(words.redis)
            happening = getattr(running.redis, half) if half else None
            answers, cpu = _measure(port, make, words, processes, happening)
        if half:
            middle = len(answers) // 2
            _report(f"fleet, until Redis is lost ({words.redis})", answers[:middle], {})
            _report("fleet, from then on", answers[middle:], cpu)
        else:
            _report("fleet", answers, cpu)
    if not words.no_bare:
        with _bare() as (port, pids):
            answers, cpu = _measure(port, lambda _: b"GET /api/bare HTTP/1.1\r\nHost: x\r\n\r\n", words, pids, None)
            _report("bare Starlette route", answers, cpu)
    return 0


class _Evening:
    """Makes the requests of the mix; each write tells of something new."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._host = url.removeprefix("http://")

    def request(self, number: int) -> bytes:
        """Return a request."""
        kind = _kind(number)
        cookie = f"Cookie: session={edge_crowd.token(number * 7 % fleet.SESSIONS)}"
        if kind == "progress":
            # A session's number goes by the request's place in a thousand, its lesson by the thousand: never twice.
            event = {"id": str(uuid.uuid4()), "type": "lesson.read", "item": f"c/{number // fleet.SESSIONS % _LESSONS}"}
            body = json.dumps({"events": [{**event, "at": "2026-11-23T10:00:00Z"}]}).encode()
            return Request("POST", "/api/progress", (cookie, f"Origin: {self._url}"), body).encoded(self._host)
        path = {
            "board": "/api/leaderboard?limit=25",
            "courses": "/api/courses",
            "who am I": "/api/session",
            "around me": "/api/leaderboard/around-me?limit=10",
        }[kind]
        return Request("GET", path, (cookie,) if kind in {"who am I", "around me"} else ()).encoded(self._host)


def _measure(
    port: int,
    make: Callable[[int], bytes],
    words: argparse.Namespace,
    processes: dict[str, list[int]],
    happening: Callable[[], None] | None,
) -> tuple[list[Answer], dict[str, float]]:
    async def work() -> tuple[list[Answer], dict[str, float]]:
        crowd = Crowd("127.0.0.1", port, words.connections)
        await crowd.open()
        # The warm-up is a whole number of rounds of the mix, so that a request's number tells its kind.
        warm, count = int(words.rate * 3) // len(_MIX) * len(_MIX), int(words.rate * words.seconds)
        await crowd.send(make, words.rate, lambda number: number < warm)
        before = {name: _cpu(pids) for name, pids in processes.items()}
        own = sum(os.times()[:2])

        def go_on(number: int) -> bool:
            if happening is not None and number == count // 2:
                happening()
            return number < count

        answers = await crowd.send(lambda number: make(warm + number), words.rate, go_on)
        spent = {name: (_cpu(pids) - before[name]) * 1000 / count for name, pids in processes.items()}
        spent["client"] = (sum(os.times()[:2]) - own) * 1000 / count
        crowd.close()
        return answers, spent

    return asyncio.run(work())


def _climb(port: int, make: Callable[[int], bytes], connections: int, seconds: float) -> None:
    rows = []
    for step, rate in enumerate(_RAMP):
        words = argparse.Namespace(connections=connections, rate=rate, seconds=seconds / 2)
        answers, _ = _measure(port, lambda n, step=step: make(step * 5 * len(_MIX) * 1000 + n), words, {}, None)  # type: ignore[misc]  # bound at once
        p95, failed = _at(answers, 0.95), sum(not each.good for each in answers)
        rows.append((f"{rate}/s", f"{p95:.1f}", str(failed)))
        if p95 > _LIMIT_MS or failed:
            break
    print(f"\nsaturation: the last line is too much\n{table(('rate', 'p95 ms', 'failed'), rows)}")


def _report(title: str, answers: list[Answer], cpu: dict[str, float]) -> None:
    fleet_mix = "bare" not in title
    kinds = _PARTS if fleet_mix else ()
    rows = [(kind, [each for each in answers if _kind(each.number) == kind]) for kind in kinds]
    lines = [
        (name, str(len(each)), *(f"{_at(each, share):.1f}" for share in (0.5, 0.95, 0.99)), str(_failed(each)))
        for name, each in [*rows, ("all", answers)]
    ]
    print(f"\n{title}\n{table(('request', 'sent', 'p50 ms', 'p95 ms', 'p99 ms', 'failed'), lines)}")
    statuses = Counter(each.status for each in answers if not each.good)
    if statuses:
        print("failed: " + ", ".join(f"{times} with {status or 'no answer'}" for status, times in statuses.items()))
    if cpu:
        print("CPU ms/request: " + ", ".join(f"{name} {spent:.2f}" for name, spent in cpu.items() if spent > 0))


def _kind(number: int) -> str:
    return _MIX[number * _STEP % len(_MIX)]


def _at(answers: list[Answer], share: float) -> float:
    ordered = sorted(each.ms for each in answers)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _failed(answers: list[Answer]) -> int:
    return sum(not each.good for each in answers)


def _cpu(pids: list[int]) -> float:
    """Return the processor time of processes and all that they started."""
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15])) / _TICKS + _cpu(list(map(int, children)))
    return total


def _course(folder: Path) -> Path:
    items = {f"c/{number}": {"kind": "lesson", "course": "c", "xp": 10} for number in range(_LESSONS)}
    path = folder / "awards.json"
    path.write_text(json.dumps({"version": 1, "items": items, "achievements": [], "levels": {"step": 100}}))
    return path


@contextlib.contextmanager
def _bare() -> Iterator[tuple[int, dict[str, list[int]]]]:
    from edge.fleet import Nginx

    with contextlib.ExitStack() as stack:
        services = [stack.enter_context(edge_load.bare()) for _ in range(3)]
        nginx = stack.enter_context(Nginx([each.port for each in services]))
        pids = {"instances": [each.pid for each in services], "nginx": [nginx.process.pid] if nginx.process else []}
        yield nginx.port, pids


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
