"""One deploy at a time, by a lock object that its owner renews while it works.

A lock is taken over when its time has run out, or at once when it was taken on this machine by a process that is gone.
In place it is the best that a bucket offers; in releases mode the switch's own compare-and-set is the fence behind it.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex
from threading import Lock as Mutex
from typing import NamedTuple

import msgspec

from builder.errors import DeployRefused
from builder.io.deploy.store import ABSENT, Conflict, Store, StoreError, whole

LEASE = 60.0  # seconds; an owner that is silent for so long is taken for dead
_RENEW_AFTER = LEASE / 4
_JSON = {"content-type": "application/json", "cache-control": "no-store"}


class Clock(NamedTuple):
    """Time as a deploy knows it: seconds since 1970, and waiting."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Claim(msgspec.Struct, frozen=True):
    """What stands in the lock object."""

    token: str
    by: str
    host: str
    pid: int
    until: float


class Lock:
    """A held lock; ``renew`` fails once somebody else has taken it over."""

    def __init__(self, store: Store, key: str, claim: Claim, tag: str, clock: Clock) -> None:
        self._store = store
        self._key = key
        self._claim = claim
        self._tag = tag
        self._clock = clock
        self._turn = Mutex()

    def renew(self, *, force: bool = False) -> None:
        """Make the lock last, if a quarter of its time is gone; refuse to go on where it was lost.

        It is called before every write, so it costs no more than a look at the clock until then.
        """
        with self._turn:
            if force or self._claim.until - self._clock.now() <= LEASE - _RENEW_AFTER:
                self._renew()

    def release(self) -> None:
        """Give the lock back, if it is still ours."""
        blob = self._store.get(self._key)
        if blob and blob.tag == self._tag:
            self._store.delete([self._key])

    def _renew(self) -> None:
        claim = msgspec.structs.replace(self._claim, until=self._clock.now() + LEASE)
        try:
            self._tag = self._store.put(self._key, whole(msgspec.json.encode(claim)), _JSON, self._tag)
        except Conflict as error:
            raise StoreError(
                "This deploy lost its lock: another one took over.", hint="Wait for it, then look at --releases."
            ) from error
        self._claim = claim


@contextmanager
def held(store: Store, key: str, by: str, say: Callable[[str], None], clock: Clock) -> Iterator[Lock]:
    """Hold the lock at ``key``; wait out a silent owner, refuse while a living one works."""
    lock = _take(store, key, by, say, clock)
    try:
        yield lock
    finally:
        with suppress(StoreError):  # it runs out by itself
            lock.release()


def _take(store: Store, key: str, by: str, say: Callable[[str], None], clock: Clock) -> Lock:
    now = clock.now
    patience = now() + LEASE + 1
    told = False
    while True:
        claim = Claim(token_hex(16), by, socket.gethostname(), os.getpid(), now() + LEASE)
        other, tag = _read(store, key)
        if other is None or other.until <= now() or _dead(other):
            try:
                return Lock(store, key, claim, store.put(key, whole(msgspec.json.encode(claim)), _JSON, tag), clock)
            except Conflict:
                continue  # somebody was quicker; look who
        if now() >= patience:
            raise DeployRefused(
                f"{other.by} is deploying to this target.", hint="Wait for that deploy, then run this again."
            )
        if not told:
            say(f"{other.by} holds the lock of this target; waiting up to {LEASE:.0f} s for it …")
            told = True
        clock.sleep(min(1.0, max(0.05, other.until - now())))


def _read(store: Store, key: str) -> tuple[Claim | None, str]:
    blob = store.get(key)
    if blob is None:
        return None, ABSENT
    try:
        return msgspec.json.decode(blob.data, type=Claim), blob.tag
    except msgspec.MsgspecError:
        return None, blob.tag  # a damaged lock protects nobody


def _dead(claim: Claim) -> bool:
    """Tell whether the owner was a process of this machine that is gone."""
    if os.name != "posix" or claim.host != socket.gethostname():
        return False
    try:
        os.kill(claim.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
