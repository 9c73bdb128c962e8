"""The door of personal routes: rate limits, the session and its rights on the way in, the cookie on the way out."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, cast

from edge_api.problems import Refused, Unavailable
from edge_api.stores.limits import Rate

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from edge_api.services.edge import Edge
    from edge_api.services.sessions import Current, Issued
    from edge_api.settings import Network

SAFE = frozenset({"GET", "HEAD"})
COOKIE_SECONDS = 400 * 86_400

# A page saves progress every few seconds at most, a device that comes back a few batches at once; a school's class
# sits behind one address. Guessing gets less.
READS = Rate("session-read", 120, 600)
WRITES = Rate("session-write", 60, 120)
ADDRESS_WRITES = Rate("address-write", 600, 1200)
ADDRESS_NEW = Rate("address-new", 120, 60)
CEREMONIES = Rate("ceremony", 20, 10)
GUESSES = Rate("guess", 5, 5)
RENAMES = Rate("rename", 5, 1)
RATES = (READS, WRITES, ADDRESS_WRITES, ADDRESS_NEW, CEREMONIES, GUESSES, RENAMES)


def edge(request: Request) -> Edge:
    """Return the services of this instance."""
    return cast("Edge", request.app.state.edge)


def current(request: Request) -> Current:
    """Return the session that ``enter`` found, for operations that need one."""
    found = guest(request)
    if found is None:
        raise Refused("no-session", "POST /api/session makes one.")
    return found


def guest(request: Request) -> Current | None:
    """Return the session that ``enter`` found, if any."""
    return cast("Current | None", request.state.current)


async def enter(request: Request, access: str) -> None:
    """Find the session, hold it to its limits, and refuse who may not."""
    services = edge(request)
    writes = request.method not in SAFE
    if writes:
        await limit(request, ADDRESS_WRITES, address(request))
    token = request.cookies.get(cookie_name(request), "")
    found = await services.sessions.find(token) if token else None
    request.state.current = found
    request.state.issued = None
    request.state.token = token
    request.state.ended = False
    if found is not None:
        await limit(request, WRITES if writes else READS, found.session.name)
    if found is not None and found.alias and not found.session.alias_reads and access != "progress":
        raise Refused("session-renewed", "Ask again with the new cookie.")
    if access == "open":
        return
    if found is None:
        raise Refused("no-session", "POST /api/session makes one.")
    if access not in {"learner", "progress"}:
        _account(found, access)


async def reconsider(request: Request, refused: Refused) -> None:
    """Say that the session was renewed, where its learner is gone because a sign-in merged them since ``enter``."""
    if refused.code == "no-session" and guest(request) is not None:
        found = await edge(request).sessions.find(request.state.token)
        if found is not None:
            raise Refused("session-renewed", "Ask again with the new cookie.") from refused


def leave(request: Request, response: Response) -> None:
    """Set the cookie that the request earned, prolong it, or take it away."""
    found = guest(request)
    issued: Issued | None = request.state.issued
    if issued is not None:
        _set_cookie(request, response, issued.token)
    elif request.state.ended:
        response.delete_cookie(cookie_name(request), path="/", secure=_secure(request), httponly=True, samesite="lax")
        response.headers["Clear-Site-Data"] = '"cache"'
    elif found is not None and found.renew_cookie:
        _set_cookie(request, response, request.state.token)


async def limit(request: Request, rate: Rate, key: str) -> None:
    """Count one request against a rate, or send it away until there is room again."""
    wait = await edge(request).limiter.take(rate, key)
    if wait:
        raise Unavailable("slow-down", wait=wait)


def address(request: Request) -> str:
    """Return the client's address: the peer's own, or what a configured proxy says; one /64 is one client in IPv6."""
    peer = request.client.host if request.client is not None else ""
    settings = edge(request).settings
    hops = [hop.strip() for hop in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if hop.strip()]
    trusted = settings.networks
    while hops and (_within(peer, trusted) or (not peer and "unix" in settings.proxies)):
        peer = hops.pop()
    try:
        found = ipaddress.ip_address(peer)
    except ValueError:
        return peer[:64]
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def cookie_name(request: Request) -> str:
    """Return the name of the session's cookie."""
    return edge(request).settings.cookie


def device(request: Request) -> str:
    """Guess a device's name from the browser's own words; nothing else of them is kept."""
    agent = request.headers.get("user-agent", "")
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {
        "Android": "Android",
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Windows": "Windows",
        "Mac OS": "macOS",
        "CrOS": "ChromeOS",
        "Linux": "Linux",
    }
    browser = next((name for mark, name in browsers.items() if mark in agent), "A browser")
    system = next((name for mark, name in systems.items() if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def _account(found: Current, access: str) -> None:
    if found.alias:
        raise Refused("session-renewed", "Ask again with the new cookie.")
    if found.owner.anonymous:
        if access == "account":
            raise Refused("needs-passkey", "Register a passkey first.")
        return
    if found.session.authenticated_at is None or (access == "fresh" and not found.fresh):
        raise Refused("sign-in-again", "Use your passkey once more.")


def _secure(request: Request) -> bool:
    return edge(request).settings.secure


def _set_cookie(request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=_secure(request),
        httponly=True,
        samesite="lax",
    )


def _within(peer: str, networks: tuple[Network, ...]) -> bool:
    try:
        found: Any = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(found in network for network in networks)
