"""A short soak: the command that runs for hours, over a few of its faults."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.soak.command import soak, told


def test_no_promise_is_broken_when_redis_fails_over_and_is_rolled_back(tmp_path: Path) -> None:
    """Nothing lost, doubled, shown too late or alive after its end; the seed begins with these two."""
    verdict = asyncio.run(soak(tmp_path, tmp_path / "record", seconds=6, seed=804))
    assert verdict.good, told(verdict)
    assert verdict.faults.keys() <= {"redis fails over, and back", "redis rolled back"}
    assert verdict.faults
    assert min(verdict.counts[kind] for kind in ("told", "shown", "known", "met", "ended")) > 0
