"""What the numbers were measured on, and how they are laid out for reading."""

from __future__ import annotations

import os
import platform
import subprocess
from typing import TYPE_CHECKING

from benchmarks.peers import HERE, Peers

if TYPE_CHECKING:
    from collections.abc import Sequence


def facts(peers: Peers | None) -> dict[str, str]:
    """Return the machine's load and cores, its memory and versions, and the versions of the peers."""
    found = {
        # Above the number of cores, wall clock says as much about the others' work as about the tools'.
        "load": f"{os.getloadavg()[0]:.1f}",
        "cores": str(_cores()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    if peers:
        pinned = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
        found |= dict(line.split("==") for line in pinned if line.startswith(("hugo", "mkdocs")))
        if peers.node and peers.eleventy:
            found["node"] = _said([peers.node, "--version"])
            found["eleventy"] = _said([peers.node, str(peers.eleventy), "--version"])
    return found


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a plain table: the first column to the left, all others to the right."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join((first, *(cell.strip().rjust(len(cell)) for cell in others))).rstrip()

    return "\n".join((line(head), line(["-" * width for width in widths]), *(line(row) for row in rows)))


def number(value: float | None) -> str:
    """Return a measured value with as many digits as it deserves; None is a measurement that failed."""
    if value is None:
        return "failed"
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - three figures are enough


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _said(command: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 - a peer's own binary
        command, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.strip().splitlines()[-1].removeprefix("v") if done.stdout.strip() else "unknown"
