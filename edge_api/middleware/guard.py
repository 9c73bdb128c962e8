"""The guard: hosts we serve, paths in their one canonical form, requests from our own pages.

One resource has one path. Anything a cache or proxy might read in another way (``//``, dot segments, ``;``, encoded
slashes or letters, control characters) is refused, never mended: mending is how caches are poisoned.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from starlette.datastructures import Headers

from edge_api.middleware.gate import PROBES, STREAM
from edge_api.problems import Refused
from edge_api.settings import LOOPBACK

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from edge_api.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIES = ("__Host-session", "session")
_SEGMENT_SAFE = "!$&'()*+,=:@~"
_PORT = re.compile(r":\d{1,5}$")


class Guard:
    """Refuses what must not come further."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        own = (settings.origin.partition("://")[2],) if settings.origin else ()
        self._hosts = frozenset(host.lower() for host in (*own, *settings.hosts))
        self._loopback = not settings.origin
        self._origin = settings.origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http":
            self.check(scope)
        await self._app(scope, receive, send)

    def check(self, scope: Scope) -> None:
        """Refuse a request with a foreign host, a crooked path, or another site behind it."""
        if scope["path"] in PROBES:
            return
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._serves(hosts[0].lower()):
            raise Refused("bad-host")
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        if not canonical(raw.partition(b"?")[0]):
            raise Refused("bad-path")
        if scope["method"] not in SAFE:
            self._same_site(headers, hosts[0].lower())
        elif scope["path"] == STREAM:
            # Other sites' pages could not read it, but could hold as many as they like.
            self._not_elsewhere(headers, hosts[0].lower())

    def _serves(self, host: str) -> bool:
        return host in self._hosts or (self._loopback and _PORT.sub("", host) in LOOPBACK)

    def _same_site(self, headers: Headers, host: str) -> None:
        if self._not_elsewhere(headers, host):
            return
        cookie = headers.get("cookie", "")
        if any(f"{name}=" in cookie for name in COOKIES):
            raise Refused("cross-site", "A request with a session says where it comes from: send Origin.")

    def _not_elsewhere(self, headers: Headers, host: str) -> bool:
        """Refuse what says that it comes from another site; tell whether it says anything of that."""
        site = headers.get("sec-fetch-site")
        # A browser too old for Fetch Metadata still names its origin.
        origin = headers.get("origin") or _origin_of(headers.get("referer", ""))
        if site is not None:
            foreign = site not in {"same-origin", "none"}
        else:
            foreign = bool(origin) and origin.lower() != (self._origin or f"http://{host}")
        if foreign:
            raise Refused("cross-site", "Requests come from the site's own pages.")
        return site is not None or bool(origin)


# The same few paths come again and again.
@lru_cache(maxsize=256)
def canonical(raw: bytes) -> bool:
    """Tell whether a path is spelt in its one canonical way."""
    try:
        segments = [unquote_to_bytes(segment).decode() for segment in raw.split(b"/")]
    except UnicodeDecodeError:
        return False
    spelt = "/".join(quote(segment, safe=_SEGMENT_SAFE) for segment in segments).encode()
    if spelt != raw or segments[0]:
        return False
    inner = segments[1:]
    if any(segment in {".", ".."} or "/" in segment or not segment.isprintable() for segment in inner):
        return False
    return inner == [""] or (bool(inner) and all(inner))


def _origin_of(referer: str) -> str:
    parts = referer.split("/")
    return f"{parts[0]}//{parts[2]}" if len(parts) > 2 and parts[0].endswith(":") else ""  # noqa: PLR2004 - scheme, nothing, host
