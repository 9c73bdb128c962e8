"""Events as they come: well formed and ready to be judged, or spoiled, which fails no neighbour."""

from __future__ import annotations

import hashlib

import msgspec

from edge_api.schemas.progress import Event
from edge_api.services import calendar


class Told(msgspec.Struct, frozen=True):
    """An event that is well formed, ready to be judged."""

    event: Event
    key: str
    """The id in one case."""
    digest: str
    at: int
    offset: int
    body: str


class Spoiled(msgspec.Struct, frozen=True):
    """What came in an event's place."""

    id: str | None


def told(raw: bytes) -> Told | Spoiled:
    """Return an event that is well formed, or what is left of one that is not."""
    try:
        event = msgspec.json.decode(raw, type=Event)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return Spoiled(_id_of(raw))
    moment = calendar.moment(event.at)
    if moment is None or "\0" in event.item:
        return Spoiled(event.id)
    at, offset = moment
    choices = sorted(set(event.choices)) if isinstance(event.choices, tuple) else None
    answer = event.answer if isinstance(event.answer, str) else None
    canonical = msgspec.json.encode([event.type, event.item, choices, answer, at])
    body = msgspec.json.encode(event).decode()
    return Told(event, event.id.lower(), hashlib.sha256(canonical).hexdigest(), at, offset, body)


def _id_of(raw: bytes) -> str | None:
    class Named(msgspec.Struct):
        id: str

    try:
        return msgspec.json.decode(raw, type=Named).id[:100]
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
