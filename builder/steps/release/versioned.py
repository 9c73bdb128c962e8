"""The plan where one pointer switches: each release has a folder of its own, all share ``assets/``.

Nothing that is visible changes before the switch, so all its writes belong to the first phase. Immutable files outside
``assets/`` (a course to download) are carried along from kept releases, for tabs that still ask for them by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.steps.release.item import Item
from builder.steps.release.layout import Layout
from builder.steps.release.operation import Operation, Phase, delete
from builder.steps.release.record import ModeName
from builder.steps.release.survey import NEVER, Vouched, stamp, vouch
from builder.steps.release.view import Items, View, edge_delivery, place, sweep

NAME: ModeName = "releases"
SHARED = "assets/"


def folder(layout: Layout, release: str) -> str:
    """Return the prefix of a release's own files."""
    return f"{layout.site}releases/{release}/"


def prefixes(layout: Layout, releases: Iterable[str], kept: Mapping[str, Items]) -> tuple[str, ...]:
    """Return the prefixes whose listing the plan needs: whole folders, and of kept releases what is carried along."""
    whole = dict.fromkeys(folder(layout, release) for release in releases)
    loose = {
        f"{folder(layout, release)}{item.path.partition('/')[0]}/": None
        for release, items in kept.items()
        for item in items.values()
        if _is_loose(item) and folder(layout, release) not in whole
    }
    return (layout.site + SHARED, *whole, *loose, layout.histories)


def expected(
    layout: Layout,
    releases: Mapping[str, Items],
    live: str | None,  # noqa: ARG001 - both modes answer the same call
    mixed: Iterable[str],  # noqa: ARG001 - as above: a folder is its release's own, whatever the pointer says
    looked: Mapping[str, float],
) -> dict[str, Vouched | None]:
    """Return what should stand at each key."""
    found: dict[str, Vouched | None] = {}
    for release, items in releases.items():
        for item in items.values():
            vouch(found, _key(layout, release, item), stamp(item), looked.get(release, NEVER))
    return found


def wanted(view: View) -> set[str]:
    """Return the keys whose state decides the plan: all of the release, and what it may be copied from."""
    own = {_key(view.layout, view.to, item) for item in (_carried(view) | dict(view.items)).values()}
    before = {_key(view.layout, view.before or view.to, item) for item in view.live.values()}
    loose = {
        _key(view.layout, release, item)
        for release, items in view.kept.items()
        for item in items.values()
        if _is_loose(item)
    }
    return own | before | loose


def desired(view: View) -> dict[str, Item]:
    """Return every object the release consists of, by key; what is to be carried but is nowhere left is given up."""
    held = {have.digest for have in view.holds.values()}
    carried = {path: item for path, item in _carried(view).items() if item.digest in held}
    return {_key(view.layout, view.to, item): item for item in (carried | dict(view.items)).values()}


def operations(view: View) -> list[Operation]:
    """Return the plan, in phase order."""
    want = desired(view)
    holders = {have.digest: key for key, have in sorted(view.holds.items()) if key.startswith(view.layout.site)}
    found = [
        operation
        for key, item in want.items()
        if (operation := place(view, _phase(view, item), item, key, holders.get(item.digest)))
    ]
    found += edge_delivery(view)
    if not view.switched:
        found.append(Operation(Phase.SWITCH, "switch", view.to, "makes the release live", key=view.layout.pointer))
    for dropped in sorted(view.dropped):
        own = folder(view.layout, dropped)
        found += [
            delete(key.removeprefix(view.layout.site), key, "this release is no longer kept")
            for key in sorted(view.present)
            if key.startswith(own)
        ]
    return sorted(found + sweep(view, _needed(view)), key=lambda operation: operation.phase)


def _phase(view: View, item: Item) -> Phase:
    # A worker is no part of the build id: another one for the live release changes what is visible, after the intent.
    return Phase.WORKER if item.class_ == "worker" and view.to == view.before else Phase.STORE


def _key(layout: Layout, release: str, item: Item) -> str:
    shared = item.class_ == "asset" and item.path.startswith(SHARED)
    return (layout.site if shared else folder(layout, release)) + item.path


def _carried(view: View) -> dict[str, Item]:
    return {
        item.path: item
        for items in (*view.kept.values(), view.live)
        for item in items.values()
        if _is_loose(item) and item.path not in view.items
    }


def _is_loose(item: Item) -> bool:
    return item.class_ == "asset" and not item.path.startswith(SHARED)


def _needed(view: View) -> frozenset[str]:
    return frozenset(
        view.layout.site + path
        for items in (view.items, *view.kept.values())
        for path, item in items.items()
        if item.class_ == "asset"
    )
