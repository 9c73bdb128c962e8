"""Pictures that a live server shows as drafts and develops in the background.

A page is shown at once with the picture's own file in its place; its renderings are made one by one in processes that
give way to everything else, and each is remembered when it is done. So a server that is stopped goes on where it was,
and a save never waits for a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from builder.engine.pool import Outcome, Pool
from builder.engine.store import Store
from builder.engine.task import Task, key_of

# One picture under way in each process and one that waits for it.
AHEAD = 2

# The lowest there is: an author's browser and editor, and the next build, go first.
NICE = 19

Made = Future[list[Outcome | BaseException]]


class Darkroom:
    """What one server still owes of pictures: which wait, which are under way, which cannot be made."""

    def __init__(self, cache: Path, jobs: int) -> None:
        self._cache = cache
        self._jobs = jobs
        self._pool: Pool | None = None
        self._waiting: dict[str, bytes] = {}
        self._under_way: dict[bytes, Made] = {}
        self._spoilt: set[bytes] = set()
        self.done = 0

    def take(self, path: str, key: bytes) -> None:
        """Take an order: the picture at this path, as the task with this key would make it."""
        self._waiting[path] = key

    def owes(self, path: str) -> bool:
        """Tell whether a picture's draft is all there is of it so far."""
        return path in self._waiting

    @property
    def idle(self) -> bool:
        """Tell whether nothing is left that can be made."""
        return self._spoilt.issuperset(self._waiting.values())

    def advance(self, store: Store, order: Callable[[str], Task | None], first: Iterable[str]) -> int:
        """Remember what is done, begin what can be begun, and return how many pictures are done since the last call.

        ``order`` gives a picture's task, or nothing where the picture has gone; ``first`` are those that somebody looks
        at.
        """
        before = self.done
        self._collect(store)
        room = self._jobs * AHEAD - len(self._under_way)
        for path in dict.fromkeys((*(path for path in first if path in self._waiting), *self._waiting)):
            if room <= 0:
                break
            key = self._waiting[path]
            if key in self._under_way or key in self._spoilt:
                continue
            if store.find(key) is not None:
                self._finish(key)
                continue
            task = order(path)
            if task is None or key_of(task) != key:
                # Another build will see what has become of it.
                del self._waiting[path]
                continue
            self._under_way[key] = self._processes().submit(task)
            room -= 1
        return self.done - before

    def close(self) -> None:
        """End the processes; what they have not finished is begun again by the next server."""
        if self._pool is not None:
            self._pool.__exit__(None, None, None)
            self._pool = None

    def _collect(self, store: Store) -> None:
        for key, future in list(self._under_way.items()):
            if not future.done():
                continue
            del self._under_way[key]
            try:
                (outcome,) = future.result()
            except BrokenProcessPool:
                # It was killed, for its memory most likely: this picture keeps its draft, the others go on.
                self.close()
                self._under_way.clear()
                self._spoilt.add(key)
                return
            if isinstance(outcome, BaseException):
                self._spoilt.add(key)
                continue
            store.append(key, outcome.parts)
            store.flush()
            self._finish(key)

    def _finish(self, key: bytes) -> None:
        for path in [path for path, known in self._waiting.items() if known == key]:
            del self._waiting[path]
            self.done += 1

    def _processes(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(Store(self._cache), self._jobs, nice=NICE)
        return self._pool
