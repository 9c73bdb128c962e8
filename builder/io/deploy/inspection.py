"""Looks at a target and makes the plan: what of a candidate release is there already, what is missing, what may go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

import msgspec

from builder.errors import DeployRefused
from builder.io.deploy import history
from builder.io.deploy.build import Build
from builder.io.deploy.history import Standing
from builder.io.deploy.target import Target
from builder.manifest import Manifest
from builder.steps.release import identity, retention
from builder.steps.release.item import Item, encodings_of, items, uncarried
from builder.steps.release.layout import EDGE_FILES
from builder.steps.release.operation import Operation
from builder.steps.release.record import Record, Release
from builder.steps.release.survey import Entry, Stamp, altered, holdings, suspects
from builder.steps.release.view import Items, View


class Candidate(NamedTuple):
    """What is to go live: a build, or (``build`` is None) a kept release."""

    manifest: Manifest
    document: bytes
    edge: dict[str, bytes]
    build: Build | None

    @property
    def digest(self) -> str:
        """Return the digest of the manifest document."""
        return hashlib.sha256(self.document).hexdigest()


class Draft(NamedTuple):
    """A plan with all that its execution has to know; ``tags`` are the listing's, ``desired`` what must stand."""

    view: View
    operations: tuple[Operation, ...]
    desired: Mapping[str, Item]
    tags: Mapping[str, str]
    standing: Standing
    record: Record
    keep: frozenset[str]
    pointed: str | None
    encodings: tuple[str, ...]
    notes: tuple[str, ...]


def settled(standing: Standing, candidate: Candidate) -> bool:
    """Tell whether there is nothing to do: this very release is live, and nothing is half done."""
    record = standing.record
    if record is None or record.intent or not record.swept or record.live != candidate.manifest.build_id:
        return False
    return any(known.id == record.live and known.manifest == candidate.digest for known in record.releases)


def draft(target: Target, candidate: Candidate, standing: Standing, now: datetime, keep: int | None) -> Draft:
    """Return the plan that makes ``candidate`` live at ``target``."""
    record = standing.record or Record(target.mode.NAME)
    stay = retention.kept(record, candidate.manifest.build_id, now, keep)
    view, listing, pointed = _look(target, candidate, record, stay)
    operations = tuple(target.mode.operations(view))
    _refuse_lost(target, record, candidate)
    if candidate.build is None:
        _refuse_uploads(operations, view.to)
    return Draft(
        view=view,
        operations=operations,
        desired=target.mode.desired(view),
        tags={key: entry.tag for key, entry in listing.items()},
        standing=standing,
        record=record,
        keep=stay,
        pointed=pointed,
        encodings=encodings_of(candidate.manifest),
        notes=_notes(target, candidate, view),
    )


def _look(
    target: Target, candidate: Candidate, record: Record, stay: frozenset[str]
) -> tuple[View, dict[str, Entry], str | None]:
    """Return the target beside the candidate, the listing of its objects, and the release that its pointer names."""
    store, layout, to = target.store, target.layout, candidate.manifest.build_id
    known, looked = _known(target, record)
    stored = sorted({entry.key.split("/")[-2] for entry in store.list(layout.histories)} - {to} - stay)
    dropped = {one: known[one] if one in known else _left(target, one) for one in stored}
    kept = {release: found for release, found in known.items() if release in stay and release != to}
    folders = dict.fromkeys([to, *([record.live] if record.live else []), *stored])
    prefixes = target.mode.prefixes(layout, folders, kept)
    listing = {entry.key: entry for prefix in prefixes for entry in store.list(prefix)}
    pointed = target.switch.read() if target.switch else None
    view = View(
        layout=layout,
        to=to,
        before=record.live,
        items=items(candidate.manifest, target.encodings, store.carries),
        live=known.get(record.live or "", {}),
        kept=kept,
        dropped=dropped,
        holds={},
        present=frozenset(listing),
        altered=frozenset(),
        edge={name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in candidate.edge.items()},
        delivered=record.edge,
        mixed=bool(record.intent),
        switched=target.switch is not None and pointed == to,
        purge=target.cdn is not None,
    )
    expected = target.mode.expected(layout, known, record.live, record.intent, looked)
    wanted = target.mode.wanted(view)
    answers = _ask(target, suspects(listing, expected, wanted))
    holds, changed = holdings(listing, expected, answers), altered(listing, expected, answers, wanted)
    return msgspec.structs.replace(view, holds=holds, altered=frozenset(changed)), listing, pointed


