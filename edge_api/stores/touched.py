"""What a transaction touched, collected while it runs, for those who follow its commit.

    learner/<id>     a learner's row
    place/<id>       what boards show of a learner
    session/<id>     a session's row
    ended/<id>       a session that is gone, or has other rights than before
    board/<scope>    a board: of a course, or with no name that of all courses
    group/<name>     answers of a group (``edge_api.groups``): they are old now
    letter/<id>      where in the outbox all this is on record

A word is said where the row is written, so that no service can forget to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

_TOUCHED = "touched"


def begin(connection: AsyncConnection) -> set[str]:
    """Return the set in which a transaction that begins collects what it touches."""
    found: set[str] = set()
    connection.info[_TOUCHED] = found
    return found


def touch(connection: AsyncConnection, kind: str, *ids: str) -> None:
    """Say that the transaction under way has touched something."""
    connection.info.setdefault(_TOUCHED, set()).update(f"{kind}/{each}" for each in ids)


def ids(words: Iterable[str], kind: str) -> list[str]:
    """Return what words of one kind name."""
    return sorted(word.partition("/")[2] for word in words if word.startswith(f"{kind}/"))
