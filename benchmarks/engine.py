"""What the engine adds to each task: ``python3 build.py bench engine [--tasks 4000] [--rounds 5]``, in microseconds.

A step that only hands back its argument is run by the engine, so that all of the time is the engine's. Two sizes: a
small record, and a lesson of the benchmark course with its HTML. The stages are those of a build:

    key        the task is made from its arguments and its digest taken
    remember   the encoded result goes to the packed store
    find       a later process looks the key up (its share of reading the packs' tables included)
    read       a record's bytes come back, verified
    processes  the same tasks run in two processes, in batches, results brought back

A task that is recalled costs key + find + read, one that runs key + remember + processes. The budget of 50 µs holds for
the small record; what the lesson costs above it are its bytes, which are hashed, stored and carried to another process.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks import corpus
from benchmarks.machine import facts, number, table
from builder.engine.pool import Pool
from builder.engine.step import step
from builder.engine.store import Record, Store
from builder.engine.task import Task, encode, key_of, share, task

if TYPE_CHECKING:
    from collections.abc import Callable

BUDGET_MICROSECONDS = 50
STAGES = ("key", "remember", "find", "read", "processes")


class Settings(msgspec.Struct, frozen=True):
    """A shared argument of the size that a site's settings have."""

    engine: str = "comrak"
    extensions: tuple[str, ...] = ("one", "two")


class Overhead(msgspec.Struct, frozen=True):
    """Microseconds per task of one size, by stage, each the median of the rounds."""

    size: str
    bytes_in: int
    stages: dict[str, float]

    @property
    def recalled(self) -> float:
        """What a task costs that was remembered."""
        return self.stages["key"] + self.stages["find"] + self.stages["read"]

    @property
    def ran(self) -> float:
        """What a task costs beside its own work when it runs."""
        return self.stages["key"] + self.stages["remember"] + self.stages["processes"]


@step(version=1)
def echo(name: str, source: bytes, settings: Settings) -> tuple[str, bytes]:
    """Return the arguments; the cheapest step there can be."""
    del settings
    return name, source


def main(arguments: list[str]) -> int:
    """Measure the engine and print microseconds per task; return 1 where a small task is over the budget."""
    options = _options(arguments)
    machine = facts(None)
    outline = corpus.course(options.tasks)
    lessons = outline.lessons
    sizes = {
        "small record": [lesson.title.encode() * 20 for lesson in lessons],
        "lesson": [corpus.markdown(lesson, lessons).encode() for lesson in lessons],
    }
    found = [overhead(size, sources, options.rounds) for size, sources in sizes.items()]
    if options.json:
        print(msgspec.json.format(msgspec.json.encode({"version": 1, "machine": machine, "results": found})).decode())
    else:
        print(report(found, machine))
    return 1 if max(found[0].recalled, found[0].ran) > BUDGET_MICROSECONDS else 0


def overhead(size: str, sources: list[bytes], rounds: int) -> Overhead:
    """Return what the engine costs per task with these sources as arguments."""
    found: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="bench-engine-") as folder:
            for stage, seconds in _round(Path(folder), sources).items():
                found[stage].append(seconds / len(sources) * 1e6)
    medians = {stage: statistics.median(values) for stage, values in found.items()}
    return Overhead(size, sum(map(len, sources)) // len(sources), medians)


def report(found: list[Overhead], machine: dict[str, str]) -> str:
    """Return the table that people read."""
    head = ["µs per task", "bytes", *STAGES, "recalled", "ran", "budget"]
    rows = [
        [
            one.size,
            str(one.bytes_in),
            *(number(one.stages[stage]) for stage in STAGES),
            number(one.recalled),
            number(one.ran),
            str(BUDGET_MICROSECONDS),
        ]
        for one in found
    ]
    return f"{', '.join(f'{name} {value}' for name, value in machine.items())}\n\n{table(head, rows)}"


def _round(folder: Path, sources: list[bytes]) -> dict[str, float]:
    """Return the seconds that each stage took for all tasks."""
    settings = share(Settings())
    made: list[Task] = []
    keys: list[bytes] = []
    store = Store(folder)

    def make() -> None:
        made.extend(task(echo, f"{place}.md", source, settings) for place, source in enumerate(sources))
        keys.extend(key_of(one) for one in made)

    def remember() -> None:
        for key, source in zip(keys, sources, strict=True):
            store.append(key, (encode("name"), encode(source)))
        store.flush()

    spent = {"key": _timed(make), "remember": _timed(remember)}
    store.close()
    later = Store(folder)
    records: list[tuple[Record, ...]] = []
    spent["find"] = _timed(lambda: records.extend(later.find(key) or () for key in keys))
    spent["read"] = _timed(lambda: [later.read(one) for found in records for one in found])
    with Pool(later, 2) as pool:
        # The first batch starts the processes, which a build does while it still scans.
        list(pool.run(made[:64], 64))
        spent["processes"] = _timed(lambda: list(pool.run(made, len(made))))
    later.close()
    return spent


def _timed(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build.py bench engine", description="What the engine adds to each task.")
    parser.add_argument("--tasks", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)
