"""Does a plan: phase by phase, each in parallel, stopping at the first failure.

A phase is a barrier. Before each write the lock is looked after, so that an owner who slept finds out before it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from itertools import islice
from typing import Protocol

from builder.io.deploy import build as builds
from builder.io.deploy.build import Build
from builder.io.deploy.store import ABSENT, Store, StoreError
from builder.io.deploy.target import Target
from builder.steps.release.operation import Operation, Phase

# Large enough that the barrier between batches costs little, small enough not to queue a whole site at once.
BATCH = 256
_HEARTBEAT = 5.0  # seconds


class Progress(Protocol):
    """Told about each operation that is done."""

    def done(self, operation: Operation) -> None:
        """Count an operation."""
        ...


class Apply:
    """One execution; ``tags`` are the receipts of its writes, by key."""

    def __init__(
        self, target: Target, build: Build | None, tags: dict[str, str], beat: Callable[[], None], progress: Progress
    ) -> None:
        self.tags = tags
        self._target = target
        self._build = build
        self._beat = beat
        self._progress = progress

    def run(self, operations: Sequence[Operation], phases: Iterable[Phase]) -> None:
        """Do the operations of the phases, in the phases' order."""
        for phase in phases:
            now = [operation for operation in operations if operation.phase == phase and operation.do != "switch"]
            if phase in {Phase.PURGE, Phase.REPURGE, Phase.FORGET}:
                self._purge(now)
            elif phase == Phase.DELETE:
                self._delete(now)
            else:
                self._write(now)

    def _write(self, operations: Sequence[Operation]) -> None:
        store = self._target.store
        rest = iter(operations)
        while batch := list(islice(rest, BATCH)):
            if store.workers == 1:
                for operation in batch:
                    self._one(store, operation)
            else:
                self._together(store, batch)

    def _together(self, store: Store, batch: Sequence[Operation]) -> None:
        pool = ThreadPoolExecutor(store.workers)
        try:
            waiting = {pool.submit(self._one, store, operation) for operation in batch}
            while waiting:
                done, waiting = wait(waiting, timeout=_HEARTBEAT, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                self._beat()
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, store: Store, operation: Operation) -> None:
        self._beat()
        key = operation.key
        when = None if operation.phase == Phase.EDGE else self.tags.get(key, ABSENT)
        if operation.do == "upload":
            if self._build is None:
                raise StoreError(
                    f"{operation.path} is not in the target any more and there is no build to take it from."
                )
            body = builds.body(self._build, operation.origin, operation.digest)
            self.tags[key] = store.put(key, body, operation.headers, when)
        else:
            self.tags[key] = store.copy(operation.origin, key, operation.headers, operation.digest, when)
        self._progress.done(operation)

    def _delete(self, operations: Sequence[Operation]) -> None:
        rest = iter(operations)
        while batch := list(islice(rest, BATCH)):
            self._beat()
            self._target.store.delete([operation.key for operation in batch])
            for operation in batch:
                self._progress.done(operation)

    def _purge(self, operations: Sequence[Operation]) -> None:
        if operations and self._target.cdn is not None:
            self._beat()
            self._target.cdn.purge([operation.path for operation in operations])
            for operation in operations:
                self._progress.done(operation)
