"""What the stages of one build share: settings, store and pool, what the last build knew, the count of what ran."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from builder.engine import memory as memory_file
from builder.engine.pool import Outcome, Pool
from builder.engine.step import name_of
from builder.engine.store import Damaged, Record, Store, digest
from builder.engine.task import Task, key_of
from builder.errors import Problem
from builder.io.config import Request, Roots
from builder.io.scan import Stat, Tree
from builder.model import Published, Site, Struct

if TYPE_CHECKING:
    from builder.stages.darkroom import Darkroom

# Written into every key of the memory file: raised when its form changes.
FORM = 7


class Row(Struct, frozen=True, array_like=True):
    """One page's source: what it was read from, where its parts lie, what its references lead to.

    ``wants`` are the files that it hands out as they are, ``shown`` those that it shows as pictures.
    """

    path: str
    digest: bytes
    includes: tuple[tuple[str, str, bytes], ...]
    key: bytes
    outline: Record
    links: Record
    body: Record
    problems: tuple[Problem, ...]
    wants: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    places: tuple[tuple[int, str, str], ...] = ()
    misses: tuple[Problem, ...] = ()
    minutes: int = 1


def reading_times(rows: Mapping[str, Row]) -> dict[str, int]:
    """Return how long each page takes to read, in minutes, by its source."""
    return {path: row.minutes for path, row in rows.items()}


class Rendered(Struct, frozen=True, array_like=True):
    """One file that was rendered: the key it was made under, its digest and its size."""

    key: bytes
    digest: str
    size: int


class Weights(msgspec.Struct, frozen=True, array_like=True):
    """Which assets pages start with: each set of them once, and the number of its own for every page."""

    table: tuple[tuple[str, ...], ...] = ()
    rows: dict[str, int] = {}


class Memory(msgspec.Struct, array_like=True):
    """What the last build knew; empty where there was none."""

    identity: bytes = b""
    manifest: bytes = b""
    report: bytes = b""
    stats: dict[str, Stat] = {}
    rows: dict[str, Row] = {}
    rendered: dict[str, Rendered] = {}
    published: dict[str, Published] = {}
    structure: bytes = b""
    layout: Record | None = None
    reasons: dict[str, str] = {}
    site_files: tuple[bytes, dict[str, str]] = (b"", {})
    settings: bytes = b""
    assets_key: bytes = b""
    assets: Record | None = None
    wishes: bytes = b""
    encoders: bytes = b""
    weights: Weights = Weights()
    inputs: dict[str, bytes] = {}


class Head(Struct, frozen=True, array_like=True):
    """The small part of the memory: all that a build needs in which nothing has changed."""

    identity: bytes
    manifest: bytes
    report: bytes
    stats: dict[str, Stat]


def recall_head(sections: dict[str, memoryview]) -> Head | None:
    """Return the head of the last build's memory."""
    try:
        return msgspec.msgpack.decode(sections["head"], type=Head)
    except (KeyError, msgspec.MsgspecError):
        return None


def recall(sections: dict[str, memoryview], head: Head | None) -> Memory:
    """Return all of the last build's memory."""
    try:
        memory = msgspec.msgpack.decode(sections["rest"], type=Memory)
    except (KeyError, msgspec.MsgspecError):
        return Memory()
    if head is None:
        return Memory()
    memory.identity, memory.manifest = head.identity, head.manifest
    memory.report, memory.stats = head.report, head.stats
    return memory


def remember(path: Path, memory: Memory) -> None:
    """Write the memory for the next build: what every build reads, and apart from it the rest."""
    head = Head(memory.identity, memory.manifest, memory.report, memory.stats)
    rest = msgspec.structs.replace(memory, identity=b"", manifest=b"", report=b"", stats={})
    memory_file.save(path, {"head": msgspec.msgpack.encode(head), "rest": msgspec.msgpack.encode(rest)})


class Ahead(NamedTuple):
    """The pages that somebody looks at: made before the others, and shown while those are made.

    ``go_on`` is asked between pages; where it says no, the build is given up.
    """

    paths: frozenset[str]
    show: Callable[[Mapping[str, Rendered], Mapping[str, str]], None]
    go_on: Callable[[], bool]


class Work:
    """One build under way.

    ``saved`` names the only files that may differ from what the memory knows, ``fresh`` the only pages whose rows may:
    where they are known, a stage looks at nothing else. None means any. ``own`` says that the output folder holds what
    the memory knows.
    """

    def __init__(
        self,
        request: Request,
        roots: Roots,
        site: Site,
        tree: Tree,
        memory: Memory,
        store: Store,
        pool: Pool,
        *,
        identity: bytes,
        staging: str,
        saved: frozenset[str] | None = None,
        own: bool = False,
        ahead: Ahead | None = None,
        darkroom: Darkroom | None = None,
    ) -> None:
        self.request = request
        self.roots = roots
        self.site = site
        self.tree = tree
        self.memory = memory
        self.store = store
        self.pool = pool
        self.identity = identity
        self.staging = staging
        self.saved = saved
        self.own = own
        self.fresh: frozenset[str] | None = None
        self.ahead = ahead
        # Where there is one, new pictures are shown as drafts and made there.
        self.darkroom = darkroom
        self.ran: Counter[str] = Counter()
        self.recalled: Counter[str] = Counter()
        self.slow: list[tuple[float, str]] = []
        self.reasons: dict[str, str] = {}
        self.problems: list[Problem] = list(tree.problems)
        # What stands for everything but a page's own source that its parsing depends on.
        self.settings = b""

    def run(self, made: Task) -> tuple[Record, ...]:
        """Return the records of one task's result, recalled or run here."""
        key = key_of(made)
        found = self.store.find(key)
        if found is not None:
            self.recalled[name_of(made.step)] += 1
            return found
        (outcome,) = self.pool.run([made], 1)
        self.ran[name_of(made.step)] += 1
        return self.store.append(key, done(outcome).parts)

    def read(self, record: Record, kind: type[Any]) -> Any:
        """Return a record's value; raise ``Damaged`` where it is none of that kind."""
        data = self.store.read(record)
        try:
            return msgspec.msgpack.decode(data, type=kind)
        except msgspec.MsgspecError as error:
            raise Damaged(record.pack) from error


def done(outcome: Outcome | BaseException) -> Outcome:
    """Return an outcome; raise what stands in its place."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def identity_of(*parts: bytes) -> bytes:
    """Return what stands for a build's circumstances: the tool, its dependencies, settings, templates and assets."""
    whole = hashlib.sha256(str(FORM).encode())
    for part in parts:
        whole.update(digest(part))
    return whole.digest()