def release_of(candidate: Candidate, at: datetime, by: str) -> Release:
    """Return the record's line about a candidate."""
    files = candidate.manifest.files
    return Release(
        id=candidate.manifest.build_id,
        at=at.isoformat(timespec="seconds"),
        by=by,
        files=len(files),
        bytes=sum(file.size for file in files.values()),
        manifest=candidate.digest,
    )


def removed_share(view: View) -> float:
    """Return the share of the live pages that the new release no longer has."""
    pages = {path for path, item in view.live.items() if item.class_ == "page" and item.source == path}
    return len(pages - set(view.items)) / len(pages) if pages else 0.0


def _known(target: Target, record: Record) -> tuple[dict[str, Items], dict[str, float]]:
    """Return the items of each release, and when each was looked at: never, if its manifest is not that of then."""
    with ThreadPoolExecutor(max(1, len(record.releases))) as pool:
        pairs = list(pool.map(lambda one: history.manifest(target.store, target.layout, one.id), record.releases))
    known: dict[str, Items] = {}
    looked: dict[str, float] = {}
    for release, (manifest, document) in zip(record.releases, pairs, strict=True):
        known[release.id] = items(manifest, target.encodings, target.store.carries)
        if hashlib.sha256(document).hexdigest() == release.manifest:
            looked[release.id] = release.looked
    return known, looked


def _left(target: Target, release: str) -> Items:
    """Return what a deploy that was never recorded left; where its manifest is gone too, its assets stay for good."""
    try:
        manifest, _ = history.manifest(target.store, target.layout, release)
    except DeployRefused:
        return {}
    return items(manifest, target.encodings, target.store.carries)


def _ask(target: Target, keys: tuple[str, ...]) -> dict[str, Stamp]:
    with ThreadPoolExecutor(target.store.workers) as pool:
        found = zip(keys, pool.map(target.store.ask, keys), strict=True)
        return {key: answer for key, answer in found if answer is not None}


def _refuse_lost(target: Target, record: Record, candidate: Candidate) -> None:
    """Refuse a build that drops ids which learners' progress hangs on."""
    if record.live is None or candidate.build is None:
        return
    live = history.edge(target.store, target.layout, record.live)
    old, new = ([_json(documents.get(name, b"")) for name in EDGE_FILES] for documents in (live, candidate.edge))
    gone = identity.lost(identity.ids(*old), identity.ids(*new), identity.given_up(*new))
    if gone:
        listed = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" if len(gone) > 5 else "")  # noqa: PLR2004 - enough to find them by
        raise DeployRefused(
            f"Learners have progress on ids that this build no longer has: {listed}.",
            hint="Give the renamed lesson its old id, an alias, or list the id in content/retired.toml.",
        )


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _refuse_uploads(operations: tuple[Operation, ...], release: str) -> None:
    missing = [operation.path for operation in operations if operation.do == "upload"]
    if missing:
        raise DeployRefused(
            f"Release {release[:12]} can't be restored: {missing[0]} was altered or removed in the target.",
            hint="Build that version of the course again and deploy the build.",
        )


def _notes(target: Target, candidate: Candidate, view: View) -> tuple[str, ...]:
    notes = []
    if view.altered:
        some = ", ".join(sorted(view.altered)[:3])
        notes.append(f"{len(view.altered)} objects were altered or removed by others and are put right: {some}")
    if view.mixed:
        notes.append("An earlier deploy stopped half-way; every path it may have touched is looked at.")
    lost = uncarried(candidate.manifest, target.store.carries)
    if lost and target.store.carries:
        notes.append(f"An object can't carry {', '.join(lost)}: let the CDN's response-headers policy send them.")
    return tuple(notes)
