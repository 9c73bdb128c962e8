"""What a visitor of a target in memory can see, and the promises about it."""

from __future__ import annotations

import hashlib
import json

from builder.io.deploy.inspection import Candidate
from builder.io.deploy.memory import Memory
from builder.manifest import Manifest
from builder.steps.release.item import items
from builder.steps.release.references import named
from deploy.world import target


def visible(store: Memory, mode: str) -> dict[str, bytes]:
    """Return what the public can read, by URL path, as the bucket or the CDN's function answers it."""
    if mode == "in-place":
        return {key.removeprefix("site/"): held.data for key, held in store.held.items() if key.startswith("site/")}
    pointer = store.held.get("site.state/pointer.json")
    if pointer is None:
        return {}
    folder = f"site/releases/{json.loads(pointer.data)['release']}/"
    own = {key.removeprefix(folder): held.data for key, held in store.held.items() if key.startswith(folder)}
    shared = {k.removeprefix("site/"): held.data for k, held in store.held.items() if k.startswith("site/assets/")}
    return own | shared


def check_pages(seen: dict[str, bytes], known: list[Manifest], before: dict[str, bytes]) -> None:
    """Check that each page is a whole one of some release, and that all it names, and if changed links to, is there."""
    for path, data in seen.items():
        if not path.endswith(".html"):
            continue
        digest = hashlib.sha256(data).hexdigest()
        assert any(path in one.files and one.files[path].digest == digest for one in known), path
        names = named(path, data.decode())
        assert not names.files - set(seen), f"{path} names what is missing"
        if path in before and before[path] != data:
            assert not names.pages - set(seen), f"{path} links to what is not there yet"


def check_tabs(seen: dict[str, bytes], kept: list[Manifest]) -> None:
    """Check that open tabs of the kept releases find their immutable files."""
    for manifest in kept:
        for path, file in manifest.files.items():
            if file.class_ == "asset":
                assert path in seen, f"a tab of {manifest.build_id[:8]} misses {path}"


def check_equals(store: Memory, mode: str, wanted: Candidate) -> None:
    """Check that what is visible is exactly the release, headers too, and that nothing is half done."""
    to = target(store, mode)
    own = items(wanted.manifest, to.encodings, store.carries)
    seen = visible(store, mode)
    assert {path for path in seen if not path.startswith(("assets/", "offline/"))} == {
        path for path in own if not path.startswith(("assets/", "offline/"))
    }
    folder = "site/" if mode == "in-place" else f"site/releases/{wanted.manifest.build_id}/"
    for path, item in own.items():
        held = store.held[("site/" if path.startswith("assets/") else folder) + path]
        assert hashlib.sha256(held.data).hexdigest() == item.digest == held.digest
        assert held.headers == item.headers
    record = json.loads(store.held["site.state/record.json"].data)
    assert (record["live"], record["intent"], record["swept"]) == (wanted.manifest.build_id, [], True)
    for name, data in wanted.edge.items():
        assert store.held[f"site.state/edge/{name}"].data == data
