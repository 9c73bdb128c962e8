"""The garbage collector of a process that builds."""

from __future__ import annotations

import gc


def relax() -> None:
    """Let the garbage collector look far less often at what lives long.

    A build makes millions of values and few cycles; looking through them again and again takes a tenth of it.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
