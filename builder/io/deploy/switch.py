"""The one pointer that makes a release live in releases mode. ``swap`` is a compare-and-set: it is the fence."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from builder.io.deploy.folder import locked
from builder.io.deploy.store import ABSENT, Conflict, Store, StoreError, whole


class Switch(Protocol):
    """What decides which release answers a request."""

    def read(self) -> str | None:
        """Return the release it points at."""
        ...

    def swap(self, before: str | None, release: str, encodings: tuple[str, ...]) -> None:
        """Point at ``release``, if it still points at ``before``."""
        ...


class LinkSwitch:
    """``current``, a symbolic link to ``releases/<id>``; a web server follows it anew for each request."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._link = root / "current"

    def read(self) -> str | None:
        """Return the release it points at."""
        try:
            return self._link.readlink().name
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                "What should be the link to the live release is no link.",
                place=str(self._link),
                hint="Deploy to an empty folder, and point the web server at its current/.",
            ) from error

    def swap(self, before: str | None, release: str, encodings: tuple[str, ...]) -> None:  # noqa: ARG002 - nginx looks for them itself
        """Point at ``release``, if it still points at ``before``."""
        folder = self._root / "releases" / release
        try:
            (self._root / "assets").mkdir(exist_ok=True)
            with suppress(FileExistsError):
                (folder / "assets").symlink_to("../../assets")
            with locked(self._root):
                if self.read() != before:
                    raise Conflict("somebody else switched the live release")
                fresh = self._link.with_name(f".current-{token_hex(8)}")
                fresh.symlink_to(Path("releases") / release)
                fresh.replace(self._link)
        except OSError as error:
            raise StoreError(f"The link could not be switched: {error.strerror}.", place=str(self._link)) from error


class ObjectSwitch:
    """An object in the state area, ``{"release": …, "encodings": […]}``, for a Worker that reads the bucket."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key

    def read(self) -> str | None:
        """Return the release it points at."""
        blob = self._store.get(self._key)
        return str(json.loads(blob.data)["release"]) if blob else None

    def swap(self, before: str | None, release: str, encodings: tuple[str, ...]) -> None:
        """Point at ``release``, if it still points at ``before``."""
        blob = self._store.get(self._key)
        if (str(json.loads(blob.data)["release"]) if blob else None) != before:
            raise Conflict("somebody else switched the live release")
        data = json.dumps({"release": release, "encodings": encodings}).encode()
        self._store.put(self._key, whole(data), {"content-type": "application/json"}, blob.tag if blob else ABSENT)


class BothSwitches:
    """The pointer object as the fence, then the CDN's own pointer, which follows it."""

    def __init__(self, fence: Switch, follower: Switch) -> None:
        self._both = (fence, follower)
        self._seen: tuple[str | None, ...] = (None, None)

    def read(self) -> str | None:
        """Return the release both point at; what only one of them says does not count."""
        self._seen = tuple(switch.read() for switch in self._both)
        fence, follower = self._seen
        return fence if fence == follower else None

    def swap(self, before: str | None, release: str, encodings: tuple[str, ...]) -> None:  # noqa: ARG002 - each is compared with what it said
        """Point both at ``release``, if each still points where it did when it was read."""
        for switch, seen in zip(self._both, self._seen, strict=True):
            switch.swap(seen, release, encodings)
