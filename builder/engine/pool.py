"""Running tasks: here when they are few, in processes when they are many. Batches, not one message per task.

A worker reads a task's records from the store itself, decodes a shared value once, and writes a result that is a file
where it belongs; only small things travel between processes.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec

from builder.engine.collector import relax
from builder.engine.naming import named
from builder.engine.step import name_of
from builder.engine.store import Record, Store
from builder.engine.task import Shared, Task, encode

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

# Below this many tasks, starting processes (0.1 s) costs more than it saves.
FEW = 24
# A worker keeps so many decoded shared values; modules come in order, so old ones are not asked for again.
KEPT = 256
# A batch is this many tasks: long enough that messages do not count, short enough that the last ones end together.
BATCH = 32


class Outcome(NamedTuple):
    """What running a task gave: the encoded parts of its result, or the digest and size of the file it made."""

    parts: tuple[bytes, ...]
    digest: str
    size: int
    milliseconds: float


class Pool:
    """The processes of one build; they start when there is enough to do, and end with it.

    ``nice`` is how far they give way to others.
    """

    def __init__(self, store: Store, jobs: int, *, nice: int = 0) -> None:
        self.store = store
        self.jobs = jobs
        self.nice = nice
        # Told after each outcome which step it was of, how many are done and how many there may be.
        self.watch: Callable[[str, int, int], None] | None = None
        self._executor: ProcessPoolExecutor | None = None
        self._here = _Runner(store)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def start(self) -> None:
        """Start the processes now, so that they load their modules while this one goes on."""
        if self._executor is None and (self.jobs > 1 or self.nice):
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            # fork is safe only while there are no threads and no macOS frameworks; elsewhere processes start afresh.
            method = "fork" if sys.platform == "linux" and not _threaded() else "spawn"
            context = multiprocessing.get_context(method)
            started = (str(self.store.folder.parent), self.nice)
            self._executor = ProcessPoolExecutor(self.jobs, mp_context=context, initializer=_begin, initargs=started)

    def submit(self, made: Task) -> Future[list[Outcome | BaseException]]:
        """Begin one task in a process, and return what will be its outcome."""
        self.start()
        assert self._executor
        return self._executor.submit(_run_batch, *_pack([made]))

    def run(self, tasks: Iterable[Task], count: int) -> Iterator[Outcome | BaseException]:
        """Run tasks and yield their outcomes in their order; a step's exception comes as a value in its place."""
        if self.watch is None or count < FEW:
            yield from self._run(tasks, count)
            return
        names: list[str] = []
        for number, outcome in enumerate(self._run(_noting(tasks, names), count)):
            self.watch(names[number], number + 1, max(count, len(names)))
            yield outcome

    def _run(self, tasks: Iterable[Task], count: int) -> Iterator[Outcome | BaseException]:
        if self.jobs == 1 or (count < FEW and self._executor is None):
            for made in tasks:
                yield self._here.run(made)
            return
        self.start()
        assert self._executor
        self.store.flush()
        waiting: list[Future[list[Outcome | BaseException]]] = []
        batch: list[Task] = []
        size = max(1, min(BATCH, count // (self.jobs * 4) or 1))
        for made in tasks:
            batch.append(made)
            if len(batch) == size:
                waiting.append(self._executor.submit(_run_batch, *_pack(batch)))
                batch = []
                while waiting and (waiting[0].done() or len(waiting) > self.jobs * 6):
                    yield from waiting.pop(0).result()
        if batch:
            waiting.append(self._executor.submit(_run_batch, *_pack(batch)))
        for future in waiting:
            yield from future.result()


def _noting(tasks: Iterable[Task], names: list[str]) -> Iterator[Task]:
    for made in tasks:
        names.append(name_of(made.step))
        yield made


def _threaded() -> bool:
    return threading.active_count() > 1


def _pack(batch: list[Task]) -> tuple[list[tuple[Callable[..., Any], tuple[Any, ...], str]], list[Shared]]:
    """Return a batch as it travels: each shared value once, named by its place in a list."""
    places: dict[bytes, int] = {}
    shared: list[Shared] = []
    rows = []
    for made in batch:
        arguments: list[Any] = []
        for argument in made.arguments:
            if isinstance(argument, Shared):
                if argument.digest not in places:
                    places[argument.digest] = len(shared)
                    shared.append(argument)
                arguments.append(places[argument.digest])
            else:
                arguments.append(argument)
        rows.append((made.step, tuple(arguments), made.into))
    return rows, shared


class _Runner:
    """What runs tasks in one process: the store to read from, decoders by step, decoded shared values."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.decoders: dict[Callable[..., Any], tuple[msgspec.msgpack.Decoder[Any], ...]] = {}
        self.shared: dict[tuple[bytes, int], Any] = {}

    def run(self, made: Task) -> Outcome | BaseException:
        started = time.perf_counter()
        try:
            result = made.step(*self._values(made))
            if made.into:
                return _to_file(result, made.into, started)
            parts = tuple(encode(part) for part in result) if type(result) is tuple else (encode(result),)
        except Exception as error:  # noqa: BLE001 - travels to the build, which knows what to say
            return error
        return Outcome(parts, "", 0, (time.perf_counter() - started) * 1000)

    def _values(self, made: Task) -> list[Any]:
        decoders = self.decoders.get(made.step)
        if decoders is None:
            hints = inspect.get_annotations(made.step, eval_str=True)
            decoders = tuple(msgspec.msgpack.Decoder(hint) for name, hint in hints.items() if name != "return")
            self.decoders[made.step] = decoders
        values = []
        for place, (argument, decoder) in enumerate(zip(made.arguments, decoders, strict=True)):
            if isinstance(argument, bytes):
                values.append(decoder.decode(argument))
            elif isinstance(argument, Record):
                values.append(decoder.decode(self.store.read(argument)))
            else:
                known = (argument.digest, place)
                if known not in self.shared:
                    if len(self.shared) > KEPT:
                        self.shared.clear()
                    self.shared[known] = decoder.decode(argument.data)
                values.append(self.shared[known])
        return values


def _to_file(data: bytes, into: str, started: float) -> Outcome:
    # Three system calls; opening a file object for it makes twice as many.
    handle = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
    except OSError as error:
        raise named(error, into) from None
    finally:
        os.close(handle)
    return Outcome((), hashlib.sha256(data).hexdigest(), len(data), (time.perf_counter() - started) * 1000)


_runner: _Runner | None = None


def _begin(cache: str, nice: int) -> None:
    global _runner  # noqa: PLW0603 - one runner per worker process, made when it starts
    _runner = _Runner(Store(Path(cache)))
    _end_with_parent()
    relax()
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    if sys.platform != "win32":
        import signal

        # The first process hears Ctrl-C and ends the others.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went.

    A worker whose parent was killed would wait for ever, and with it the lock on the output folder, which it inherits.
    """
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _run_batch(
    rows: list[tuple[Callable[..., Any], tuple[Any, ...], str]], shared: list[Shared]
) -> list[Outcome | BaseException]:
    assert _runner
    return [
        _runner.run(Task(step, tuple(shared[a] if type(a) is int else a for a in arguments), into))
        for step, arguments, into in rows
    ]


def default_jobs() -> int:
    """Return how many processes this machine has room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
