"""Events as clients send them, parsed one by one: a malformed event fails none of the others in its batch."""

from __future__ import annotations

import hashlib

import msgspec

from edge_api.schemas.progress import Event
from edge_api.services import calendar


class Parsed(msgspec.Struct, frozen=True):
    """An event that is well formed; ``at`` is microseconds of UTC, ``offset`` minutes ahead of it."""

    event: Event
    key: str
    """The id in one case."""
    digest: str
    at: int
    offset: int
    body: str


class Malformed(msgspec.Struct, frozen=True):
    """What came in an event's place, and the id that it gave itself, if any."""

    id: str | None


def parse(raw: bytes) -> Parsed | Malformed:
    """Return an event that is well formed, or what is left of one that is not."""
    try:
        event = msgspec.json.decode(raw, type=Event)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return Malformed(_id_of(raw))
    moment = calendar.moment(event.at)
    if moment is None or "\0" in event.item:
        return Malformed(event.id)
    at, offset = moment
    choices = sorted(set(event.choices)) if isinstance(event.choices, tuple) else None
    answer = event.answer if isinstance(event.answer, str) else None
    canonical = msgspec.json.encode([event.type, event.item, choices, answer, at])
    body = msgspec.json.encode(event).decode()
    return Parsed(event, event.id.lower(), hashlib.sha256(canonical).hexdigest(), at, offset, body)


def _id_of(raw: bytes) -> str | None:
    class Named(msgspec.Struct):
        id: str

    try:
        return msgspec.json.decode(raw, type=Named).id[:100]
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
