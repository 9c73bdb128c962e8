"""Sessions: who is asking, on every instance the same, because the database says so.

    anonymous    idle 400 days, absolute 5 years    the only key to somebody's progress, and to nothing else;
                                                    400 days is as long as a browser keeps a cookie
    account      idle 60 days, absolute 180 days    a passkey gets back in with one touch, so a lost phone need not
                                                    stay signed in for ever
    alias        30 seconds                         requests under way while a cookie changes
    fresh        15 minutes after a ceremony        what may hurt: passkeys, recovery codes, deleting an account

Unknown tokens are never adopted. A cookie changes whenever rights do. The life of a session is logged by its public
name, never by its secret.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from edge_api import handles, keys
from edge_api.problems import Refused
from edge_api.services import calendar
from edge_api.stores import learners, sessions
from edge_api.stores.writes import execute

if TYPE_CHECKING:
    from edge_api.services.clock import Clock
    from edge_api.services.session_cache import SessionSource
    from edge_api.stores.database import Connection, Database

SECOND = 1_000_000
DAY = 86_400 * SECOND
ANONYMOUS_IDLE, ANONYMOUS_LIFE = 400 * DAY, 5 * 365 * DAY
ACCOUNT_IDLE, ACCOUNT_LIFE = 60 * DAY, 180 * DAY
ALIAS = 30 * SECOND
FRESH = 15 * 60 * SECOND
_TOUCH = 60 * SECOND
_RENEW_COOKIE = DAY

log = logging.getLogger("edge.session")


class Current(msgspec.Struct, frozen=True):
    """A valid session and its learner, as one request sees them."""

    session: sessions.Session
    owner: sessions.Owner
    now: int
    renew_cookie: bool = False

    @property
    def alias(self) -> bool:
        """Whether the request came with a cookie that has just been replaced."""
        return self.session.alias_until is not None

    @property
    def fresh(self) -> bool:
        """Whether the learner proved a passkey a moment ago."""
        at = self.session.authenticated_at
        return at is not None and at > self.now - FRESH


class Issued(msgspec.Struct, frozen=True):
    """A new session and the secret that its cookie carries."""

    token: str
    session: sessions.Session


class Sessions:
    """Finds, makes, replaces and ends sessions."""

    def __init__(self, database: Database, clock: Clock, source: SessionSource, board_default: str) -> None:
        self._database = database
        self._clock = clock
        self._source = source
        self._visible = board_default == "visible"

    async def find(self, token: str) -> Current | None:
        """Return the session behind a cookie's value, or nothing if it is none that is valid now."""
        if not keys.plausible(token):
            return None
        found = await self._source.find(keys.digest(token))
        if found is None:
            return None
        now = await self._clock.now()
        if not _valid(*found, now):
            return None
        session, owner = found
        unseen = now - session.last_seen_at
        if unseen > _TOUCH and session.alias_until is None:
            async with self._database.write() as connection:
                await sessions.touch(connection, session.id, now)
        return Current(session, owner, now, unseen > _RENEW_COOKIE and session.alias_until is None)

    async def begin(self, device: str) -> tuple[Issued, sessions.Owner]:
        """Make an anonymous learner and their session."""
        async with self._database.write() as connection:
            now = await self._database.now(connection)
            learner = await self._new_learner(connection, now)
            issued = issue(learner.id, now, device, started_at=now, synced_at=now - calendar.FIRST_SYNC_GRACE)
            await sessions.add(connection, issued.session)
        log.info("session began", extra={"session": issued.session.name, "learner": learner.id})
        owner = msgspec.convert(msgspec.structs.asdict(learner), sessions.Owner)
        return issued, owner

    async def devices(self, learner_id: str) -> list[sessions.Session]:
        """Return a learner's valid sessions."""
        async with self._database.read() as connection:
            learner = await learners.get(self._database, connection, learner_id)
            found = await sessions.of(connection, learner_id)
        if learner is None:
            return []
        owner = msgspec.convert(msgspec.structs.asdict(learner), sessions.Owner)
        return [session for session in found if _valid(session, owner, learner.now)]

    async def end(self, learner_id: str, name: str) -> None:
        """End one session of a learner; the learner's row is locked first, so that two endings never deadlock."""
        async with self._database.write() as connection:
            await learners.lock(self._database, connection, learner_id)
            if not await sessions.end(connection, learner_id, name):
                raise Refused("not-found", "There is no such session.")
        log.info("session ended", extra={"session": name, "learner": learner_id})

    async def end_all(self, learner_id: str) -> None:
        """End all sessions of a learner, also those that some cache may still remember."""
        async with self._database.write() as connection:
            learner = await learners.lock(self._database, connection, learner_id)
            if learner is not None:
                await execute(connection, learners.change(learner_id, sessions_valid_after=learner.now))
                await sessions.end_all(connection, learner_id)
        log.info("all sessions ended", extra={"learner": learner_id})

    async def _new_learner(self, connection: Connection, now: int) -> learners.Learner:
        while True:
            handle = handles.made_up()
            learner = learners.Learner(
                id=keys.new_id(),
                handle=handle,
                anonymous=True,
                visible=self._visible,
                listed=False,
                xp=0,
                lessons=0,
                achievements=0,
                pending=0,
                last_seq=0,
                judged_with="",
                utc_offset=0,
                created_at=now,
                last_active_at=now,
                sessions_valid_after=0,
                passkey_user=None,
                now=now,
            )
            if await learners.add(connection, learner, handles.key(handle)):
                return learner


def issue(
    learner_id: str,
    now: int,
    device: str,
    *,
    started_at: int,
    synced_at: int,
    authenticated_at: int | None = None,
) -> Issued:
    """Return a new session with a new secret; the caller stores it in the transaction that gives it its rights."""
    token = keys.new_token()
    session = sessions.Session(
        id=keys.digest(token),
        name=keys.new_id(),
        learner_id=learner_id,
        created_at=now,
        started_at=started_at,
        last_seen_at=now,
        authenticated_at=authenticated_at,
        synced_at=synced_at,
        replaced_by=None,
        alias_until=None,
        alias_reads=True,
        device=device,
    )
    return Issued(token, session)


def limits(session: sessions.Session) -> tuple[int, int]:
    """Return a session's idle and absolute limits."""
    if session.authenticated_at is None:
        return ANONYMOUS_IDLE, ANONYMOUS_LIFE
    return ACCOUNT_IDLE, ACCOUNT_LIFE


def expires_at(session: sessions.Session) -> int:
    """Return when a session ends if it is not used again."""
    idle, life = limits(session)
    return min(session.last_seen_at + idle, (session.authenticated_at or session.created_at) + life)


def _valid(session: sessions.Session, owner: sessions.Owner, now: int) -> bool:
    if session.alias_until is not None and session.alias_until <= now:
        return False
    return expires_at(session) > now and session.created_at >= owner.sessions_valid_after
