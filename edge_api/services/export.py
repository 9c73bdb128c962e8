"""All that is kept about a learner, but for secrets, as a document that the learner can take along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from edge_api.problems import Refused
from edge_api.services.calendar import iso
from edge_api.stores import learners, ledger, passkeys, sessions

if TYPE_CHECKING:
    from edge_api.stores.database import Database

# More days than a life has.
_DAYS = 100_000


async def document(database: Database, learner_id: str) -> dict[str, Any]:
    """Return the document, with everything as it was at one moment."""
    async with database.snapshot() as connection:
        learner = await learners.get(database, connection, learner_id)
        if learner is None:
            raise Refused("no-session")
        events = await ledger.history(connection, learner_id, 0, learner.last_seq)
        awards = await ledger.awards(connection, learner_id)
        earned = await ledger.achievements(connection, learner_id)
        days = await ledger.days(connection, learner_id, limit=_DAYS)
        devices = await sessions.of(connection, learner_id)
        keys = await passkeys.of(connection, learner_id)
    return {
        "learner": _learner(learner),
        "events": [_event(event) for event in events],
        "awards": [
            {"kind": award.kind, "item": award.ref, "xp": award.points, "at": iso(award.at)} for award in awards
        ],
        "achievements": [{"id": name, "earned_at": iso(at)} for name, at in earned.items()],
        "days": days,
        "sessions": [{"id": each.name, "created_at": iso(each.created_at), "device": each.device} for each in devices],
        "passkeys": [{"id": each.id, "label": each.label, "created_at": iso(each.created_at)} for each in keys],
    }


def _learner(learner: learners.Learner) -> dict[str, Any]:
    return {
        "id": learner.id,
        "handle": learner.handle,
        "anonymous": learner.anonymous,
        "visible": learner.visible,
        "xp": learner.xp,
        "created_at": iso(learner.created_at),
        "last_active_at": iso(learner.last_active_at),
    }


def _event(event: ledger.Recorded) -> dict[str, Any]:
    return {
        **msgspec.json.decode(event.body),
        "received_at": iso(event.received_at),
        "status": event.status,
        "code": event.code,
        "xp": event.xp,
    }
