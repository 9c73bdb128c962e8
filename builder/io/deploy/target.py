"""A ``--to`` as what a deploy works with: a store, a layout, a mode, a switch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from builder.errors import UsageError
from builder.io.deploy.cdn import Cdn
from builder.io.deploy.folder import Folder
from builder.io.deploy.store import Store
from builder.io.deploy.switch import LinkSwitch, ObjectSwitch, Switch
from builder.steps.release import in_place, versioned
from builder.steps.release.item import Encodings, Item
from builder.steps.release.layout import Layout
from builder.steps.release.operation import Operation
from builder.steps.release.record import ModeName
from builder.steps.release.survey import Vouched
from builder.steps.release.view import Items, View

PREVIEW_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")  # a DNS label, for a preview's host is made of it


class Mode(Protocol):
    """What ``in_place`` and ``versioned`` both answer."""

    NAME: ModeName

    def prefixes(self, layout: Layout, releases: Iterable[str], kept: Mapping[str, Items]) -> tuple[str, ...]:
        """Return the prefixes whose listing the plan needs."""
        ...

    def expected(
        self,
        layout: Layout,
        releases: Mapping[str, Items],
        live: str | None,
        mixed: Iterable[str],
        looked: Mapping[str, float],
    ) -> dict[str, Vouched | None]:
        """Return what should stand at each key."""
        ...

    def wanted(self, view: View) -> set[str]:
        """Return the keys whose state decides the plan."""
        ...

    def desired(self, view: View) -> dict[str, Item]:
        """Return every object the release consists of, by key."""
        ...

    def operations(self, view: View) -> list[Operation]:
        """Return the plan, in phase order."""
        ...


MODES: Mapping[str, Mode] = {"in-place": in_place, "releases": versioned}


class Target(NamedTuple):
    """Where a release goes, and how it becomes visible there."""

    name: str
    store: Store
    layout: Layout
    mode: Mode
    encodings: Encodings
    switch: Switch | None
    cdn: Cdn | None


class Place(NamedTuple):
    """A parsed ``--to``: a folder, or a bucket and prefix."""

    kind: str
    root: str
    prefix: str

    @property
    def default_mode(self) -> ModeName:
        """Return the mode of a target that has no release yet."""
        return "releases" if self.kind == "dir" else "in-place"


def parse(to: str, preview: str | None) -> Place:
    """Return the place that ``to`` names; a preview has a place of its own below it."""
    if preview is not None and not PREVIEW_NAME.fullmatch(preview):
        raise UsageError(
            f"A preview can't be called “{preview}”.", hint="Use lower-case letters, digits and hyphens, like pr-12."
        )
    kind, _, rest = to.partition(":")
    if kind == "dir" and rest:
        root = Path(rest).expanduser().absolute()
        return Place("dir", str(root / preview if preview else root), "")
    url = urlsplit(to)
    if url.scheme == "s3" and url.hostname and not url.query:
        bucket = url.netloc
        prefix = "/".join(part for part in (url.path.strip("/"), preview or "") if part)
        return Place("s3", bucket, prefix)
    raise UsageError(f"“{to}” is no target.", hint="Say --to dir:/srv/course or --to s3://bucket/prefix.")


def in_folder(place: Place, mode: Mode) -> Target:
    """Return a folder as a target. In place the state stands beside it, for all of the folder is served."""
    root = Path(place.root)
    if mode.NAME == "releases":
        return Target(
            f"dir:{root}", Folder(root, "state/scratch"), Layout("", "state/"), mode, "static", LinkSwitch(root), None
        )
    layout = Layout(f"{root.name}/", f"{root.name}.state/")
    return Target(f"dir:{root}", Folder(root.parent, f"{layout.state}scratch"), layout, mode, "static", None, None)


def in_bucket(place: Place, store: Store, mode: Mode, switch: Switch | None, cdn: Cdn | None) -> Target:
    """Return a bucket as a target; without a switch of the CDN's own the pointer object is all there is."""
    layout = bucket_layout(place)
    name = f"s3://{place.root}/{place.prefix}".rstrip("/")
    if mode.NAME == "in-place":
        return Target(name, store, layout, mode, "edge", None, cdn)
    return Target(name, store, layout, mode, "rewrite", switch or ObjectSwitch(store, layout.pointer), cdn)


def bucket_layout(place: Place) -> Layout:
    """Return where site and state stand: ``site/`` and ``site.state/``, or the bucket's root and ``.state/``."""
    return Layout(f"{place.prefix}/" if place.prefix else "", f"{place.prefix}.state/")
