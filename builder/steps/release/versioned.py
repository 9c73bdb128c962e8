"""The plan where one pointer switches: each release has a folder of its own, all share ``assets/``.

Nothing that is visible changes before the switch, so all its writes belong to the first phase. Immutable files outside
``assets/`` (a course to download) are carried along from kept releases, for tabs that still ask for them by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.steps.release.item import Item
from builder.steps.release.layout import Layout
from builder.steps.release.operation import Operation, Phase, delete
from builder.steps.release.survey import Stamp, stamp
from builder.steps.release.view import Items, View, edge_delivery, place, sweep

NAME = "releases"
SHARED = "assets/"


def folder(layout: Layout, release: str) -> str:
    """Return the prefix of a release's own files."""
    return f"{layout.site}releases/{release}/"


def prefixes(layout: Layout, releases: Iterable[str]) -> tuple[str, ...]:
    """Return the prefixes whose listing the plan needs."""
    return (layout.site + SHARED, *(folder(layout, release) for release in releases), layout.histories)


def expected(
    layout: Layout,
    releases: Mapping[str, Items],
    live: str | None,
    mixed: Iterable[str],
) -> dict[str, Stamp | None]:
    """Return what should stand at each key."""
    return {_key(layout, release, item): stamp(item) for release, items in releases.items() for item in items.values()}


def wanted(view: View) -> set[str]:
    """Return the keys whose state decides the plan: all of the release, and what it may be copied from."""
    return set(desired(view)) | {_key(view.layout, view.before or view.to, item) for item in view.live.values()}


def desired(view: View) -> dict[str, Item]:
    """Return every object the release consists of, by key."""
    carried = {
        item.path: item
        for items in (*view.kept.values(), view.live)
        for item in items.values()
        if item.class_ == "asset" and not item.path.startswith(SHARED)
    }
    return {_key(view.layout, view.to, item): item for item in (carried | dict(view.items)).values()}


def operations(view: View) -> list[Operation]:
    """Return the plan, in phase order."""
    want = desired(view)
    holders = {have.digest: key for key, have in sorted(view.holds.items()) if key.startswith(view.layout.site)}
    found = [
        operation
        for key, item in want.items()
        if (operation := place(view, Phase.STORE, item, key, holders.get(item.digest)))
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
    return found + sweep(view, _needed(view))


def _key(layout: Layout, release: str, item: Item) -> str:
    if item.class_ == "asset" and item.path.startswith(SHARED):
        return layout.site + item.path
    return folder(layout, release) + item.path


def _needed(view: View) -> frozenset[str]:
    return frozenset(
        view.layout.site + path
        for items in (view.items, *view.kept.values())
        for path, item in items.items()
        if item.class_ == "asset"
    )
