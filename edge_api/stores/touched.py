"""What a transaction touched, collected while it runs, for those who follow its commit.

Each thing is one *word*, its kind and its id:

    learner/<id>     a learner's row
    place/<id>       what boards show of a learner
    session/<id>     a session's row
    ended/<id>       a session that is gone, or has other rights than before
    board/<scope>    a board: of a course, or with no name that of all courses
    group/<name>     answers of a group (``edge_api.groups``): they are old now
    message/<id>     the outbox's message that holds all the other words

A word is added where the row is written, so that no service can forget to.
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
    """Add one word for each id to those of the transaction under way."""
    connection.info.setdefault(_TOUCHED, set()).update(f"{kind}/{each}" for each in ids)


def say(connection: AsyncConnection, words: Iterable[str]) -> None:
    """Say these words, as they are."""
    connection.info.setdefault(_TOUCHED, set()).update(words)


def ids(words: Iterable[str], kind: str) -> list[str]:
    """Return the ids that words of one kind name, sorted."""
    return sorted(word.partition("/")[2] for word in words if word.startswith(f"{kind}/"))
