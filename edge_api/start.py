"""What is looked at before a service begins, so that what an operator can mend is said in a sentence, not in a trace.

An address that can be listened on, and, for a single instance, a folder that can be written and a file in it that is a
database. All of it may still go wrong a moment later; then the log has the trace.
"""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from edge_api.data_folder import prepare
from edge_api.settings import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from edge_api.settings import Settings


def check(settings: Settings, host: str, port: int) -> None:
    """Raise a ``SettingsError`` that names what a service with these settings would stumble over."""
    _listens(host, port)
    if not settings.shared:
        _keeps(settings.data)


def _listens(host: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as line:
            # As the server will ask for it: what a process that has just ended left behind is no hindrance.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            line.bind((host, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(
            f"Nobody can listen on {host}, port {port}: {reason}. --port chooses another one."
        ) from error


def _keeps(folder: Path) -> None:
    try:
        prepare(folder)
        with closing(sqlite3.connect(folder / "edge.sqlite3")) as line:
            line.execute("BEGIN IMMEDIATE")
            line.rollback()
    except (OSError, sqlite3.DatabaseError) as error:
        # Somebody who writes there at this moment shows that it can be done.
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_BUSY:
            raise SettingsError(
                f"{folder} can't hold the database: {error}. EDGE_DATA names another folder."
            ) from error
