"""Errors of the file system that say which file: the system names none when a write fails, as on a full disk."""

from __future__ import annotations

import os


def named(error: OSError, path: str | os.PathLike[str]) -> OSError:
    """Return the error with the file's name in it."""
    if error.filename is None:
        error.filename = os.fspath(path)
    return error
