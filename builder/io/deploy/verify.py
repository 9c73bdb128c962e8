"""Reads back what was written: every object through the store's listing, and what a visitor sees by HTTP."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from builder.errors import Unhealthy
from builder.io.deploy import web
from builder.io.deploy.inspection import Draft
from builder.io.deploy.store import Store, StoreError
from builder.io.deploy.target import Target
from builder.steps.release.item import Item
from builder.steps.release.operation import Phase
from builder.steps.release.references import named
from builder.steps.release.view import Items

PATIENCE = 60.0  # seconds; a CDN's edges learn of a switch within a few
_PAGES = 12  # entry pages that are read by HTTP; the store's listing has already vouched for all of them
_MISSING = "assets/there-is-no-such-file.00000000.js"


class Finding(NamedTuple):
    """What is wrong with the live site, in a sentence."""

    text: str


def standing(target: Target, draft: Draft, tags: Mapping[str, str], *, worker: bool) -> float:
    """Check that every object of the release stands as written or left; return the time of ``history.looked``."""
    prefixes = target.mode.prefixes(target.layout, [draft.view.to], {})
    entries = {entry.key: entry for prefix in prefixes for entry in target.store.list(prefix)}
    for key, item in draft.desired.items():
        if item.class_ == "worker" and not worker:
            continue
        entry = entries.get(key)
        if entry is None:
            raise StoreError(f"{item.path} is missing in the target.", place=key, hint=_AGAIN)
        if entry.size != item.size or entry.tag != tags.get(key):
            raise StoreError(f"Somebody else wrote {item.path} while the deploy ran.", place=key, hint=_AGAIN)
    marker = entries.get(target.layout.looked(draft.view.to))
    return marker.changed if marker else 0.0


def through_the_store(store: Store, draft: Draft) -> None:
    """Read the entry pages back, compare their digests, and check that all they name stands."""
    home = next((item for item in draft.desired.values() if item.path == "index.html"), None)
    names = {item.path: key for key, item in draft.desired.items()}
    for item in filter(None, [home, *_changed(draft)]):
        blob = store.get(names[item.path])
        if blob is None or hashlib.sha256(blob.data).hexdigest() != item.digest:
            raise StoreError(f"{item.path} does not read back as it was written.", place=names[item.path], hint=_AGAIN)


def by_http(
    url: str,
    release: str,
    items: Items,
    *,
    state_url: str | None,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    patience: float = PATIENCE,
) -> tuple[Finding, ...]:
    """Return what is wrong with the site at ``url``, after giving the CDN time to catch up."""
    deadline = now() + patience
    while True:
        findings = tuple(_look(url, release, items, state_url))
        if not findings or now() >= deadline:
            return findings
        sleep(1.0)


def healthy(findings: tuple[Finding, ...]) -> None:
    """Raise ``Unhealthy`` if something was found."""
    if findings:
        more = "".join(f"\n  {finding.text}" for finding in findings)
        raise Unhealthy(f"The release does not answer as it should:{more}", hint="Go back with --rollback.")


def _look(url: str, release: str, items: Items, state_url: str | None) -> list[Finding]:
    root = url if url.endswith("/") else f"{url}/"
    findings: list[Finding] = []
    live = web.get(f"{root}build.json")
    if live.status != web.OK or _build_id(live.body) != release:
        return [Finding(f"{root}build.json does not name the new release ({live.told()}).")]
    pages = [item for item in _entry_pages(items) if item.path in items]
    assets: dict[str, str] = {}
    for item in pages:
        answer = web.get(root + quote(item.path.removesuffix("index.html")))
        wrong = item.path != "404.html" and answer.status != web.OK
        if wrong or (answer.status == web.OK and hashlib.sha256(answer.body).hexdigest() != item.digest):
            findings.append(Finding(f"{answer.url} is not the page that was released ({answer.told()})."))
        for file in named(item.path, answer.body.decode("utf-8", "replace"), web.base(root)).files:
            assets.setdefault(file, item.path)
    for file, page in sorted(assets.items()):
        answer = web.head(root + quote(file))
        if answer.status != web.OK:
            findings.append(Finding(f"{answer.url}, which {page} names, can't be had ({answer.told()})."))
    missing = web.head(root + _MISSING)
    if missing.status not in {403, 404, 410}:
        findings.append(Finding(f"A missing asset is answered with {missing.told()} instead of 404."))
    if state_url is not None and web.head(state_url).status == web.OK:
        findings.append(Finding(f"{state_url} can be read by the public; it leads to quiz answers."))
    return findings


def _build_id(body: bytes) -> str | None:
    try:
        return str(json.loads(body)["build_id"])
    except (ValueError, KeyError, TypeError):
        return None


def _entry_pages(items: Mapping[str, Item]) -> list[Item]:
    pages = [item for item in items.values() if item.class_ == "page" and item.source == item.path]
    pages = [item for item in pages if item.path.endswith(".html")]
    return sorted(pages, key=lambda item: (item.path.count("/"), item.path))[:_PAGES]


def _changed(draft: Draft) -> list[Item]:
    visible = {Phase.NEW, Phase.CHANGED, Phase.HOME}
    paths = [operation.path for operation in draft.operations if operation.phase in visible][:_PAGES]
    return [draft.view.items[path] for path in paths if path in draft.view.items]


_AGAIN = "Run the deploy again; it looks at every path anew."
