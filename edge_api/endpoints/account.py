"""What learners decide about themselves: handle, visibility, export, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_api.endpoints import bodies, door
from edge_api.endpoints.answers import nothing, personal
from edge_api.endpoints.session import learner
from edge_api.schemas.learner import Handle, Session, Visibility

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def rename(request: Request) -> Response:
    """Change the handle."""
    found = door.current(request)
    await door.limit(request, door.RENAMES, found.owner.id)
    wanted = await bodies.read(request, Handle)
    handle = await door.edge(request).accounts.rename(found.owner.id, wanted.handle)
    return personal(Session(learner(request, msgspec.structs.replace(found.owner, handle=handle))))


async def show(request: Request) -> Response:
    """Agree to appear on boards, or no longer."""
    found = door.current(request)
    wanted = await bodies.read(request, Visibility)
    await door.edge(request).accounts.show(found.owner.id, visible=wanted.visible)
    return personal(Session(learner(request, msgspec.structs.replace(found.owner, visible=wanted.visible))))


async def export(request: Request) -> Response:
    """Return all that is kept about the learner."""
    found = door.current(request)
    everything = await door.edge(request).accounts.export(found.owner.id)
    return personal(everything, headers={"Content-Disposition": 'attachment; filename="coursewright-export.json"'})


async def delete(request: Request) -> Response:
    """Delete the learner and everything that is theirs."""
    found = door.current(request)
    await door.edge(request).accounts.delete(found.owner.id)
    request.state.ended = True
    return nothing()
