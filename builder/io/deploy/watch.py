"""Follows the live site after a deploy: a line a probe, and the way back where a threshold is crossed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import cycle
from urllib.parse import quote

from builder.errors import Unhealthy
from builder.io.deploy import web
from builder.manifest import Manifest
from builder.steps.release import health
from builder.steps.release.health import Probe

_PAUSE = 5.0  # seconds between probes, or a fortieth of a short watch
_PAGES = 20


def follow(
    url: str,
    manifest: Manifest,
    minutes: float,
    say: Callable[[str], None],
    *,
    back: str,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Probe the site for so many minutes; raise ``Unhealthy`` with the command that leads back."""
    root = url if url.endswith("/") else f"{url}/"
    paths = cycle(_round(manifest))
    probes: list[Probe] = []
    started, pause = now(), min(_PAUSE, minutes * 60 / 40)
    while (at := now() - started) < minutes * 60:
        probe = _look(root, next(paths), at)
        probes.append(probe)
        say(health.line(probe))
        found = health.troubles(probes, manifest.build_id)
        if found:
            say(health.summary(probes))
            raise Unhealthy(" ".join(found), place=root, hint=f"Go back with: {back}")
        sleep(pause)
    say(health.summary(probes))


def _round(manifest: Manifest) -> list[str]:
    """Return what is probed in turn: the build id between pages, as both can be wrong alone."""
    pages = sorted(
        (path for path, file in manifest.files.items() if file.class_ == "page" and path.endswith("index.html")),
        key=lambda path: (path.count("/"), path),
    )
    return [one for page in pages[:_PAGES] or ["index.html"] for one in ("build.json", page)]


def _look(root: str, path: str, at: float) -> Probe:
    answer = web.get(root + quote(path.removesuffix("index.html")))
    build = None
    if path == "build.json" and answer.status == web.OK:
        try:
            build = str(json.loads(answer.body)["build_id"])
        except (ValueError, KeyError, TypeError):
            build = ""
    return Probe(
        at,
        f"/{path.removesuffix('index.html')}",
        answer.status,
        answer.seconds,
        health.cache_state(answer.headers),
        build,
    )
