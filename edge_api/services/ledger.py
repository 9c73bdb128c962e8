"""Progress in, points out: one transaction per batch, which holds the learner's row from its first statement.

    lock the learner → what is known of these events and items → judge (pure)
    → events, awards, days, achievements, sums, the learner's totals, the boards' revisions, the message → COMMIT

Each line but the judging is one round trip to the database, unless a level, an achievement or a learner's first points
change what boards show of them.

A batch that is sent again finds its events by their ids and gets the first answers. A crash leaves all or nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_api.problems import Refused
from edge_api.schemas.progress import Results
from edge_api.services import achievements, batch, calendar, scoring, visibility
from edge_api.services.events import Malformed, Parsed
from edge_api.services.gains import changes_of, gains_of
from edge_api.stores import boards, learners, ledger, sessions
from edge_api.stores.writes import defer, execute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_api.services.batch import Additions
    from edge_api.services.scoring import Book
    from edge_api.services.sessions import Current
    from edge_api.stores.database import Connection, Database
    from edge_api.stores.writes import Write


class Progress(msgspec.Struct, frozen=True):
    """A page of a learner's history, and where they stand."""

    events: list[ledger.Recorded]
    xp: int
    streak: int


class Ledger:
    """Takes batches, settles what was pending, tells the history."""

    def __init__(self, database: Database, book: Callable[[], Book], active_days: int) -> None:
        self._database = database
        self._book = book
        self._active_days = active_days

    async def take(self, current: Current, events: Sequence[Parsed | Malformed]) -> Results:
        """Record a batch and return its answers, in order."""
        await self.settle(current.owner)
        book = self._book()
        parsed = [event for event in events if isinstance(event, Parsed)]
        async with self._database.write() as connection:
            learner = await self._lock(connection, current)
            before = await _before(connection, learner, book, [(event.key, event.event.item) for event in parsed])
            results, additions = batch.judge(events, learner, book, before, current.session.synced_at)
            if additions.recorded:
                new = [event for event in parsed if event.key not in before.events]
                offset = new[-1].offset
                frontier = calendar.clipped(max(event.at for event in new), current.session.synced_at, learner.now)
                synced = sessions.synced(current.session.id, frontier)
                learner = await self._store(connection, learner, book, additions, before, offset, [synced])
        return Results(results, learner.xp, scoring.level(learner.xp, book.awards.levels.step))

    async def history(self, owner: sessions.Owner, after: int, limit: int) -> Progress:
        """Return events of a learner in order of receipt, after settling what can be settled now."""
        await self.settle(owner)
        async with self._database.read() as connection:
            learner = await learners.get(self._database, connection, owner.id)
            if learner is None:
                raise Refused("no-session")
            events = await ledger.history(connection, owner.id, after, limit)
            days = await ledger.days(connection, owner.id)
        today = calendar.local_day(learner.now, learner.utc_offset)
        return Progress(events, learner.xp, calendar.streak(days, today))

    async def achievements(self, learner_id: str) -> dict[str, int]:
        """Return what a learner has earned, and when."""
        async with self._database.read() as connection:
            return await ledger.achievements(connection, learner_id)

    async def settle(self, owner: sessions.Owner) -> None:
        """Judge a learner's pending events if the awards have changed since they came."""
        if owner.pending and owner.judged_with != self._book().digest:
            await self._settle(owner.id)

    async def settle_some(self, limit: int) -> int:
        """Settle learners who have not come back since the awards changed; return how many were looked at."""
        async with self._database.read() as connection:
            waiting = await learners.unsettled(connection, self._book().digest, limit)
        for learner_id in waiting:
            await self._settle(learner_id)
        return len(waiting)

    async def _lock(self, connection: Connection, current: Current) -> learners.Learner:
        """Lock whoever the session belongs to: a sign-in may have merged its learner since it was found."""
        learner = await learners.lock(self._database, connection, current.owner.id)
        if learner is None:
            found = await sessions.find(connection, current.session.id)
            learner = None if found is None else await learners.lock(self._database, connection, found[1].id)
        if learner is None:
            raise Refused("no-session")
        return learner

    async def _settle(self, learner_id: str) -> None:
        book = self._book()
        async with self._database.write() as connection:
            learner = await learners.lock(self._database, connection, learner_id)
            if learner is None or learner.pending == 0 or learner.judged_with == book.digest:
                return
            waiting = await ledger.pending(connection, learner.id)
            asked = [("", batch.event_of(old).item) for old in waiting]
            before = await _before(connection, learner, book, asked)
            settled, additions = batch.settle(waiting, learner, book, before)
            await ledger.settle(connection, learner.id, settled)
            await self._store(connection, learner, book, additions, before, learner.utc_offset, active=False)

    async def _store(
        self,
        connection: Connection,
        learner: learners.Learner,
        book: Book,
        additions: Additions,
        before: ledger.Before,
        offset: int,
        more: Sequence[Write] = (),
        *,
        active: bool = True,
    ) -> learners.Learner:
        """Write what a batch came to, and what else goes with it; return the learner as they are then."""
        gains = gains_of(additions.awards)
        changed = {
            "xp": learner.xp + sum(award.points for award in additions.awards),
            "lessons": learner.lessons + sum(award.kind == "lesson" for award in additions.awards),
            "pending": learner.pending + additions.pending,
            "last_seq": learner.last_seq + len(additions.recorded),
            "utc_offset": offset,
            "last_active_at": learner.now if active else learner.last_active_at,
            "judged_with": book.digest,
        }
        was, learner = learner, msgspec.structs.replace(learner, **changed)
        new = await _achieve(connection, learner, book, before.achievements, additions)
        learner = msgspec.structs.replace(learner, achievements=learner.achievements + len(new))
        writes = [
            ledger.record(learner.id, additions.recorded),
            ledger.award(learner.id, additions.awards),
            ledger.add_days(learner.id, additions.days),
            ledger.earn(learner.id, dict.fromkeys(new, learner.now)),
            ledger.gain(learner.id, gains, learner.now // 1_000_000, listed=was.listed),
            learners.change(learner.id, **changed, achievements=learner.achievements),
            *more,
        ]
        changes, listed = changes_of(gains, before.boards), visibility.appears(learner, self._active_days)
        if listed != was.listed:
            await execute(connection, *writes)
            await visibility.relist(connection, learner, listed=listed)
        elif listed and (new or _levels(book, was) != _levels(book, learner)):
            # Levels and achievements stand on every board that shows the learner.
            await execute(connection, *writes)
            await visibility.redraw(connection, learner, changes)
        else:
            defer(connection, *writes, boards.bump(learner.id, changes if listed else ()))
        return msgspec.structs.replace(learner, listed=listed)


def _levels(book: Book, learner: learners.Learner) -> int:
    return scoring.level(learner.xp, book.awards.levels.step)


async def _before(
    connection: Connection, learner: learners.Learner, book: Book, told: Sequence[tuple[str, str]]
) -> ledger.Before:
    """Return what is known of a locked learner, of these events and their items under all of their names."""
    present = {book.present[item] for _, item in told if item in book.present}
    return await ledger.before(
        connection,
        learner.id,
        events=sorted({key for key, _ in told}),
        refs=sorted(name for reference in present for name in _names(book, reference)),
        periods=calendar.periods(learner.now),
        since=learner.now - learner.now % visibility.DAY,
    )


def _names(book: Book, reference: str) -> tuple[str, ...]:
    return book.names.get(reference, (reference,))


async def _achieve(
    connection: Connection, learner: learners.Learner, book: Book, have: frozenset[str], additions: Additions
) -> tuple[str, ...]:
    """Return what a learner has newly earned with what a batch adds."""
    if all(each.id in have for each in book.awards.achievements):
        return ()
    days = sorted({*await ledger.days(connection, learner.id), *additions.days}, reverse=True)
    streak = calendar.streak(days, calendar.local_day(learner.now, learner.utc_offset))
    awards = [*await ledger.awards(connection, learner.id), *additions.awards]
    return achievements.newly_earned(book.awards.achievements, have, achievements.facts_of(awards, book, streak))
