"""Opens a target from the options: its store, its record, and by that its mode."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

from builder.errors import UsageError
from builder.io.deploy import history
from builder.io.deploy.cdn import Cdn
from builder.io.deploy.deployment import unchanged
from builder.io.deploy.folder import Folder
from builder.io.deploy.history import Standing
from builder.io.deploy.store import Store
from builder.io.deploy.switch import BothSwitches, ObjectSwitch, Switch
from builder.io.deploy.target import MODES, Mode, Place, Target, bucket_layout, in_bucket, in_folder, parse
from builder.steps.release.record import ModeName


def opened(
    to: str, mode: ModeName | None, endpoint_url: str | None, cdn: str | None, preview: str | None, url: str | None
) -> tuple[Target, Standing]:
    """Return the target and its record, read once; the mode is the target's own where it has one already."""
    place = parse(to, preview)
    with unchanged():
        if place.kind == "dir":
            if cdn:
                raise UsageError("A folder has no CDN to purge.", hint="Leave --cdn out.")
            return _folder(place, mode)
        return _bucket(place, mode, endpoint_url, cdn, preview, url)


def who() -> str:
    """Return who deploys: the CI's actor, else the user and the machine."""
    actor = os.environ.get("GITHUB_ACTOR") or os.environ.get("GITLAB_USER_LOGIN")
    if actor:
        return f"{actor} (CI)"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def store_of(place: Place, endpoint_url: str | None) -> Store:
    """Return the store of a place, without looking at it."""
    if place.kind == "dir":
        return Folder(Path(place.root))
    from builder.io.deploy.s3 import Bucket  # boto3 takes a third of a second to import

    return Bucket(place.root, endpoint_url)


def _folder(place: Place, mode: ModeName | None) -> tuple[Target, Standing]:
    for name in ("releases", "in-place"):
        target = in_folder(place, MODES[name])
        standing = history.read(target.store, target.layout)
        if standing.record is not None:
            _same_mode(standing, mode)
            return target, standing
    target = in_folder(place, MODES[mode or place.default_mode])
    return target, history.read(target.store, target.layout)


def _bucket(
    place: Place, mode: ModeName | None, endpoint_url: str | None, cdn: str | None, preview: str | None, url: str | None
) -> tuple[Target, Standing]:
    store = store_of(place, endpoint_url)
    standing = history.read(store, bucket_layout(place))
    _same_mode(standing, mode)
    chosen = MODES[standing.record.mode if standing.record else mode or place.default_mode]
    purge, switch = _cdn(cdn, place, store, chosen, preview, url)
    return in_bucket(place, store, chosen, switch, purge), standing


def _same_mode(standing: Standing, mode: ModeName | None) -> None:
    if standing.record is not None and mode is not None and standing.record.mode != mode:
        raise UsageError(
            f"This target is deployed in {standing.record.mode} mode.",
            hint="Leave --mode out, or deploy to another folder or prefix and point the server there.",
        )


def _cdn(
    cdn: str | None, place: Place, store: Store, mode: Mode, preview: str | None, url: str | None
) -> tuple[Cdn | None, Switch | None]:
    """Return who purges and who switches: in releases mode URLs of different releases never share a cache entry."""
    if cdn is None:
        return None, None
    kind, _, name = cdn.partition(":")
    if kind == "cloudfront" and name:
        from builder.io.deploy.cloudfront import Distribution, KeySwitch

        if mode.NAME == "in-place":
            return Distribution(name), None
        layout = bucket_layout(place)
        return None, BothSwitches(ObjectSwitch(store, layout.pointer), KeySwitch(name, preview))
    if kind == "cloudflare" and name:
        from builder.io.deploy.cloudflare import Zone

        if mode.NAME == "releases":
            return None, None  # the Worker reads the pointer object
        if not url:
            raise UsageError("Cloudflare purges by URL.", hint="Say --verify-url with the site's address.")
        return Zone(name, url), None
    raise UsageError(f"“{cdn}” is no CDN.", hint="Say --cdn cloudfront:DISTRIBUTION or --cdn cloudflare:ZONE.")
