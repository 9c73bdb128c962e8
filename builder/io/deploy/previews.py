"""Previews: deploys below a target of their own, which end by themselves.

A preview has its own host (``pr-12.preview.example.org``), so that it shares neither cookies nor a service worker with
the live site; a target that holds a live site is refused. ``.previews/<name>.json`` beside them says when each ends;
every preview's deploy removes those whose time is over.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from builder.errors import DeployRefused
from builder.io.deploy import history
from builder.io.deploy.deployment import unchanged
from builder.io.deploy.door import store_of
from builder.io.deploy.store import Store, whole
from builder.io.deploy.target import MODES, Place, bucket_layout, in_folder, parse


def refuse_live(to: str, endpoint_url: str | None) -> None:
    """Refuse to put previews below a target that is itself a live site."""
    place = parse(to, None)
    with unchanged():
        if place.kind == "dir":
            targets = [in_folder(place, mode) for mode in MODES.values()]
            found = any(history.read(target.store, target.layout).record for target in targets)
        else:
            found = history.read(store_of(place, endpoint_url), bucket_layout(place)).record is not None
    if found:
        raise DeployRefused(
            "This target holds a live site.",
            place=to,
            hint="Previews need a folder or bucket, and a host, of their own.",
        )


def note(to: str, endpoint_url: str | None, name: str, expires: str) -> None:
    """Write down when the preview ends."""
    place = parse(to, None)
    data = json.dumps({"expires": expires}).encode()
    with unchanged():
        store_of(place, endpoint_url).put(_key(place, name), whole(data), {"content-type": "application/json"})


def sweep(to: str, endpoint_url: str | None, now: datetime, say: Callable[[str], None]) -> None:
    """Remove the previews whose time is over."""
    place = parse(to, None)
    store = store_of(place, endpoint_url)
    with unchanged():
        for entry in list(store.list(_key(place, "")[: -len(".json")])):
            name = entry.key.rpartition("/")[2].removesuffix(".json")
            blob = store.get(entry.key)
            if blob and datetime.fromisoformat(json.loads(blob.data)["expires"]) <= now:
                _remove(place, store, name)
                store.delete([entry.key])
                say(f"The preview {name} has ended and is removed.")


def _remove(place: Place, store: Store, name: str) -> None:
    if place.kind == "dir":
        for folder in (name, f"{name}.state"):
            shutil.rmtree(Path(place.root) / folder, ignore_errors=True)
        return
    layout = bucket_layout(Place(place.kind, place.root, f"{place.prefix}/{name}".strip("/")))
    for prefix in (layout.site, layout.state):
        store.delete([entry.key for entry in store.list(prefix)])


def _key(place: Place, name: str) -> str:
    top = f"{place.prefix}/" if place.prefix else ""
    return f"{top}.previews/{name}.json"
