"""/api/session and /api/sessions: who is asking, and on which devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_api.endpoints import door
from edge_api.endpoints.answers import nothing, personal
from edge_api.schemas.learner import Device, Devices, Learner, Session
from edge_api.services import calendar, scoring
from edge_api.services.sessions import expires_at

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from edge_api.stores.sessions import Owner


async def show(request: Request) -> Response:
    """Tell who is asking; nobody, without a session."""
    found = door.guest(request)
    return personal(Session(None if found is None else learner(request, found.owner)))


async def begin(request: Request) -> Response:
    """Make an anonymous session; who has one keeps it."""
    found = door.guest(request)
    if found is not None:
        return personal(Session(learner(request, found.owner)))
    await door.limit(request, door.ADDRESS_NEW, door.address(request))
    issued, owner = await door.edge(request).sessions.begin(door.device(request))
    request.state.issued = issued
    return personal(Session(learner(request, owner)), 201)


async def end(request: Request) -> Response:
    """Sign out here."""
    found = door.current(request)
    await door.edge(request).sessions.end(found.owner.id, found.session.name)
    request.state.ended = True
    return nothing()


async def devices(request: Request) -> Response:
    """List the learner's sessions."""
    found = door.current(request)
    sessions = await door.edge(request).sessions.devices(found.owner.id)
    return personal(
        Devices(
            tuple(
                Device(
                    id=each.name,
                    current=each.name == found.session.name or each.id == found.session.replaced_by,
                    created_at=calendar.iso(each.started_at),
                    last_seen_at=calendar.iso(each.last_seen_at),
                    expires_at=calendar.iso(expires_at(each)),
                    device=each.device,
                )
                for each in sessions
            )
        )
    )


async def end_one(request: Request) -> Response:
    """Sign out one device."""
    found = door.current(request)
    name = request.path_params["id"]
    await door.edge(request).sessions.end(found.owner.id, name)
    request.state.ended = name == found.session.name
    return nothing()


async def end_all(request: Request) -> Response:
    """Sign out everywhere, here too."""
    found = door.current(request)
    await door.edge(request).sessions.end_all(found.owner.id)
    request.state.ended = True
    return nothing()


def learner(request: Request, owner: Owner) -> Learner:
    """Return a learner as they may know themselves."""
    step = door.edge(request).documents.book.awards.levels.step
    return Learner(owner.handle, owner.anonymous, owner.xp, scoring.level(owner.xp, step), owner.visible)
