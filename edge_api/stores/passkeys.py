"""Passkeys, recovery codes and the challenges of ceremonies under way: each challenge and code is used once.

Using up is one DELETE that returns what it deleted: of two requests with the same challenge, one finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from edge_api.stores.database import Database


class Passkey(msgspec.Struct, frozen=True):
    """A passkey's row; ``id`` is the credential id in base64url."""

    id: str
    learner_id: str
    public_key: bytes
    sign_count: int
    label: str
    created_at: int
    last_used_at: int | None


_COLUMNS = ", ".join(Passkey.__struct_fields__)


async def of(connection: AsyncConnection, learner: str) -> list[Passkey]:
    """Return a learner's passkeys, oldest first."""
    sql = f"SELECT {_COLUMNS} FROM passkey WHERE learner_id = :learner ORDER BY created_at, id"  # noqa: S608 - names from this file
    rows = await connection.execute(text(sql), {"learner": learner})
    return [msgspec.convert(row._mapping, Passkey) for row in rows]  # noqa: SLF001 - the documented name of a row as a mapping


async def find(connection: AsyncConnection, credential: str) -> Passkey | None:
    """Return the passkey with this credential id."""
    sql = f"SELECT {_COLUMNS} FROM passkey WHERE id = :id"  # noqa: S608 - names from this file
    row = (await connection.execute(text(sql), {"id": credential})).one_or_none()
    return None if row is None else msgspec.convert(row._mapping, Passkey)  # noqa: SLF001 - the documented name of a row as a mapping


async def add(connection: AsyncConnection, passkey: Passkey) -> bool:
    """Insert a passkey; tell whether it was new."""
    names = ", ".join(f":{name}" for name in Passkey.__struct_fields__)
    sql = f"INSERT INTO passkey ({_COLUMNS}) VALUES ({names}) ON CONFLICT (id) DO NOTHING"  # noqa: S608 - names from this file
    return bool((await connection.execute(text(sql), msgspec.structs.asdict(passkey))).rowcount)


async def used(connection: AsyncConnection, credential: str, sign_count: int, now: int) -> bool:
    """Remember a use; tell whether the count still went up (an authenticator that counts, counted twice, is a copy)."""
    sql = """
        UPDATE passkey SET sign_count = :count, last_used_at = :now
        WHERE id = :id AND (sign_count < :count OR (sign_count = 0 AND :count = 0))
    """
    return bool((await connection.execute(text(sql), {"id": credential, "count": sign_count, "now": now})).rowcount)


async def remove(connection: AsyncConnection, learner: str, credential: str) -> bool:
    """Delete a learner's passkey; tell whether there was one."""
    sql = "DELETE FROM passkey WHERE learner_id = :learner AND id = :id"
    return bool((await connection.execute(text(sql), {"learner": learner, "id": credential})).rowcount)


async def open_challenge(
    connection: AsyncConnection, challenge: str, purpose: str, session_name: str, until: int
) -> None:
    """Keep the digest of a challenge until it is used or over."""
    sql = """
        INSERT INTO challenge (id, purpose, session_name, expires_at) VALUES (:id, :purpose, :session, :until)
    """
    values = {"id": challenge, "purpose": purpose, "session": session_name, "until": until}
    await connection.execute(text(sql), values)


async def use_challenge(connection: AsyncConnection, challenge: str, purpose: str, session_name: str, now: int) -> bool:
    """Use up a challenge; tell whether it was open, for this purpose and this session."""
    sql = """
        DELETE FROM challenge WHERE id = :id
        RETURNING purpose = :purpose AND session_name = :session AND expires_at > :now AS good
    """
    values = {"id": challenge, "purpose": purpose, "session": session_name, "now": now}
    return bool((await connection.execute(text(sql), values)).scalar_one_or_none())


async def sweep_challenges(database: Database, connection: AsyncConnection, now: int, limit: int) -> int:
    """Delete challenges that are over."""
    sql = f"""
        DELETE FROM challenge WHERE id IN (
            SELECT id FROM challenge WHERE expires_at < :now LIMIT :limit{database.lock_idle})
    """  # noqa: S608 - the words are ours
    return (await connection.execute(text(sql), {"now": now, "limit": limit})).rowcount


async def set_recovery_codes(connection: AsyncConnection, learner: str, digests: Iterable[str]) -> None:
    """Replace a learner's recovery codes."""
    await connection.execute(text("DELETE FROM recovery_code WHERE learner_id = :learner"), {"learner": learner})
    sql = "INSERT INTO recovery_code (id, learner_id) VALUES (:id, :learner)"
    await connection.execute(text(sql), [{"id": digest, "learner": learner} for digest in digests])


async def count_recovery_codes(connection: AsyncConnection, learner: str) -> int:
    """Return how many recovery codes a learner has left."""
    sql = "SELECT COUNT(*) FROM recovery_code WHERE learner_id = :learner"
    return int((await connection.execute(text(sql), {"learner": learner})).scalar_one())


async def whose_recovery_code(connection: AsyncConnection, digest: str) -> str | None:
    """Return whose recovery code this is."""
    sql = "SELECT learner_id FROM recovery_code WHERE id = :id"
    return (await connection.execute(text(sql), {"id": digest})).scalar_one_or_none()


async def use_recovery_code(connection: AsyncConnection, digest: str) -> bool:
    """Use up a recovery code of a locked learner; tell whether it was still there."""
    return bool((await connection.execute(text("DELETE FROM recovery_code WHERE id = :id"), {"id": digest})).rowcount)
