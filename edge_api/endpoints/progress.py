"""/api/progress and /api/achievements: what a learner did, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from edge_api.endpoints import bodies, door, queries
from edge_api.endpoints.answers import personal
from edge_api.schemas.progress import Batch, Earned
from edge_api.services import calendar, scoring
from edge_api.services.events import parse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from edge_api.stores.ledger import Recorded

PAGE = 1000


async def tell(request: Request) -> Response:
    """Record a batch of events; a batch that is sent again gets its first answers."""
    batch = await bodies.read(request, Batch)
    events = [parse(bytes(event)) for event in batch.events]
    results = await door.edge(request).ledger.take(door.current(request), events)
    replayed = all(result.status == "replayed" for result in results.results)
    return personal(results, headers={"Idempotency-Replayed": "true"} if replayed else None)


async def history(request: Request) -> Response:
    """Return what the learner has done, in order of receipt."""
    services = door.edge(request)
    owner = door.current(request).owner
    limit = queries.count(request, "limit", PAGE, PAGE)
    after = queries.position(request, "cursor")
    progress = await services.ledger.history(owner, after, limit + 1)
    events = progress.events[:limit]
    return personal(
        {
            "events": [_shown(event) for event in events],
            "next": str(events[-1].seq) if len(progress.events) > limit else None,
            "xp": progress.xp,
            "level": scoring.level(progress.xp, services.documents.book.awards.levels.step),
            "streak": progress.streak,
        }
    )


async def achievements(request: Request) -> Response:
    """Return what the learner has earned, oldest first."""
    services = door.edge(request)
    have = await services.ledger.achievements(door.current(request).owner.id)
    known = {each.id: each for each in services.documents.book.awards.achievements}
    return personal(
        [
            Earned(name, known[name].title, known[name].description, calendar.iso(at))
            for name, at in have.items()
            # What the site no longer offers stays in the ledger, but has no name to show.
            if name in known
        ]
    )


def _shown(event: Recorded) -> dict[str, Any]:
    told = msgspec.json.decode(event.body)
    return {
        **told,
        "received_at": calendar.iso(event.received_at),
        "status": event.status,
        "code": event.code,
        "xp": event.xp,
    }
