"""The ceremonies of passkeys, and the codes for whoever lost theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from edge_api.endpoints import bodies, door
from edge_api.endpoints.answers import PERSONAL, nothing, personal
from edge_api.endpoints.session import learner
from edge_api.problems import Refused
from edge_api.schemas.learner import Assertion, Passkey, Passkeys, RecoveryCode, RecoveryCodes, Registration, SignedIn
from edge_api.services import calendar
from edge_api.services.ceremony import Site

if TYPE_CHECKING:
    from starlette.requests import Request

    from edge_api.services.passkeys import Done
    from edge_api.services.sessions import Current


async def registration_options(request: Request) -> Response:
    """Open a registration."""
    await _slowly(request)
    return _options(await door.edge(request).passkeys.registration_options(door.current(request), _site(request)))


async def register(request: Request) -> Response:
    """Finish a registration; the learner is an account from now on."""
    await _slowly(request)
    told = await bodies.read(request, Registration)
    credential = msgspec.json.encode(told.credential)
    done = await door.edge(request).passkeys.register(door.current(request), _site(request), credential, told.label)
    return _signed_in(request, done)


async def sign_in_options(request: Request) -> Response:
    """Open a sign-in."""
    await _slowly(request)
    return _options(await door.edge(request).passkeys.sign_in_options(_guest(request), _site(request)))


async def sign_in(request: Request) -> Response:
    """Finish a sign-in; what was done anonymously here joins the account."""
    await _slowly(request)
    told = await bodies.read(request, Assertion)
    credential = msgspec.json.encode(told.credential)
    passkeys = door.edge(request).passkeys
    return _signed_in(
        request, await passkeys.sign_in(_guest(request), _site(request), credential, door.device(request))
    )


async def recover(request: Request) -> Response:
    """Sign in with a recovery code."""
    await door.limit(request, door.GUESSES, door.address(request))
    told = await bodies.read(request, RecoveryCode)
    passkeys = door.edge(request).passkeys
    return _signed_in(request, await passkeys.recover(_guest(request), told.code, door.device(request)))


async def every(request: Request) -> Response:
    """List the learner's passkeys."""
    passkeys, codes = await door.edge(request).passkeys.of(door.current(request).owner.id)
    shown = tuple(
        Passkey(
            id=each.id,
            label=each.label,
            created_at=calendar.iso(each.created_at),
            last_used_at=None if each.last_used_at is None else calendar.iso(each.last_used_at),
        )
        for each in passkeys
    )
    return personal(Passkeys(shown, codes))


async def remove(request: Request) -> Response:
    """Remove a passkey, but never the only one."""
    await door.edge(request).passkeys.remove(door.current(request).owner.id, request.path_params["id"])
    return nothing()


async def new_codes(request: Request) -> Response:
    """Replace the recovery codes."""
    codes = await door.edge(request).passkeys.new_codes(door.current(request).owner.id)
    return personal(RecoveryCodes(codes))


async def _slowly(request: Request) -> None:
    await door.limit(request, door.CEREMONIES, door.address(request))


def _guest(request: Request) -> Current | None:
    found = door.guest(request)
    if found is not None and found.alias:
        raise Refused("session-renewed", "Ask again with the new cookie.")
    return found


def _site(request: Request) -> Site:
    origin = door.edge(request).settings.origin
    if origin:
        return Site(origin.partition("://")[2].partition(":")[0], origin)
    # On loopback the guard let only loopback names in; browsers take no IP address as an RP ID.
    return Site("localhost", f"http://{request.headers['host'].lower()}")


def _options(options: bytes) -> Response:
    return Response(options, 200, {"Cache-Control": PERSONAL}, "application/json")


def _signed_in(request: Request, done: Done) -> Response:
    request.state.issued = done.issued
    return personal(SignedIn(learner(request, done.owner), done.codes or msgspec.UNSET))
