"""One thing to do to a target, and the phase it belongs to. Phases are barriers: one ends before the next begins."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

import msgspec

from builder.steps.release.item import Item

Do = Literal["upload", "copy", "headers", "purge", "switch", "delete"]


class Phase(IntEnum):
    """The order in which a release becomes visible; verification follows PURGE, WORKER and, in releases, STORE."""

    STORE = 1  # objects by digest, assets, a release's own folder: nobody is pointed at them yet
    EDGE = 2  # the catalogue and the awards, before the pages that need them
    NEW = 3  # pages nobody links to yet
    CHANGED = 4
    HOME = 5
    DATA = 6  # sitemap, feed, search: they name pages
    PURGE = 7
    WORKER = 8  # the service worker, which fetches all the others
    REPURGE = 9
    SWITCH = 10  # the pointer, or the commit of a deploy in place
    DELETE = 11
    FORGET = 12  # the CDN's copies of deleted pages


class Operation(msgspec.Struct, frozen=True):
    """``origin`` is a file of the build for an upload, a key for copies; ``path`` and ``why`` are for people."""

    phase: Phase
    do: Do
    path: str
    why: str
    bytes: int = 0
    key: str = ""
    origin: str = ""
    digest: str = ""
    headers: dict[str, str] = {}


def upload(phase: Phase, item: Item, key: str, why: str) -> Operation:
    """Return the upload of ``item`` from the build to ``key``."""
    return Operation(phase, "upload", item.path, why, item.size, key, item.source, item.digest, item.headers)


def copy(phase: Phase, item: Item, origin: str, key: str, why: str) -> Operation:
    """Return the copy of ``item`` from another key, with its own headers."""
    return Operation(phase, "copy", item.path, why, item.size, key, origin, item.digest, item.headers)


def headers(phase: Phase, item: Item, origin: str, key: str, why: str) -> Operation:
    """Return the sending of all of an object's metadata anew; no bytes travel."""
    return Operation(phase, "headers", item.path, why, 0, key, origin, item.digest, item.headers)


def delete(path: str, key: str, why: str) -> Operation:
    """Return the deletion of ``key``."""
    return Operation(Phase.DELETE, "delete", path, why, 0, key)


def purge(phase: Phase, path: str, why: str) -> Operation:
    """Return the order to the CDN to forget ``path``."""
    return Operation(phase, "purge", path, why)
