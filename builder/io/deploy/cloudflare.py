"""Cloudflare: purges by URL, in batches, as fast as its limits allow. The token comes from the environment only."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from builder.errors import UsageError
from builder.io.deploy import web
from builder.io.deploy.store import StoreError
from builder.steps.release.purge import urls

_BATCH = 100  # URLs per request, on every plan
_TRIES = 6
_TOO_MANY = 429
_SERVER = 500
_API = "https://api.cloudflare.com/client/v4"


class Zone:
    """A zone in front of a bucket that is deployed in place, and the address of the site in it."""

    def __init__(self, zone: str, url: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = f"cloudflare:{zone}"
        self._purge = f"{os.environ.get('CLOUDFLARE_API_URL', _API)}/zones/{zone}/purge_cache"
        self._site = url.rstrip("/")
        self._sleep = sleep
        self._token = os.environ.get("CLOUDFLARE_API_TOKEN", "")
        if not self._token:
            raise UsageError(
                "Cloudflare needs a token.", hint="Set CLOUDFLARE_API_TOKEN, with the permission Cache Purge."
            )

    def purge(self, paths: Sequence[str]) -> None:
        """Purge the URLs of the site paths; Cloudflare has done so when it answers."""
        base = urlsplit(self._site)
        origin = f"{base.scheme}://{base.netloc}{base.path}"
        wanted = [origin + url for url in urls(paths)]
        for start in range(0, len(wanted), _BATCH):
            self._send({"files": wanted[start : start + _BATCH]})

    def _send(self, order: dict[str, list[str]]) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        for attempt in range(_TRIES):
            answer = web.request("POST", self._purge, headers, json.dumps(order).encode())
            if answer.status == web.OK:
                return
            if answer.status not in {0, _TOO_MANY} and answer.status < _SERVER:
                raise StoreError(
                    f"Cloudflare refused to purge ({answer.told()}).",
                    place=self.name,
                    hint="Look at the zone's id, and that the token has the permission Cache Purge.",
                )
            wait = answer.headers.get("retry-after", "")
            self._sleep(float(wait) if wait.isdigit() else 2.0**attempt)
        raise StoreError("Cloudflare did not purge.", place=self.name, hint="Try again in a minute.")
