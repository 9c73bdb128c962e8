"""The record and each release's own documents in the state area."""

from __future__ import annotations

import gzip
import zlib
from typing import NamedTuple

import msgspec

from builder import manifest as manifests
from builder.errors import DeployRefused
from builder.io.deploy.store import ABSENT, Conflict, Store, whole
from builder.manifest import Manifest
from builder.steps.release import record as records
from builder.steps.release.layout import EDGE_FILES, Layout
from builder.steps.release.record import Record

_JSON = {"content-type": "application/json", "cache-control": "no-store"}


class Standing(NamedTuple):
    """The record as read: None where nothing was ever deployed; ``tag`` is the object's."""

    record: Record | None
    tag: str


def read(store: Store, layout: Layout) -> Standing:
    """Return the record, which is the one read that every command begins with."""
    blob = store.get(layout.record)
    if blob is None:
        return Standing(None, ABSENT)
    try:
        return Standing(records.decode(blob.data), blob.tag)
    except msgspec.MsgspecError as error:
        raise DeployRefused(
            f"The target's record can't be read: {error}.",
            place=layout.record,
            hint="Delete this object to deploy as if for the first time: nothing visible is lost, only the history.",
        ) from error


def write(store: Store, layout: Layout, record: Record, tag: str) -> Standing:
    """Write the record if it is still the one with ``tag``; refuse where somebody else deployed meanwhile."""
    body = whole(records.encode(record))
    try:
        fresh = store.put(layout.record, body, _JSON, tag)
    except Conflict as error:
        blob = store.get(layout.record)
        if blob and blob.data == body.data:  # our own write, whose answer was lost on the way
            return Standing(record, blob.tag)
        raise DeployRefused(
            "Somebody else deployed to this target meanwhile.", hint="Look at --releases, then deploy again."
        ) from error
    return Standing(record, fresh)


def store_documents(store: Store, layout: Layout, release: str, document: bytes, edge: dict[str, bytes]) -> None:
    """Store what a later deploy or rollback has to know of a release."""
    packed = gzip.compress(document, 6, mtime=0)
    for name, data in {"manifest.json.gz": packed, **edge}.items():
        store.put(layout.history(release, name), whole(data), _JSON)


def looked(store: Store, layout: Layout, release: str) -> None:
    """Make the store tell its time, just before all of a release is looked at."""
    store.put(layout.looked(release), whole(b"{}"), _JSON)


def manifest(store: Store, layout: Layout, release: str) -> tuple[Manifest, bytes]:
    """Return a release's manifest and the document it was; refuse one that can't be read."""
    blob = store.get(layout.manifest(release))
    try:
        document = gzip.decompress(blob.data) if blob else b""
        found = manifests.decode(document)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
        raise _unreadable(layout, release) from error
    return found, document


def edge(store: Store, layout: Layout, release: str) -> dict[str, bytes]:
    """Return the edge's files of a release."""
    found = {name: store.get(layout.history(release, name)) for name in EDGE_FILES}
    return {name: blob.data for name, blob in found.items() if blob}


def _unreadable(layout: Layout, release: str) -> DeployRefused:
    return DeployRefused(
        f"The manifest of release {release[:12]} is missing or damaged.",
        place=layout.manifest(release),
        hint="Deploy again with --keep 1, or go back to another release.",
    )
