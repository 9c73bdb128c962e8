"""A release while it is put together: its entries, and where the bytes of each new file wait until all can move."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress

from builder.errors import UsageError
from builder.manifest import File
from builder.stages.staging import stage
from builder.stages.workshop import Draft, Workshop


class Assembly:
    """What was added so far; begins with the pages and assets of a draft.

    ``entries`` are the manifest's, ``staged`` says where files wait, ``beside`` what is never served.
    """

    def __init__(self, shop: Workshop, draft: Draft) -> None:
        self._shop = shop
        self._work = draft.work
        self._made: dict[str, bytes] = {}
        self._waiting: dict[str, File] = dict(draft.entries)
        self.entries: dict[str, File] = dict(draft.entries)
        self.staged: dict[str, str] = dict(draft.staged)
        self.beside: dict[str, bytes] = {}
        self._encoded = shop.encoded() if shop.request.release else {}

    def add(self, entries: Mapping[str, File], made: Mapping[str, bytes]) -> None:
        """Add files; those whose bytes are not given lie in the output folder already."""
        self._made.update(made)
        self._waiting.update(entries)
        self.entries.update(entries)

    def finish(self) -> None:
        """Stage what was added since the last time, and for the public its compressed siblings."""
        entries, self._waiting = self._waiting, {}
        made = {path: self._made[path] for path in entries if path in self._made}
        self.staged |= stage(self._shop, made, {}, entries)
        if self._shop.request.release:
            from builder.stages.compression import add_siblings

            entries, siblings = add_siblings(self._work, entries, self._encoded, self.read)
            self.staged |= siblings
            self.entries |= entries

    def read(self, path: str) -> bytes:
        """Return the bytes of a file of this release, wherever they are."""
        folder = self._shop.folder
        if path in self._made:
            return self._made[path]
        if path in self.staged:
            # What a server has shown ahead of its commit has moved already.
            with suppress(FileNotFoundError):
                return (folder.staging / self.staged[path]).read_bytes()
        data = (folder.out / path).read_bytes()
        if hashlib.sha256(data).hexdigest() != self.entries[path].digest:
            raise UsageError(f"{folder.out / path} is not what the last build wrote", hint="Build with --verify.")
        return data
