"""Templates' code: compiled once in a process, and handed from one build to the next.

Compiling what a lesson is made of takes far longer than rendering one. A process that is forked has what was compiled
before; a build that makes one page again gets it from the cache.
"""

from __future__ import annotations

import importlib.util
import marshal
from types import CodeType

import jinja2
from jinja2.bccache import Bucket


class Compiled(jinja2.BytecodeCache):
    """The code of the templates that this process has met, by name and source."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template's code where it was compiled before from the same source."""
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code."""
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code

    def packed(self) -> bytes:
        """Return all that is known, for a process of the same Python and Jinja."""
        return marshal.dumps(self._known)

    def unpack(self, data: bytes) -> None:
        """Know what another process did; the bytes are from a cache that has verified them."""
        self._known.update(marshal.loads(data))  # noqa: S302 - our own cache, as trusted as the bytecode of our modules


COMPILED = Compiled()


def reads_as() -> bytes:
    """Return what code is made for: it means nothing to another Python or Jinja."""
    return importlib.util.MAGIC_NUMBER + jinja2.__version__.encode()
