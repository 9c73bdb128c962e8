"""A soak and its judgement: ``build.py bench soak --minutes 10 --seed 1``.

Three instances behind the shipped nginx, on PostgreSQL and Redis, with learners at a modest rate; Redis is stopped,
emptied, killed, rolled back and filled, instances and the database are killed and restarted, in the seed's order. Every
acknowledged write and every read is written down, and in the end held against what is promised. It ends by itself, with
exit code 1 where a promise was broken, and ends only what it started.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.edge_load import ROOT
from benchmarks.machine import facts, table
from benchmarks.soak.judge import CONFIRMED, LATE, Verdict, judge
from benchmarks.soak.record import Clocks, Joined, Record

if TYPE_CHECKING:
    from benchmarks.soak.ground import Ground

LEARNERS = 40
# After the last fault: longer than anything that is owed takes to be told.
_PATIENCE = 60.0


def main(arguments: list[str]) -> int:
    """Run a soak and print the judgement."""
    parser = argparse.ArgumentParser(prog="build.py bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, help="where to write everything down; else it is thrown away")
    words = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT / "tests"))
    print(f"{words.minutes:g} minutes, seed {words.seed}; {json.dumps(facts(None))}", flush=True)
    with tempfile.TemporaryDirectory(prefix="cw-soak-") as folder:
        path = words.record or Path(folder) / "record"
        verdict = asyncio.run(soak(Path(folder), path, words.minutes * 60, words.seed))
    print(told(verdict))
    return 0 if verdict.good else 1


async def soak(folder: Path, path: Path, seconds: float, seed: int) -> Verdict:
    """Let people and faults meet for so long, wait until it is quiet, and judge."""
    from benchmarks.soak.faults import strike
    from benchmarks.soak.ground import standing
    from benchmarks.soak.people import gathered

    # The faults' own: what people do by the way must not change their order.
    faults, people = (random.Random(f"{seed} {kind}") for kind in ("faults", "people"))  # noqa: S311 - no secrets
    async with standing(folder, LEARNERS) as ground:
        with Record(path) as record:
            record.write(Clocks(time.monotonic(), time.time()))
            bases = ground.bases()
            for learner, xp in bases.items():
                record.write(Joined(learner, xp))
            async with gathered(ground.fleet, record, people, LEARNERS):
                await strike(ground, record, faults, time.monotonic() + seconds)
            disagreements = await _quiet(ground)
            truth = await ground.do(ground.truth, bases)
            found = [*truth.disagreements, *disagreements]
            return judge(record, msgspec.structs.replace(truth, disagreements=found))


async def _quiet(ground: Ground) -> list[str]:
    """Wait until nothing is owed and every board is SQL's; return what does not come to that."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        waiting = await ground.do(ground.waiting)
        found = [f"{waiting} messages wait in the outbox"] if waiting else []
        found += await ground.do(ground.differences)
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.5)


def told(verdict: Verdict) -> str:
    """Return what was seen, and the judgement."""
    counts = [(name, str(count)) for name, count in sorted(verdict.counts.items())]
    oldest = [
        (name, f"{age:.3f}", f"{CONFIRMED if name.endswith(' confirmed') else LATE:g}")
        for name, age in sorted(verdict.oldest.items())
    ]
    faults = [
        (name, str(verdict.faults.get(name, 0)), f"{verdict.by_fault.get(name, 0):.3f}")
        for name in sorted({*verdict.faults, *verdict.by_fault})
    ]
    parts = [
        table(("written down", "times"), counts),
        table(("oldest answer", "seconds", "allowed"), oldest),
        table(("fault", "times", "oldest answer since, s"), faults),
        "\n".join(verdict.broken) or "Every promise was held.",
    ]
    return "\n\n".join(("", *parts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
