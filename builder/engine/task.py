"""A task is a step with its arguments; its key is the digest of both.

An argument is one of three kinds, and the step cannot tell which: a plain value, encoded where the task is made; a
``Shared`` value, encoded and hashed once for the many tasks that take it; a ``Record``, which lies in the store and
whose bytes only the process that runs the task will read. The key is over what the function will see, whatever the
kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from builder.engine.step import identity_of
from builder.engine.store import Record, digest

_encoder = msgspec.msgpack.Encoder()


class Shared(NamedTuple):
    """A value that many tasks take: its digest and its encoded bytes."""

    digest: bytes
    data: bytes


def share(value: Any) -> Shared:
    """Return a value as a shared argument."""
    data = encode(value)
    return Shared(digest(data), data)


def encode(value: Any) -> bytes:
    """Return a value's bytes; dicts keep their own order, since a step can see it."""
    return _encoder.encode(value)


class Task(NamedTuple):
    """A step and its arguments, ready to run: plain values are encoded already.

    ``into`` names a file for a result that is bytes (a page, an image); other results are remembered in the store.
    """

    step: Callable[..., Any]
    arguments: tuple[bytes | Shared | Record, ...]
    into: str = ""


def task(step: Callable[..., Any], *arguments: Any, into: str = "") -> Task:
    """Return the task of a step on these arguments."""
    encoded = tuple(argument if isinstance(argument, (Shared, Record)) else encode(argument) for argument in arguments)
    return Task(step, encoded, into)


def key_of(made: Task) -> bytes:
    """Return the task's key: the digest of the step's identity and of each argument's digest."""
    whole = hashlib.sha256(identity_of(made.step))
    for argument in made.arguments:
        whole.update(digest(argument) if isinstance(argument, bytes) else argument.digest)
    return whole.digest()
