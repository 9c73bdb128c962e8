"""Where things stand in a target. The served area holds what the public may read, the state area what it may not.

<site>/assets/…                     shared by all releases (in place: everything stands directly in <site>)
<site>/releases/<build_id>/…        one whole release each, without assets
<state>/record.json                 what is live, kept, half done
<state>/lock.json                   who deploys now
<state>/pointer.json                the live release, for a Worker to read
<state>/edge/catalog.json, awards.json          what the edge API reads
<state>/releases/<build_id>/manifest.json.gz, catalog.json, awards.json
<state>/releases/<build_id>/looked.json         its time tells when all of the release was last looked at
<state>/objects/<digest>            in place only: the bytes of pages and data, to publish and roll back by copies
"""

from __future__ import annotations

import msgspec

EDGE_FILES = ("catalog.json", "awards.json")


class Layout(msgspec.Struct, frozen=True):
    """The prefixes of the two areas; each is empty or ends in a slash."""

    site: str
    state: str

    @property
    def record(self) -> str:
        """Return the key of the record."""
        return f"{self.state}record.json"

    @property
    def lock(self) -> str:
        """Return the key of the lock."""
        return f"{self.state}lock.json"

    @property
    def pointer(self) -> str:
        """Return the key of the pointer object."""
        return f"{self.state}pointer.json"

    @property
    def objects(self) -> str:
        """Return the prefix of the objects by digest."""
        return f"{self.state}objects/"

    @property
    def histories(self) -> str:
        """Return the prefix under which each release's own documents stand."""
        return f"{self.state}releases/"

    def history(self, release: str, name: str) -> str:
        """Return the key of one of a release's own documents."""
        return f"{self.histories}{release}/{name}"

    def manifest(self, release: str) -> str:
        """Return the key of a release's manifest."""
        return self.history(release, "manifest.json.gz")

    def looked(self, release: str) -> str:
        """Return the key whose time tells when all of a release was last looked at."""
        return self.history(release, "looked.json")

    def edge(self, name: str) -> str:
        """Return the key under which the edge API finds one of its files."""
        return f"{self.state}edge/{name}"

    def object(self, digest: str) -> str:
        """Return the key of an object by digest."""
        return f"{self.objects}{digest}"
