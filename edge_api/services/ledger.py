"""Progress in, points out: one transaction per batch, which holds the learner's row from its first statement.

    lock the learner → what is known of these events and items → judge (pure)
    → events, awards, days, achievements, sums, the learner's totals, the boards' revisions, the message → COMMIT

Each line but the judging is one way to the database and back, unless a level, an achievement or a learner's first
points change what boards show of them.

A batch that is sent again finds its events by their ids and gets the first answers. A crash leaves all or nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_api.problems import Refused
from edge_api.schemas.progress import Event, Result, Results
from edge_api.services import achievements, calendar, scoring, visibility
from edge_api.services.events import Malformed, Parsed
from edge_api.services.gains import changes_of, gains_of
from edge_api.stores import boards, learners, ledger, sessions
from edge_api.stores.telling import last, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_api.services.scoring import Book
    from edge_api.services.sessions import Current
    from edge_api.stores.database import Connection, Database
    from edge_api.stores.telling import Telling


class _Sums(msgspec.Struct):
    """What a batch adds up to, while it is judged."""

    recorded: list[ledger.Recorded] = []
    awards: list[ledger.Award] = []
    days: set[str] = set()
    pending: int = 0


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
            known = dict(before.events)
            new = [event for event in parsed if event.key not in known]
            standing = _standing(learner, book, before)
            sums = _Sums()
            results = []
            for event in events:
                if isinstance(event, Malformed):
                    results.append(Result(event.id, "rejected", "invalid", 0))
                elif event.key in known:
                    results.append(_again(event, known[event.key]))
                else:
                    verdict = scoring.judge(event.event, book, standing, calendar.utc_day(learner.now))
                    results.append(Result(event.event.id, verdict.status, verdict.code, verdict.xp))
                    if verdict.status != "rejected":
                        seq = learner.last_seq + len(sums.recorded) + 1
                        synced_at = current.session.synced_at
                        known[event.key] = _enter(sums, event, verdict, seq=seq, synced_at=synced_at, now=learner.now)
            if sums.recorded:
                offset = next(event.offset for event in reversed(new))
                frontier = calendar.clipped(max(event.at for event in new), current.session.synced_at, learner.now)
                synced = sessions.synced(current.session.id, frontier)
                learner = await self._store(connection, learner, book, sums, before, offset, [synced])
        return Results(tuple(results), learner.xp, scoring.level(learner.xp, book.awards.levels.step))

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
            events = [msgspec.json.decode(old.body, type=Event) for old in waiting]
            before = await _before(connection, learner, book, [("", event.item) for event in events])
            standing = _standing(learner, book, before)
            sums, settled = _Sums(), []
            for old, event in zip(waiting, events, strict=True):
                standing.pending -= 1
                verdict = scoring.judge(event, book, standing, calendar.utc_day(learner.now))
                settled.append(msgspec.structs.replace(old, status=verdict.status, code=verdict.code, xp=verdict.xp))
                if verdict.ref:
                    sums.awards.append(_award(verdict, old.id, learner.now))
            await ledger.settle(connection, learner.id, settled)
            sums.pending = standing.pending - learner.pending
            await self._store(connection, learner, book, sums, before, learner.utc_offset, active=False)

    async def _store(
        self,
        connection: Connection,
        learner: learners.Learner,
        book: Book,
        sums: _Sums,
        before: ledger.Before,
        offset: int,
        more: Sequence[Telling] = (),
        *,
        active: bool = True,
    ) -> learners.Learner:
        """Write what a batch came to, and what else goes with it; return the learner as they are then."""
        gains = gains_of(sums.awards)
        changed = {
            "xp": learner.xp + sum(award.points for award in sums.awards),
            "lessons": learner.lessons + sum(award.kind == "lesson" for award in sums.awards),
            "pending": learner.pending + sums.pending,
            "last_seq": learner.last_seq + len(sums.recorded),
            "utc_offset": offset,
            "last_active_at": learner.now if active else learner.last_active_at,
            "judged_with": book.digest,
        }
        was, learner = learner, msgspec.structs.replace(learner, **changed)
        new = await _achieve(connection, learner, book, before.achievements, sums)
        learner = msgspec.structs.replace(learner, achievements=learner.achievements + len(new))
        tellings = [
            ledger.record(learner.id, sums.recorded),
            ledger.award(learner.id, sums.awards),
            ledger.add_days(learner.id, sums.days),
            ledger.earn(learner.id, dict.fromkeys(new, learner.now)),
            ledger.gain(learner.id, gains, learner.now // 1_000_000, listed=was.listed),
            learners.change(learner.id, **changed, achievements=learner.achievements),
            *more,
        ]
        changes, listed = changes_of(gains, before.boards), self._appears(learner)
        if listed != was.listed:
            await tell(connection, *tellings)
            await visibility.relist(connection, learner, listed=listed)
        elif listed and (new or _levels(book, was) != _levels(book, learner)):
            # Levels and achievements stand on every board that shows the learner.
            await tell(connection, *tellings)
            await visibility.redraw(connection, learner, changes)
        else:
            last(connection, *tellings, boards.bump(learner.id, changes if listed else ()))
        return msgspec.structs.replace(learner, listed=listed)

    def _appears(self, learner: learners.Learner) -> bool:
        return visibility.appears(
            anonymous=learner.anonymous,
            visible=learner.visible,
            last_active_at=learner.last_active_at,
            now=learner.now,
            active_days=self._active_days,
        )


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


def _standing(learner: learners.Learner, book: Book, before: ledger.Before) -> scoring.Standing:
    earned: dict[str, str] = {}
    for name, when in before.earned.items():
        reference = book.present[name]
        earned[reference] = max(earned.get(reference, ""), calendar.utc_day(when))
    reviews = before.reviews if book.awards.reviews is not None else []
    earned |= {ref.rpartition("@")[0]: calendar.utc_day(learner.now) for ref in reviews}
    return scoring.Standing(earned=earned, reviews_today=len(reviews), pending=learner.pending)


def _names(book: Book, reference: str) -> tuple[str, ...]:
    return book.names.get(reference, (reference,))


async def _achieve(
    connection: Connection, learner: learners.Learner, book: Book, have: frozenset[str], sums: _Sums
) -> tuple[str, ...]:
    """Return what a learner has newly earned with what a batch adds."""
    if all(each.id in have for each in book.awards.achievements):
        return ()
    days = sorted({*await ledger.days(connection, learner.id), *sums.days}, reverse=True)
    streak = calendar.streak(days, calendar.local_day(learner.now, learner.utc_offset))
    awards = [*await ledger.awards(connection, learner.id), *sums.awards]
    return achievements.newly_earned(book.awards.achievements, have, facts_of(awards, book, streak))


def facts_of(awards: Sequence[ledger.Award], book: Book, streak: int) -> achievements.Facts:
    """Return what rules may ask, from a learner's ledger."""
    xp: dict[str, int] = {}
    counts: dict[tuple[str, str], int] = {}
    for award in awards:
        for scope in ("", award.course):
            xp[scope] = xp.get(scope, 0) + award.points
            counts[award.kind, scope] = counts.get((award.kind, scope), 0) + 1
    finished = frozenset(book.present.get(award.ref, award.ref) for award in awards)
    return achievements.Facts(xp=xp, counts=counts, finished=finished, lessons=book.lessons, streak=streak)


def _enter(sums: _Sums, event: Parsed, verdict: scoring.Verdict, *, seq: int, synced_at: int, now: int) -> ledger.First:
    day = calendar.local_day(calendar.clipped(event.at, synced_at, now), event.offset)
    recorded = ledger.Recorded(
        event.key, seq, event.body, event.digest, day, now, verdict.status, verdict.code, verdict.xp
    )
    sums.recorded.append(recorded)
    sums.days.add(day)
    sums.pending += verdict.code == "unknown-item"
    if verdict.ref:
        sums.awards.append(_award(verdict, event.key, now))
    return ledger.First(event.digest, verdict.code, verdict.xp)


def _award(verdict: scoring.Verdict, event_id: str, now: int) -> ledger.Award:
    return ledger.Award(verdict.kind, verdict.ref, verdict.course, verdict.xp, now, event_id)


def _again(event: Parsed, first: ledger.First) -> Result:
    if first.digest != event.digest:
        return Result(event.event.id, "rejected", "conflict", 0)
    return Result(event.event.id, "replayed", first.code, first.xp)
