"""A whole deploy on one page: read the record, plan, take the lock, write, switch, verify, commit, sweep.

What an exception means depends on how far it came, and only this room knows: until something visible changed it is a
``DeployRefused``, after that, in place, a ``DeployHalfway``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

import msgspec

from builder.errors import CoursewrightError, DeployHalfway, DeployRefused, Unhealthy
from builder.io.deploy import history, lock, verify
from builder.io.deploy.apply import Apply
from builder.io.deploy.inspection import Candidate, Draft, draft, release_of, settled
from builder.io.deploy.lock import Clock, Lock
from builder.io.deploy.store import Conflict, StoreError
from builder.io.deploy.target import Target
from builder.io.deploy.verify import Finding
from builder.steps.release import record as records
from builder.steps.release.operation import Operation, Phase
from builder.steps.release.view import Items

_VISIBLE = (Phase.EDGE, Phase.NEW, Phase.CHANGED, Phase.HOME, Phase.DATA, Phase.PURGE)
_RESUME = "Run the deploy again to finish it, or go back with --rollback."


class Options(NamedTuple):
    """``check`` looks at the live site by HTTP; ``agree`` is shown the plan and says whether to go on."""

    by: str
    keep: int | None
    expires: str | None
    check: Callable[[str, Items], tuple[Finding, ...]] | None
    agree: Callable[[Draft], bool]
    firm: bool
    clock: Clock = Clock()


class Talk(Protocol):
    """What a deploy says while it works."""

    def say(self, sentence: str) -> None:
        """Say a sentence."""
        ...

    def done(self, operation: Operation) -> None:
        """Count an operation."""
        ...


def deploy(
    target: Target, standing: history.Standing, candidate: Candidate, options: Options, talk: Talk
) -> Draft | None:
    """Make ``candidate`` live; return the plan that did it, or None where nothing was to do or it was declined."""
    if settled(standing, candidate):
        return None
    with unchanged():
        plan = draft(target, candidate, standing, _now(options), options.keep)
    if not options.agree(plan):
        return None
    with unchanged(), lock.held(target.store, target.layout.lock, options.by, talk.say, options.clock) as turn:
        fresh = history.read(target.store, target.layout)
        if fresh.tag != standing.tag:
            if not options.firm:
                raise DeployRefused(
                    "Somebody else deployed meanwhile, so this plan is out of date.", hint="Look at a new plan."
                )
            plan = draft(target, candidate, fresh, _now(options), options.keep)
        _Run(target, candidate, plan, options, talk, turn).all()
    return plan


@contextmanager
def unchanged() -> Iterator[None]:
    """Turn a failure of the target into a refusal: nothing visible has changed."""
    try:
        yield
    except StoreError as error:
        raise DeployRefused(error.message, place=error.place, hint=error.hint) from error


class _Run:
    """One execution of a plan, under the lock."""

    def __init__(
        self, target: Target, candidate: Candidate, plan: Draft, options: Options, talk: Talk, turn: Lock
    ) -> None:
        self._target = target
        self._candidate = candidate
        self._plan = plan
        self._options = options
        self._talk = talk
        self._turn = turn
        self._release = release_of(candidate, _now(options), options.by)
        self._apply = Apply(target, candidate.build, dict(plan.tags), turn.renew, talk)
        self._in_place = target.switch is None

    def all(self) -> None:
        """Go through the phases; each line is a barrier."""
        target, plan, apply = self._target, self._plan, self._apply
        layout, store, operations = target.layout, target.store, plan.operations
        if self._candidate.build is not None:
            history.store_documents(store, layout, plan.view.to, self._candidate.document, self._candidate.edge)
        apply.run(operations, [Phase.STORE])
        late = self._in_place or any(operation.phase == Phase.WORKER for operation in operations)
        if not late:
            self._look_at_all()
        self._turn.renew(force=True)
        intent = history.write(store, layout, records.begun(plan.record, self._release), plan.standing.tag)
        with _halfway() if self._in_place else unchanged():
            apply.run(operations, _VISIBLE)
            if self._in_place:
                verify.standing(target, plan, apply.tags, worker=False)
            verify.through_the_store(store, plan)
            apply.run(operations, [Phase.WORKER, Phase.REPURGE])
            if late:
                self._look_at_all()
            if self._in_place:
                self._look()
            self._turn.renew(force=True)
            self._switch()
        self._commit_and_sweep(intent)
        if not self._in_place:
            self._look()

    def _look_at_all(self) -> None:
        """Check that every object stands, and note the store's time before it: what changes later is doubtful."""
        target = self._target
        history.looked(target.store, target.layout, self._plan.view.to)
        at = verify.standing(target, self._plan, self._apply.tags, worker=True)
        self._release = msgspec.structs.replace(self._release, looked=at)

    def _switch(self) -> None:
        switch, to = self._target.switch, self._plan.view.to
        if switch is None or self._plan.view.switched:
            return
        try:
            switch.swap(self._plan.pointed, to, self._plan.encodings)
        except Conflict:
            raise
        except StoreError as error:
            if switch.read() != to:  # else only the answer was lost
                raise error from None
        for operation in self._plan.operations:
            if operation.do == "switch":
                self._talk.done(operation)

    def _commit_and_sweep(self, intent: history.Standing) -> None:
        assert intent.record is not None
        target, plan = self._target, self._plan
        gone = any(operation.phase >= Phase.DELETE for operation in plan.operations)
        edge = {name: digest for name, (digest, _) in plan.view.edge.items()}
        record = records.committed(intent.record, self._release, plan.keep, edge, swept=not gone)
        record = records.expiring(record, self._options.expires)
        with _halfway() if self._in_place else _live_unrecorded():
            committed = history.write(target.store, target.layout, record, intent.tag)
        if not gone:
            return
        try:
            self._apply.run(plan.operations, [Phase.DELETE, Phase.FORGET])
            history.write(target.store, target.layout, records.swept(record), committed.tag)
        except CoursewrightError as error:
            self._talk.say(f"The release is live; what it superseded could not all be deleted: {error.message}")
            self._talk.say("The next deploy, also of this same release, finishes that.")

    def _look(self) -> None:
        if self._options.check is None:
            return
        try:
            verify.healthy(self._options.check(self._plan.view.to, self._plan.view.items))
        except Unhealthy as error:
            if self._in_place:  # not committed yet
                raise StoreError(error.message, hint=error.hint) from error
            raise


@contextmanager
def _halfway() -> Iterator[None]:
    """Turn any failure into the news that visible pages may come from two releases."""
    try:
        yield
    except (StoreError, DeployRefused) as error:
        raise DeployHalfway(
            f"{error.message} The site is between two releases: every page is whole.",
            place=error.place,
            hint=" ".join(filter(None, [error.hint, _RESUME])),
        ) from error


@contextmanager
def _live_unrecorded() -> Iterator[None]:
    """Turn a failed commit into the news that the release is live all the same."""
    try:
        yield
    except (StoreError, DeployRefused) as error:
        raise Unhealthy(
            f"The release is live, but the target's record could not be written: {error.message}",
            place=error.place,
            hint="Run the deploy again; it has nothing left to send.",
        ) from error


def _now(options: Options) -> datetime:
    return datetime.fromtimestamp(options.clock.now(), UTC)
