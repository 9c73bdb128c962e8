"""All that a plan depends on, as one value; and the parts of a plan that both modes share."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from builder.steps.release.item import Item
from builder.steps.release.layout import EDGE_FILES, Layout
from builder.steps.release.operation import Operation, Phase, copy, delete, headers, upload
from builder.steps.release.survey import Stamp

Items = Mapping[str, Item]


class View(msgspec.Struct, frozen=True):
    """``items`` is the release to publish (id ``to``), ``live`` the last committed one (id ``before``).

    ``kept`` has the releases that must stay usable (without ``to``), ``dropped`` those that need not; ``mixed`` tells
    that a deploy was cut. ``holds`` is what certainly stands at a key, ``present`` every listed key, ``altered`` the
    keys others changed. ``edge`` has the digests and sizes of the edge's files of ``to``, ``delivered`` the digests
    last delivered.
    """

    layout: Layout
    to: str
    before: str | None
    items: Items
    live: Items
    kept: Mapping[str, Items]
    dropped: Mapping[str, Items]
    holds: Mapping[str, Stamp]
    present: frozenset[str]
    altered: frozenset[str]
    edge: Mapping[str, tuple[str, int]]
    delivered: Mapping[str, str]
    mixed: bool
    switched: bool
    purge: bool


def place(view: View, phase: Phase, item: Item, key: str, origin: str | None) -> Operation | None:
    """Return what makes ``item`` stand at ``key``: from ``origin`` if that key holds its bytes, else from the build."""
    have = view.holds.get(key)
    if have is not None and have.digest == item.digest:
        if have.headers == item.headers:
            return None
        why = "its headers were altered by others" if key in view.altered else "its headers changed"
        return headers(phase, item, origin or key, key, why)
    why = reason(view, item, key)
    return copy(phase, item, origin, key, why) if origin else upload(phase, item, key, why)


def reason(view: View, item: Item, key: str) -> str:
    """Return why ``item`` has to be brought to ``key``, in a few words."""
    if key in view.altered:
        return "altered by others" if key in view.present else "removed by others"
    before = view.live.get(item.path)
    if before is None:
        return "new"
    return "unchanged" if before.digest == item.digest else "changed"


def edge_delivery(view: View) -> list[Operation]:
    """Return the copies that bring the edge API its two files; after a cut deploy both are sent again."""
    return [
        Operation(
            Phase.EDGE,
            "copy",
            f"edge/{name}",
            "changed" if name in view.delivered else "new",
            size,
            view.layout.edge(name),
            view.layout.history(view.to, name),
            digest,
        )
        for name, (digest, size) in sorted(view.edge.items())
        if name in EDGE_FILES and (view.mixed or view.delivered.get(name) != digest)
    ]


def sweep(view: View, needed: frozenset[str]) -> list[Operation]:
    """Return the deletions of what only dropped releases need; their own documents last, for they tell what is ours."""
    layout = view.layout
    assets = {
        layout.site + path: path
        for dropped in view.dropped.values()
        for path, item in dropped.items()
        if item.class_ == "asset"
    }
    gone = [
        delete(path, key, "no kept release needs it") for key, path in assets.items() if key in view.present - needed
    ]
    objects = sorted(key for key in view.present if key.startswith(layout.objects) and key not in needed)
    gone += [delete(key.removeprefix(layout.state), key, "no kept release needs it") for key in objects]
    histories = [
        delete(key.removeprefix(layout.state), key, "this release is no longer kept")
        for dropped in sorted(view.dropped)
        for key in sorted(view.present)
        if key.startswith(layout.history(dropped, ""))
    ]
    return sorted(gone, key=lambda operation: operation.key) + histories
