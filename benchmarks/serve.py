"""From save to page: ``python3 build.py bench serve [--lessons 1000] [--edits 20]``, in each tool's own server.

Each tool's own server is started over the course. Then a lesson is saved with a new sentence and its page is asked for
every 2 ms, until it has the sentence; the time from just before the file is written to the last byte of that answer is
one result. What a browser adds (a reload message, a repaint) comes on top for all alike. Another lesson is edited each
time, half a second after the last arrived, as no two saves of an author fall together.
"""

from __future__ import annotations

import argparse
import http.client
import shutil
import socket
import statistics
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from benchmarks import clock, corpus, edit, tools
from benchmarks.machine import facts, number, table
from benchmarks.peers import Peers, cache, install

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.tools import Tool

POLL_SECONDS = 0.002
PAUSE_SECONDS = 0.5


class Latency(msgspec.Struct, frozen=True):
    """How long one server took: to its first page, and per edit; ``problem`` says why it stopped early."""

    lessons: int
    tool: str
    start: float
    edits: list[float]
    problem: str = ""


def main(arguments: list[str]) -> int:
    """Run the benchmark and print it as a table, or as JSON; return 1 where a server didn't show an edit."""
    options = _options(arguments)
    peers = install()
    machine = facts(peers)
    found = []
    for lessons in options.lessons:
        for tool in tools.named(options.tools, peers):
            print(f"serving {lessons} lessons with {tool.name}", file=sys.stderr, flush=True)
            found.append(latency(tool, lessons, options.edits, peers, options.seconds))
    if options.json:
        document = {"version": 1, "machine": machine, "results": found}
        print(msgspec.json.format(msgspec.json.encode(document)).decode())
    else:
        print(report(found, machine))
    return 1 if any(result.problem for result in found) else 0


def latency(tool: Tool, lessons: int, edits: int, peers: Peers, budget: float) -> Latency:
    """Return what one tool's server took; it may use ``budget`` seconds to start, as much for one edit and for all."""
    outline = corpus.course(lessons)
    folder = cache() / "courses" / str(lessons) / tool.name
    tools.lay(tool, outline, folder, peers)
    port = _free_port()
    with (folder / "output.log").open("wb") as log:
        begin = time.perf_counter()
        server = clock.start(tool.serve(port), folder, log.fileno())
        try:
            return _edits(tool, folder, outline, port=port, begin=begin, edits=edits, budget=budget)
        finally:
            clock.stop(server)
            server.wait()
            shutil.rmtree(folder, ignore_errors=True)


def report(found: list[Latency], machine: dict[str, str]) -> str:
    """Return the table that people read."""
    head = ["save to page", "lessons", "edits", "median, ms", "slowest, ms", "first page, s"]
    rows = [
        [
            result.tool,
            f"{result.lessons:,}",
            str(len(result.edits)),
            number(statistics.median(result.edits) * 1e3 if result.edits else None),
            number(max(result.edits) * 1e3 if result.edits else None),
            number(result.start or None),
        ]
        for result in found
    ]
    problems = [f"{result.tool}, {result.lessons:,} lessons: {result.problem}" for result in found if result.problem]
    return "\n\n".join([", ".join(f"{name} {value}" for name, value in machine.items()), table(head, rows), *problems])


def _edits(
    tool: Tool, folder: Path, outline: corpus.Course, *, port: int, begin: float, edits: int, budget: float
) -> Latency:
    lessons = len(outline.lessons)
    if not _wait(port, _address(tool, outline.lessons[0]), outline.lessons[0].title, begin + budget):
        said = (folder / "output.log").read_text(encoding="utf-8", errors="replace").strip()[-300:]
        return Latency(lessons, tool.name, 0.0, [], f"no page within {budget:.0f} s: {said}")
    start = time.perf_counter() - begin
    # A server that answers before its first build is over must not have that build counted as an edit.
    time.sleep(2 * PAUSE_SECONDS)
    found: list[float] = []
    end = time.perf_counter() + budget
    for turn in range(1, edits + 1):
        begin = time.perf_counter()
        if begin > end:
            break
        token, (lesson,) = edit.body(tool, folder, outline, turn)
        if not _wait(port, _address(tool, lesson), token, begin + budget):
            return Latency(lessons, tool.name, start, found, f"an edit was not shown within {budget:.0f} s")
        found.append(time.perf_counter() - begin)
        time.sleep(PAUSE_SECONDS)
    return Latency(lessons, tool.name, start, found)


def _wait(port: int, path: str, token: str, deadline: float) -> bool:
    """Ask for a page until it has the token; tell whether that happened in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.perf_counter() < deadline:
        try:
            connection.request("GET", path)
            if token.encode() in connection.getresponse().read():
                connection.close()
                return True
        except (OSError, http.client.HTTPException):
            # The server isn't up yet, or closed the connection while it rebuilt.
            connection.close()
        time.sleep(POLL_SECONDS)
    connection.close()
    return False


def _address(tool: Tool, lesson: corpus.Lesson) -> str:
    return "/" + tool.page(lesson.path).removesuffix("index.html")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="build.py bench serve", description="From save to page, in each tool's server."
    )
    parser.add_argument("--lessons", type=int, nargs="+", default=[1_000])
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--tools", nargs="+", choices=tools.NAMES, default=("coursewright", "hugo", "eleventy"))
    parser.add_argument(
        "--seconds", type=float, default=120, help="how long a server may take to start, and for all edits"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)
