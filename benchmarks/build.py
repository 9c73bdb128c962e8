"""Build times beside Hugo, Eleventy and MkDocs: ``python3 build.py bench build [--lessons 1000 10000] [--rounds 3]``.

In each round every tool takes its turn at every step, so that what else the machine does meets all alike:

    cold        no site, no cache, as on a fresh checkout (the lessons are in the page cache for all)
    unchanged   the same command again, nothing edited
    body        one lesson got a sentence
    title       one lesson got another title
    template    the head of all pages changed

Every build is a process of its own. After the first cold build ``inspection`` proves equal work; after every edit the
pages that must show it are read. A build that fails, runs out of time or doesn't show the edit is no result: the cell
says so and the command exits with 1. Peak memory is taken from a cold build before the first round, since watching
costs time.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from typing import TYPE_CHECKING

import msgspec

from benchmarks import corpus, edit, inspection, tools
from benchmarks.clock import Measured, measure
from benchmarks.machine import facts, number, table
from benchmarks.peers import Peers, cache, install

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.tools import Tool

# MkDocs needs minutes where the others need seconds; it takes part above this size only when it is named.
MKDOCS_LESSONS = 2_000
EDITS: dict[str, edit.Edit] = {"body": edit.body, "title": edit.title, "template": edit.template}
STEPS = ("cold", "unchanged", *EDITS)


class Result(msgspec.Struct, frozen=True):
    """What one tool took for one step of one round; ``problem`` says why it doesn't count."""

    lessons: int
    round: int
    tool: str
    step: str
    seconds: float
    cpu: float
    peak: int | None
    problem: str = ""


def main(arguments: list[str]) -> int:
    """Run the benchmark and print it as tables, or as JSON; return 1 where a result is missing."""
    options = _options(arguments)
    peers = install()
    machine = facts(peers)
    found: list[Result] = []
    for lessons in options.lessons:
        names = options.tools or [name for name in tools.NAMES if name != "mkdocs" or lessons <= MKDOCS_LESSONS]
        work = cache() / "courses" / str(lessons)
        plan = {"rounds": options.rounds, "steps": options.steps, "timeout": options.timeout}
        found.extend(run(tools.named(names, peers), peers, work, lessons=lessons, **plan))
        shutil.rmtree(work if not options.keep else work / tools.SPENT)
    if options.json:
        document = {"version": 1, "machine": machine, "results": found}
        print(msgspec.json.format(msgspec.json.encode(document)).decode())
    else:
        print(report(found, machine))
    return 1 if any(result.problem for result in found) else 0


def run(
    chosen: list[Tool], peers: Peers, work: Path, *, lessons: int, rounds: int, steps: Sequence[str], timeout: float
) -> list[Result]:
    """Return what each tool took for each step of each round, and for the build whose memory was watched."""
    outline = corpus.course(lessons)
    for tool in chosen:
        _say(f"writing {lessons} lessons for {tool.name}")
        tools.lay(tool, outline, work / tool.name, peers)
    found: list[Result] = []
    # First, so that whatever a tool does once on a machine (compile its own code) is over when the clock runs.
    for tool in chosen:
        found.append(_step(tool, work / tool.name, outline, step="memory", turn=0, timeout=timeout))
        _say(_line(found[-1]))
    for turn in range(1, rounds + 1):
        # Another tool begins each round.
        order = chosen[turn % len(chosen) :] + chosen[: turn % len(chosen)]
        for step in steps:
            for tool in order:
                found.append(_step(tool, work / tool.name, outline, step=step, turn=turn, timeout=timeout))
                _say(_line(found[-1]))
    return found


