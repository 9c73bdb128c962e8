"""Targets in memory, their faults, and what a visitor of them sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from builder.errors import CoursewrightError
from builder.io.deploy import build as builds
from builder.io.deploy import history
from builder.io.deploy.deployment import Options, deploy
from builder.io.deploy.inspection import Candidate, Draft
from builder.io.deploy.lock import Claim, Clock
from builder.io.deploy.memory import Memory
from builder.io.deploy.store import Blob, Body, StoreError
from builder.io.deploy.target import MODES, Place, Target, in_bucket
from builder.steps.release.operation import Operation
from builder.steps.release.survey import Entry

T = TypeVar("T")
PLACE = Place("s3", "bucket", "site")


class KilledError(BaseException):
    """The process is gone: nothing runs any more, no clean-up either."""


class Faulty(Memory):
    """A store in memory that lets a test act before and after each change; once dead, it answers nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, str]] = []
        self.before: Callable[[int, str, str], None] = lambda _number, _do, _key: None
        self.after: Callable[[int, str, str], None] = lambda _number, _do, _key: None
        self.dead = False

    def put(self, key: str, body: Body, headers: dict[str, str], when: str | None = None) -> str:
        """Write, if nothing comes between."""
        return self._changing("put", key, lambda: super(Faulty, self).put(key, body, headers, when))

    def copy(self, origin: str, key: str, headers: dict[str, str], digest: str, when: str | None = None) -> str:
        """Copy, if nothing comes between."""
        return self._changing("copy", key, lambda: super(Faulty, self).copy(origin, key, headers, digest, when))

    def delete(self, keys: Iterable[str]) -> None:
        """Delete one by one, so that each can be cut."""
        for key in keys:
            self._changing("delete", key, partial(super().delete, [key]))

    def get(self, key: str) -> Blob | None:
        """Return the object to the living."""
        self._alive()
        return super().get(key)

    def list(self, prefix: str) -> Iterator[Entry]:
        """List for the living."""
        self._alive()
        return super().list(prefix)

    def revive(self) -> None:
        """Start a new process: no faults, and the dead one's lock has run out."""
        self.dead = False
        self.log.clear()
        self.before = self.after = lambda _number, _do, _key: None
        expire_lock(self)

    def _alive(self) -> None:
        if self.dead:
            raise KilledError

    def _changing(self, do: str, key: str, call: Callable[[], T]) -> T:
        self._alive()
        number = len(self.log)
        self.log.append((do, key))
        self.before(number, do, key)
        answer = call()
        self.after(number, do, key)
        return answer


def expire_lock(store: Memory) -> None:
    """Let the time of whoever holds the lock run out."""
    held = store.held.get("site.state/lock.json")
    if held:
        claim = msgspec.structs.replace(msgspec.json.decode(held.data, type=Claim), until=0.0)
        store.held["site.state/lock.json"] = held._replace(data=msgspec.json.encode(claim))


def kill_at(store: Faulty, number: int, *, applied: bool) -> None:
    """Kill the process at its n-th change, before or after the store made it."""

    def die(at: int, _do: str, _key: str) -> None:
        if at == number:
            store.dead = True
            raise KilledError

    if applied:
        store.after = die
    else:
        store.before = die


def fail_at(store: Faulty, number: int, *, applied: bool) -> None:
    """Let the n-th change fail, with or without the store having made it."""

    def fail(at: int, _do: str, _key: str) -> None:
        if at == number:
            raise StoreError("The service failed.")

    if applied:
        store.after = fail
    else:
        store.before = fail


class Quiet:
    """Hears what a deploy says."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.operations: list[Operation] = []

    def say(self, sentence: str) -> None:
        """Remember the sentence."""
        self.said.append(sentence)

    def done(self, operation: Operation) -> None:
        """Remember the operation."""
        self.operations.append(operation)


def target(store: Memory, mode: str) -> Target:
    """Return a store in memory as a bucket target."""
    return in_bucket(PLACE, store, MODES[mode], None, None)


def candidate(out: Path) -> Candidate:
    """Return a build as a candidate."""
    build = builds.load(out)
    return Candidate(build.manifest, build.document, build.edge, build)


def release(
    store: Memory,
    mode: str,
    what: Candidate,
    *,
    keep: int | None = None,
    clock: Clock | None = None,
    quiet: Quiet | None = None,
    check: Any = None,
) -> Draft | None:
    """Deploy a candidate to a store in memory."""
    to = target(store, mode)
    standing = history.read(store, to.layout)
    options = Options("tester", keep, None, check, lambda _plan: True, firm=True, clock=clock or Clock())
    return deploy(to, standing, what, options, quiet or Quiet())


def attempt(store: Faulty, mode: str, what: Candidate, **more: Any) -> int | None:
    """Deploy, and return the exit code; None where the process was killed."""
    try:
        release(store, mode, what, **more)
    except KilledError:
        return None
    except CoursewrightError as error:
        return error.exit_code
    return 0


def kept_again(store: Memory, mode: str, build_id: str) -> Candidate:
    """Return a kept release as a candidate, as --rollback does."""
    layout = target(store, mode).layout
    manifest, document = history.manifest(store, layout, build_id)
    return Candidate(manifest, document, history.edge(store, layout, build_id), None)
