"""The talk of a deploy on stderr: sentences, and a bar where somebody looks on."""

from __future__ import annotations

import sys
from threading import Lock

from builder.steps.release.operation import Operation

_WIDTH = 28


class Console:
    """Counts operations against the plan's total; draws only on a terminal."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._total = 0
        self._count = 0
        self._drawn = False
        self._turn = Lock()
        self._live = not quiet and sys.stderr.isatty()

    def expect(self, operations: int) -> None:
        """Set the length of the bar."""
        self._total = operations

    def say(self, sentence: str) -> None:
        """Say a sentence on a line of its own."""
        with self._turn:
            self._clear()
            print(sentence, file=sys.stderr, flush=True)

    def done(self, operation: Operation) -> None:
        """Count an operation and move the bar."""
        with self._turn:
            self._count += 1
            if self._live and self._total:
                full = min(_WIDTH, _WIDTH * self._count // self._total)
                bar = "█" * full + "░" * (_WIDTH - full)
                path = operation.path[-40:]
                print(f"\r\x1b[K{bar} {self._count}/{self._total} {path}", end="", file=sys.stderr, flush=True)
                self._drawn = True

    def close(self) -> None:
        """Take the bar away."""
        with self._turn:
            self._clear()

    def _clear(self) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._drawn = False