def report(found: list[Result], machine: dict[str, str]) -> str:
    """Return the tables that people read: medians, and how many times as fast as the fastest peer Coursewright is."""
    parts = [", ".join(f"{name} {value}" for name, value in machine.items())]
    for lessons in dict.fromkeys(result.lessons for result in found):
        here = [result for result in found if result.lessons == lessons]
        rounds = max(result.round for result in here)
        names = [name for name in tools.NAMES if any(result.tool == name for result in here)]
        steps = [step for step in STEPS if any(result.step == step for result in here)]
        ratio = "coursewright" in names and len(names) > 1
        head = [f"{lessons:,} lessons", *names, *(["fastest peer / coursewright"] if ratio else [])]
        wall = [_row(here, names, step=step, unit="s", value=_seconds, ratio=ratio) for step in steps]
        cpu = [_row(here, names, step=step, unit="s CPU", value=_cpu, ratio=ratio) for step in steps]
        memory = _row(here, names, step="memory", unit="MB peak", value=_megabytes, ratio=ratio)
        note = f"Median of {rounds} rounds, wall clock but where CPU is said; memory is the largest sum of PSS."
        parts.append(f"{note}\n\n{table(head, [*wall, *cpu, memory])}")
    parts.extend(sorted({f"{result.tool}, {result.step}: {result.problem}" for result in found if result.problem}))
    return "\n\n".join(parts)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build.py bench build", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--lessons", type=int, nargs="+", default=[1_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", nargs="+", choices=tools.NAMES)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--timeout", type=float, default=600, help="seconds that one build may take")
    parser.add_argument("--keep", action="store_true", help="leave the sites in the cache folder, to look at")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _step(
    tool: Tool,
    folder: Path,
    outline: corpus.Course,
    step: str,
    turn: int,
    timeout: float,
) -> Result:
    """Prepare one step, measure its build and look at what came out."""
    shown: tuple[str, list[corpus.Lesson]] = ("", [])
    if step in {"cold", "memory"}:
        tools.clean(tool, folder)
    elif step in EDITS:
        shown = EDITS[step](tool, folder, outline, turn)
    measured = measure(tool.build, folder, timeout=timeout, memory=step == "memory")
    problem = _failure(measured)
    if not problem and step == "cold" and turn == 1:
        problem = "; ".join(inspection.inspect(tool, folder, outline)[:3])
    if not problem and not inspection.shows(tool, folder, shown[1], shown[0]):
        problem = "a page doesn't show the edit"
    return Result(len(outline.lessons), turn, tool.name, step, measured.seconds, measured.cpu, measured.peak, problem)


def _failure(measured: Measured) -> str:
    if measured.code is None:
        return "out of time"
    if measured.code:
        return f"exit {measured.code}: {measured.said.strip()[-300:]}"
    return ""


def _row(
    here: list[Result], names: list[str], *, step: str, unit: str, value: Callable[[Result], float | None], ratio: bool
) -> list[str]:
    medians = {name: _median([one for one in here if one.tool == name and one.step == step], value) for name in names}
    cells = [number(medians[name]) for name in names]
    label = f"{step}, {unit}" if step != "memory" else f"cold, {unit}"
    if not ratio:
        return [label, *cells]
    peers = [median for name, median in medians.items() if name != "coursewright" and median is not None]
    ours = medians["coursewright"]
    return [label, *cells, f"{min(peers) / ours:.2f}" if ours and peers else "-"]


def _median(results: list[Result], value: Callable[[Result], float | None]) -> float | None:
    """Return the median, or nothing where a single run of the step failed."""
    values = [value(result) for result in results if not result.problem]
    numbers = [number for number in values if number is not None]
    return statistics.median(numbers) if numbers and len(numbers) == len(results) else None


def _seconds(result: Result) -> float | None:
    return result.seconds


def _cpu(result: Result) -> float | None:
    return result.cpu


def _megabytes(result: Result) -> float | None:
    return result.peak and result.peak / 1e6


def _line(result: Result) -> str:
    peak = f", {result.peak / 1e6:.0f} MB" if result.peak else ""
    cost = f"{result.seconds:.2f} s, {result.cpu:.2f} s CPU{peak}"
    return f"{result.tool} {result.step}: {cost} {result.problem}".rstrip()


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
