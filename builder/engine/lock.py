"""Locks on open files, held until the file is closed or the process ends."""

from __future__ import annotations

import sys
from typing import IO, Any

if sys.platform == "win32":  # pragma: no cover - the other half of a platform pair
    import msvcrt

    def try_lock(file: IO[Any]) -> bool:
        """Take the lock on an open file; tell whether it was free."""
        try:
            # A byte far beyond any data, so that readers are not kept out.
            file.seek(2**40)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def try_lock(file: IO[Any]) -> bool:
        """Take the lock on an open file; tell whether it was free."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
