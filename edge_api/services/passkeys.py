"""Passkeys: an anonymous learner becomes an account, and an account is found again on any device.

Each ceremony has a challenge of its own, kept as a digest in SQL, bound to its purpose and session, open for five
minutes and used up by the first answer, right or wrong. User verification is always required. A ceremony that
succeeds changes the cookie: the old one lives on as an alias with the old rights for half a minute.
"""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

import msgspec
from webauthn.helpers import bytes_to_base64url

from edge_api import keys
from edge_api.problems import Refused
from edge_api.services import calendar, ceremony, merge, visibility
from edge_api.services import sessions as session_service
from edge_api.stores import learners, passkeys, sessions
from edge_api.stores.writes import execute

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_api.services.ceremony import Site
    from edge_api.services.scoring import Book
    from edge_api.services.sessions import Current, Issued
    from edge_api.stores.database import Connection, Database

_OPEN = 5 * 60 * 1_000_000
_PER_LEARNER = 20
_CODES = 8

log = logging.getLogger("edge.passkey")


class Done(msgspec.Struct, frozen=True):
    """A ceremony that succeeded: the new session, its learner, and recovery codes where they are new."""

    issued: Issued
    owner: sessions.Owner
    codes: tuple[str, ...] = ()


class Passkeys:
    """The ceremonies."""

    def __init__(self, database: Database, book: Callable[[], Book], active_days: int) -> None:
        self._database = database
        self._book = book
        self._active_days = active_days

    async def registration_options(self, current: Current, site: Site) -> bytes:
        """Open a registration for the learner who asks."""
        challenge = secrets.token_bytes(32)
        async with self._database.write() as connection:
            learner = await self._locked(connection, current.owner.id)
            user = learner.passkey_user or secrets.token_bytes(32)
            if learner.passkey_user is None:
                await execute(connection, learners.change(learner.id, passkey_user=user))
            known = await passkeys.of(connection, learner.id)
            await self._open(connection, challenge, "register", current.session.name, learner.now)
        return ceremony.registration_options(site, user, learner.handle, challenge, [each.id for each in known])

    async def register(self, current: Current, site: Site, credential: bytes, label: str) -> Done:
        """Finish a registration: the learner is an account from now on, under a new cookie."""
        challenge = await self._challenge(credential, "register", current.session.name)
        verified = ceremony.verified_registration(site, credential, challenge)
        async with self._database.write() as connection:
            learner = await self._locked(connection, current.owner.id)
            mine = await passkeys.of(connection, learner.id)
            if len(mine) >= _PER_LEARNER:
                raise Refused("too-many-passkeys", f"An account has at most {_PER_LEARNER}.")
            passkey = passkeys.Passkey(
                id=bytes_to_base64url(verified.credential_id),
                learner_id=learner.id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                label=_label(label),
                created_at=learner.now,
                last_used_at=None,
            )
            if not await passkeys.add(connection, passkey):
                raise Refused("passkey-known")
            codes = () if mine else await self._new_codes(connection, learner.id)
            await execute(connection, learners.change(learner.id, anonymous=False))
            account = msgspec.structs.replace(learner, anonymous=False)
            await visibility.review(connection, account, self._active_days)
            issued = _issue(current, account, current.session.device)
            await self._leave(connection, current, account, issued)
            await sessions.add(connection, issued.session)
        log.info("passkey registered", extra={"session": issued.session.name, "learner": learner.id})
        return Done(issued, _owner(account), codes)

    async def sign_in_options(self, current: Current | None, site: Site) -> bytes:
        """Open a sign-in for whoever asks; the browser knows which passkeys it has."""
        challenge = secrets.token_bytes(32)
        async with self._database.write() as connection:
            now = await self._database.now(connection)
            await self._open(connection, challenge, "sign-in", current.session.name if current else "", now)
        return ceremony.sign_in_options(site, challenge)

    async def sign_in(self, current: Current | None, site: Site, credential: bytes, device: str) -> Done:
        """Finish a sign-in: what was done anonymously on this device joins the account, under a new cookie."""
        challenge = await self._challenge(credential, "sign-in", current.session.name if current else "")
        credential_id = str(msgspec.json.decode(credential).get("id", ""))
        async with self._database.read() as connection:
            passkey = await passkeys.find(connection, credential_id)
        if passkey is None:
            raise Refused("passkey-refused", "This passkey is not known here.")
        count = ceremony.verified_sign_count(site, credential, challenge, passkey)
        async with self._database.write() as connection:
            done = await self._enter(connection, current, passkey.learner_id, device)
            if not await passkeys.used(connection, passkey.id, count, done.issued.session.created_at):
                raise Refused("passkey-refused", "This passkey seems to be a copy.")
        log.info("signed in", extra={"session": done.issued.session.name, "learner": passkey.learner_id})
        return done

    async def recover(self, current: Current | None, code: str, device: str) -> Done:
        """Sign in with a recovery code, which is used up."""
        digest = keys.recovery_digest(code)
        async with self._database.write() as connection:
            learner_id = await passkeys.whose_recovery_code(connection, digest)
            # The learner's row first, as everywhere: whoever deletes the account goes on to delete its codes.
            done = None if learner_id is None else await self._enter(connection, current, learner_id, device)
            if done is None or not await passkeys.use_recovery_code(connection, digest):
                raise Refused("code-refused", "It may have been used before.")
        log.info("recovered", extra={"session": done.issued.session.name, "learner": learner_id})
        return done

    async def of(self, learner_id: str) -> tuple[list[passkeys.Passkey], int]:
        """Return a learner's passkeys, and how many recovery codes are left."""
        async with self._database.read() as connection:
            return await passkeys.of(connection, learner_id), await passkeys.count_recovery_codes(
                connection, learner_id
            )

    async def remove(self, learner_id: str, credential: str) -> None:
        """Remove a passkey, but never the only one."""
        async with self._database.write() as connection:
            await self._locked(connection, learner_id)
            mine = await passkeys.of(connection, learner_id)
            if credential not in {each.id for each in mine}:
                raise Refused("not-found", "There is no such passkey.")
            if len(mine) == 1:
                raise Refused("last-passkey", "Register another one first, or delete the account.")
            await passkeys.remove(connection, learner_id, credential)
        log.info("passkey removed", extra={"learner": learner_id})

    async def new_codes(self, learner_id: str) -> tuple[str, ...]:
        """Replace a learner's recovery codes."""
        async with self._database.write() as connection:
            learner = await self._locked(connection, learner_id)
            if learner.anonymous:
                raise Refused("needs-passkey")
            return await self._new_codes(connection, learner_id)

    async def sweep(self, limit: int) -> int:
        """Delete challenges that nobody answered; return how many there were."""
        async with self._database.write() as connection:
            now = await self._database.now(connection)
            return await passkeys.sweep_challenges(self._database, connection, now, limit)

    async def _enter(self, connection: Connection, current: Current | None, learner_id: str, device: str) -> Done:
        """Lock everybody concerned in one order, merge an anonymous guest, and issue the new session."""
        guest_id = current.owner.id if current is not None else learner_id
        locked = {each: await self._locked(connection, each) for each in sorted({guest_id, learner_id})}
        account, guest = locked[learner_id], locked[guest_id]
        issued = _issue(current, account, device)
        if current is not None:
            await self._leave(connection, current, account, issued)
        if guest.id != account.id and guest.anonymous:
            await merge.merge(connection, guest, account, self._book())
            account = await self._locked(connection, learner_id)
            await visibility.review(connection, account, self._active_days)
        await sessions.add(connection, issued.session)
        return Done(issued, _owner(account))

    async def _leave(self, connection: Connection, current: Current, account: learners.Learner, issued: Issued) -> None:
        """Make the old session an alias of the new one, or end it where it was another account's."""
        old = current.session
        if current.owner.id != account.id and not current.owner.anonymous:
            await sessions.end(connection, current.owner.id, old.name)
            return
        until = account.now + session_service.ALIAS
        reads = current.owner.id == account.id
        if not await sessions.replace(connection, old.id, issued.session.id, account.id, until, reads=reads):
            raise Refused("session-renewed", "Another request was faster.")

    async def _new_codes(self, connection: Connection, learner_id: str) -> tuple[str, ...]:
        codes = tuple(keys.new_recovery_code() for _ in range(_CODES))
        await passkeys.set_recovery_codes(connection, learner_id, [keys.recovery_digest(code) for code in codes])
        return codes

    async def _open(self, connection: Connection, challenge: bytes, purpose: str, session_name: str, now: int) -> None:
        digest = keys.digest(bytes_to_base64url(challenge))
        await passkeys.open_challenge(connection, digest, purpose, session_name, now + _OPEN)

    async def _challenge(self, credential: bytes, purpose: str, session_name: str) -> bytes:
        """Use up the challenge that the browser signed, before anything else is looked at."""
        challenge = ceremony.challenge_of(credential)
        async with self._database.write() as connection:
            now = await self._database.now(connection)
            digest = keys.digest(bytes_to_base64url(challenge))
            good = await passkeys.use_challenge(connection, digest, purpose, session_name, now)
        if not good:
            raise Refused("passkey-refused", "The ceremony is over; begin again.")
        return challenge

    async def _locked(self, connection: Connection, learner_id: str) -> learners.Learner:
        learner = await learners.lock(self._database, connection, learner_id)
        if learner is None:
            raise Refused("no-session")
        return learner


def _issue(current: Current | None, account: learners.Learner, device: str) -> Issued:
    started_at = current.session.started_at if current is not None else account.now
    synced_at = current.session.synced_at if current is not None else account.now - calendar.FIRST_SYNC_GRACE
    return session_service.issue(
        account.id, account.now, device, started_at=started_at, synced_at=synced_at, authenticated_at=account.now
    )


def _owner(learner: learners.Learner) -> sessions.Owner:
    return msgspec.convert(msgspec.structs.asdict(learner), sessions.Owner)


def _label(text: str) -> str:
    printable = "".join(letter for letter in text if letter.isprintable()).strip()
    return printable[:60] or "Passkey"
