"""One build under way: what its stages share, and the count of what ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from builder.engine.pool import Outcome, Pool
from builder.engine.step import name_of
from builder.engine.store import Damaged, Record, Store
from builder.engine.task import Task, key_of
from builder.errors import Problem
from builder.io.config import Request, Roots
from builder.io.scan import Tree
from builder.model import Site
from builder.stages.memory import Memory, Rendered

if TYPE_CHECKING:
    from builder.stages.darkroom import Darkroom


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
