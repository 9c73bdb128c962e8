"""Measures a command: wall clock, CPU seconds and peak memory of it and all its children.

Wall clock runs from before the process starts until it has ended. CPU seconds are what the kernel accounts to the
process and the children it waited for. Memory is watched only on request, in a run of its own, because watching costs
time: it is the largest sum, over all processes of the command at one moment, of their proportional set size (PSS: pages
that n processes share count 1/n each), sampled every 20 ms. Only Linux tells it; elsewhere the answer is None.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.peers import cache

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLE_SECONDS = 0.02
_TAIL = 2_000


class Measured(msgspec.Struct, frozen=True):
    """What a command cost: its exit code (None: timed out), seconds, CPU seconds, peak bytes, the end of its output."""

    code: int | None
    seconds: float
    cpu: float
    peak: int | None
    said: str


def measure(command: Sequence[str], folder: Path, *, timeout: float, memory: bool = False) -> Measured:
    """Run a command in a folder to its end or to the timeout, and return what it cost."""
    # What earlier runs wrote must not be written to the disk at this run's expense.
    os.sync()
    log = folder / "output.log"
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = start(command, folder, output.fileno())
        late = threading.Timer(timeout, stop, (process,))
        late.start()
        watch = _Watch(process.pid) if memory else None
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        ended = late.is_alive()
        late.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = watch.end() if watch else None
    said = log.read_bytes()[-_TAIL:].decode("utf-8", "replace")
    return Measured(process.returncode if ended else None, seconds, usage.ru_utime + usage.ru_stime, peak, said)


def start(command: Sequence[str], folder: Path, output: int) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that it can be ended with all its children.

    Python keeps its bytecode as on any ordinary machine, in a folder of the benchmarks' own: some build machines forbid
    it, and then every start of a Python tool compiles the tool anew.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(  # noqa: S603 - the commands are this package's own
        command,
        cwd=folder,
        env=environment | {"PYTHONPYCACHEPREFIX": str(cache() / "bytecode")},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a command that ``start`` began, with all its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class _Watch:
    """Samples the memory of a session until told to end."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._peak: int | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def end(self) -> int | None:
        """Stop sampling and return the largest sum seen."""
        self._over.set()
        self._thread.join()
        return self._peak

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            total = sum(_pss(pid) for pid in _members(self._session))
            if total:
                self._peak = max(self._peak or 0, total)


def _members(session: int) -> list[Path]:
    """Return the /proc folders of the processes that belong to a session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            # The name in brackets may hold spaces; after it come state, parent, group, session.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                found.append(folder)
    return found


def _pss(folder: Path) -> int:
    with suppress(OSError):
        for line in (folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
