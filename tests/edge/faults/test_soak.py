"""A short soak: the command that runs for hours, over a few of its faults."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.soak.command import soak, told


def test_no_promise_is_broken_by_the_first_faults_of_a_seed(tmp_path: Path) -> None:
    """Nothing lost, doubled, shown too late or alive after its end, while what the fleet stands on breaks."""
    verdict = asyncio.run(soak(tmp_path, tmp_path / "record", seconds=6, seed=4))
    assert verdict.good, told(verdict)
    assert verdict.faults
    assert min(verdict.counts[kind] for kind in ("told", "shown", "known", "met", "ended")) > 0
