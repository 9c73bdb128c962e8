"""The supervisor of ``--workers``: processes that share one listening socket, replaced when they die, stopped together.

The kernel gives each connection to one of them. A worker that dies is replaced; one that can't even start ends the
whole, for the next would not either. Whoever ends this process ends them all: by SIGTERM they drain as one alone does,
and after ``kill -9`` each notices that its parent is gone.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import SpawnProcess
    from types import FrameType

# A worker that fails sooner never served.
_STARTING_SECONDS = 5.0
_PAUSE_SECONDS = 0.5

log = logging.getLogger("edge.supervisor")


def run(size: int, work: Callable[..., None], words: tuple[Any, ...]) -> None:
    """Keep ``size`` workers at work until a signal says stop."""
    supervisor = _Supervisor(work, words)
    for word in (signal.SIGTERM, signal.SIGINT):
        signal.signal(word, supervisor.stop)
    supervisor.keep(size)


class _Supervisor:
    """The workers, and when each was started."""

    def __init__(self, work: Callable[..., None], words: tuple[Any, ...]) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._target = (work, words)
        self._workers: dict[SpawnProcess, float] = {}
        self._stopping = False

    def keep(self, size: int) -> None:
        """Start workers, replace those that die, and return when all are gone."""
        while self._workers or not self._stopping:
            while len(self._workers) < size and not self._stopping:
                self._start()
            # A signal is seen between two waits.
            wait([worker.sentinel for worker in self._workers], timeout=0.5)
            for worker in [each for each in self._workers if not each.is_alive()]:
                self._bury(worker)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Ask all to go; asked again, they do not wait."""
        self._stopping = True
        for worker in self._workers:
            worker.terminate()

    def _start(self) -> None:
        worker = self._context.Process(target=_work, args=self._target)
        worker.start()
        self._workers[worker] = time.monotonic()

    def _bury(self, worker: SpawnProcess) -> None:
        lived = time.monotonic() - self._workers.pop(worker)
        if self._stopping:
            return
        log.error("worker ended", extra={"worker": worker.pid, "code": worker.exitcode})
        if lived < _STARTING_SECONDS and worker.exitcode:
            if worker.exitcode > 0:
                self.stop(signal.SIGTERM, None)
            else:
                # Killed by a signal, which says nothing of whether the next one can start; but not in a hurry.
                time.sleep(_PAUSE_SECONDS)


def _work(work: Callable[..., None], words: tuple[Any, ...]) -> None:
    threading.Thread(target=_orphaned, daemon=True).start()
    work(*words)


def _orphaned() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
