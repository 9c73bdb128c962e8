"""The record: one small document per target, written by compare-and-set, read by every command first.

It goes through three states in each deploy, and a deploy that is cut leaves it in the one it was in:

    settled    intent is empty, swept is true
    begun      intent names every release that visible paths may come from (the last live one, and each that was begun)
    committed  intent is empty, swept is false: the new release is live, what it superseded is not deleted yet
"""

from __future__ import annotations

from typing import Literal

import msgspec

ModeName = Literal["releases", "in-place"]


class Release(msgspec.Struct, frozen=True):
    """A release that went live: ``at`` is the last time it did, ``manifest`` the digest of its manifest.

    ``looked`` is the store's time at which all of it was last found in order.
    ``cut`` marks one whose deploy was begun and not finished: pages of it may have been seen, so its assets stay.
    """

    id: str
    at: str
    by: str
    files: int
    bytes: int
    manifest: str
    looked: float = 0.0
    cut: bool = False


class Record(msgspec.Struct, frozen=True):
    """What a target holds; ``releases`` are in the order in which they last went live.

    ``edge`` has the digests of the edge's files as delivered. ``expires`` is set for previews only.
    """

    mode: ModeName
    live: str | None = None
    releases: tuple[Release, ...] = ()
    intent: tuple[str, ...] = ()
    swept: bool = True
    edge: dict[str, str] = {}
    expires: str | None = None
    revision: int = 0
    version: int = 1


def encode(record: Record) -> bytes:
    """Return the record as JSON."""
    return msgspec.json.encode(record, order="sorted")


def decode(data: bytes) -> Record:
    """Return the record in ``data``; raise ``msgspec.MsgspecError`` where it is none."""
    return msgspec.json.decode(data, type=Record)


def begun(record: Record, release: Release) -> Record:
    """Return the record with the intent to make ``release`` visible."""
    possible = dict.fromkeys([*([record.live] if record.live else []), *record.intent, release.id])
    known = any(old.id == release.id for old in record.releases)
    return msgspec.structs.replace(
        record,
        releases=record.releases if known else (*record.releases, msgspec.structs.replace(release, cut=True)),
        intent=tuple(possible),
        revision=record.revision + 1,
    )


def committed(record: Record, release: Release, keep: frozenset[str], edge: dict[str, str], *, swept: bool) -> Record:
    """Return the record with ``release`` live and only the releases in ``keep`` beside it."""
    others = tuple(old for old in record.releases if old.id != release.id and old.id in keep)
    return msgspec.structs.replace(
        record,
        live=release.id,
        releases=(*others, release),
        intent=(),
        swept=swept,
        edge=edge,
        revision=record.revision + 1,
    )


def swept(record: Record) -> Record:
    """Return the record with the deletions done."""
    return msgspec.structs.replace(record, swept=True, revision=record.revision + 1)


def find(record: Record, release: str) -> Release | None:
    """Return the one release whose id begins with ``release``; None where there is none or more than one."""
    matches = [known for known in record.releases if known.id.startswith(release)]
    return matches[0] if len(matches) == 1 else None


def previous(record: Record) -> Release | None:
    """Return the release to go back to: the live one while a deploy is half done, else the one live before it."""
    whole = [known for known in record.releases if not known.cut]
    others = [known for known in whole if (known.id == record.live) == bool(record.intent)]
    return others[-1] if others else None


def expiring(record: Record, moment: str | None) -> Record:
    """Return the record of a preview that ends at ``moment``; None leaves it as it is."""
    return record if moment is None else msgspec.structs.replace(record, expires=moment)
