"""The plan for a plain bucket: pages are replaced one by one, from objects that stand in the state area.

Every URL always answers one whole page of one kept release, and all it names exists, because bytes and assets are
there first, new pages before the changed ones that link to them, and removed pages go last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.steps.release.item import Item
from builder.steps.release.layout import Layout
from builder.steps.release.operation import Operation, Phase, delete, purge, upload
from builder.steps.release.record import ModeName
from builder.steps.release.survey import NEVER, Stamp, Vouched, stamp, vouch
from builder.steps.release.view import Items, View, edge_delivery, place, reason, sweep

NAME: ModeName = "in-place"
HOME = "index.html"


def prefixes(
    layout: Layout,
    releases: Iterable[str],  # noqa: ARG001 - both modes answer the same call
    kept: Mapping[str, Items],  # noqa: ARG001 - as above
) -> tuple[str, ...]:
    """Return the prefixes whose listing the plan needs."""
    return (layout.site, layout.objects, layout.histories)


def expected(
    layout: Layout, releases: Mapping[str, Items], live: str | None, mixed: Iterable[str], looked: Mapping[str, float]
) -> dict[str, Vouched | None]:
    """Return what should stand at each key; None where a cut deploy leaves more than one answer."""
    found: dict[str, Vouched | None] = {}
    for release, items in releases.items():
        until = looked.get(release, NEVER)
        for path, item in items.items():
            if item.class_ == "asset":
                vouch(found, layout.site + path, stamp(item), until)
            else:
                vouch(found, layout.object(item.digest), Stamp(item.digest, {}, item.size), until)
                if release == live:
                    vouch(found, layout.site + path, stamp(item), until)
    possible = [releases[release] for release in mixed if release in releases]
    for path in {path for items in possible for path in items}:
        stamps = [stamp(items[path]) if path in items else None for items in possible]
        if any(one != stamps[0] for one in stamps):
            found[layout.site + path] = None
    return found


def wanted(view: View) -> set[str]:
    """Return the keys whose state decides the plan."""
    return set(desired(view)) | {
        view.layout.object(item.digest) for item in view.items.values() if item.class_ != "asset"
    }


def desired(view: View) -> dict[str, Item]:
    """Return every object the release consists of, by key."""
    return {view.layout.site + path: item for path, item in view.items.items()}


def operations(view: View) -> list[Operation]:
    """Return the plan, in phase order."""
    found = _stored(view) + edge_delivery(view)
    visible = [op for item in view.items.values() if item.class_ != "asset" if (op := _published(view, item))]
    removed = _removed(view)
    found += visible
    if view.purge:
        found += [purge(_after(op), op.path, op.why) for op in visible]
        found += [purge(Phase.FORGET, op.path, op.why) for op in removed]
    found.append(Operation(Phase.SWITCH, "switch", view.to, "records that the release is live", key=view.layout.record))
    found += removed + sweep(view, _needed(view))
    return sorted(found, key=lambda operation: operation.phase)


def _stored(view: View) -> list[Operation]:
    found: dict[str, Operation] = {}
    for item in view.items.values():
        if item.class_ == "asset":
            key = view.layout.site + item.path
            operation = place(view, Phase.STORE, item, key, None)
        else:
            key = view.layout.object(item.digest)
            have = view.holds.get(key)
            bare = Item(item.path, item.source, item.digest, item.size, {}, item.class_)
            stored = have is not None and have.digest == item.digest
            operation = (
                None if stored else upload(Phase.STORE, bare, key, reason(view, item, view.layout.site + item.path))
            )
        if operation:
            found.setdefault(key, operation)
    return list(found.values())


def _published(view: View, item: Item) -> Operation | None:
    key = view.layout.site + item.path
    return place(view, _phase(view, item, key), item, key, view.layout.object(item.digest))


def _phase(view: View, item: Item, key: str) -> Phase:
    if item.class_ == "worker":
        return Phase.WORKER
    if item.class_ == "data":
        return Phase.DATA
    if item.path == HOME:
        return Phase.HOME
    return Phase.CHANGED if key in view.present else Phase.NEW


def _after(operation: Operation) -> Phase:
    return Phase.REPURGE if operation.phase == Phase.WORKER else Phase.PURGE


def _removed(view: View) -> list[Operation]:
    ours = {
        path
        for items in (view.live, *view.kept.values(), *view.dropped.values())
        for path, item in items.items()
        if item.class_ != "asset"
    }
    gone = sorted(ours - set(view.items))
    return [
        delete(path, view.layout.site + path, "no longer part of the site")
        for path in gone
        if view.layout.site + path in view.present
    ]


def _needed(view: View) -> frozenset[str]:
    needed: set[str] = set()
    for items in (view.items, *view.kept.values()):
        for path, item in items.items():
            needed.add(view.layout.site + path if item.class_ == "asset" else view.layout.object(item.digest))
    return frozenset(needed)
