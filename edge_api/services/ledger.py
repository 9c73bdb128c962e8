"""Progress in, points out: one transaction per batch, which holds the learner's row from its first statement.

    lock the learner → what is known of these events and items → judge (pure) → record, award, sum up
    → days and achievements → the learner's own totals → the boards' revisions → COMMIT

A batch that is sent again finds its events by their ids and gets the first answers. A crash leaves all or nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_api.problems import Refused
from edge_api.schemas.progress import Event, Result, Results
from edge_api.services import achievements, calendar, scoring, visibility
from edge_api.services.events import Malformed, Parsed
from edge_api.stores import boards, learners, ledger, sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_api.services.scoring import Book
    from edge_api.services.sessions import Current
    from edge_api.stores.database import Connection, Database


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
            known = await ledger.known(connection, learner.id, sorted({event.key for event in parsed}) or [""])
            new = [event for event in parsed if event.key not in known]
            standing = await _standing(connection, learner, book, [event.event.item for event in new]) if new else None
            sums = _Sums()
            results = []
            for event in events:
                if isinstance(event, Malformed):
                    results.append(Result(event.id, "rejected", "invalid", 0))
                elif event.key in known:
                    results.append(_again(event, known[event.key]))
                elif standing is not None:
                    verdict = scoring.judge(event.event, book, standing, calendar.utc_day(learner.now))
                    results.append(Result(event.event.id, verdict.status, verdict.code, verdict.xp))
                    if verdict.status != "rejected":
                        seq = learner.last_seq + len(sums.recorded) + 1
                        synced_at = current.session.synced_at
                        known[event.key] = _enter(sums, event, verdict, seq=seq, synced_at=synced_at, now=learner.now)
            if sums.recorded:
                offset = next(event.offset for event in reversed(new))
                learner = await self._store(connection, learner, book, sums, offset)
                frontier = calendar.clipped(max(event.at for event in new), current.session.synced_at, learner.now)
                await sessions.synced(connection, current.session.id, frontier)
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
            standing = await _standing(connection, learner, book, [event.item for event in events])
            sums, settled = _Sums(), []
            for old, event in zip(waiting, events, strict=True):
                standing.pending -= 1
                verdict = scoring.judge(event, book, standing, calendar.utc_day(learner.now))
                settled.append(msgspec.structs.replace(old, status=verdict.status, code=verdict.code, xp=verdict.xp))
                if verdict.ref:
                    sums.awards.append(_award(verdict, old.id, learner.now))
            await ledger.settle(connection, learner.id, settled)
            sums.pending = standing.pending - learner.pending
            await self._store(connection, learner, book, sums, learner.utc_offset, active=False)

    async def _store(
        self,
        connection: Connection,
        learner: learners.Learner,
        book: Book,
        sums: _Sums,
        offset: int,
        *,
        active: bool = True,
    ) -> learners.Learner:
        await ledger.record(connection, learner.id, sums.recorded)
        await ledger.award(connection, learner.id, sums.awards)
        await ledger.add_days(connection, learner.id, sums.days)
        touched: list[boards.Change] = []
        if sums.awards:
            gains = gains_of(sums.awards)
            reached_at = learner.now // 1_000_000
            fresh = await ledger.gain(connection, learner.id, gains, reached_at, listed=learner.listed)
            touched = [
                boards.Change(gain.scope, gain.period, int((gain.scope, gain.period) in fresh)) for gain in gains
            ]
        changed = {
            "xp": learner.xp + sum(award.points for award in sums.awards),
            "lessons": learner.lessons + sum(award.kind == "lesson" for award in sums.awards),
            "pending": learner.pending + sums.pending,
            "last_seq": learner.last_seq + len(sums.recorded),
            "utc_offset": offset,
            "last_active_at": learner.now if active else learner.last_active_at,
            "judged_with": book.digest,
        }
        before, learner = learner, msgspec.structs.replace(learner, **changed)
        new = await _achieve(connection, learner, book)
        learner = msgspec.structs.replace(learner, achievements=learner.achievements + new)
        await learners.change(connection, learner.id, **changed, achievements=learner.achievements)
        listed = self._appears(learner)
        if listed != learner.listed:
            await visibility.relist(connection, learner, listed=listed)
        elif listed and (new or _levels(book, before) != _levels(book, learner)):
            # Levels and achievements stand on every board that shows the learner.
            await visibility.redraw(connection, learner, touched)
        elif listed:
            await boards.bump(connection, learner.id, touched)
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


def gains_of(awards: Sequence[ledger.Award]) -> list[ledger.Gain]:
    """Return the sums that awards add to: everything and their course, for all time, their week and their day."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for award in awards:
        for scope in ("", award.course):
            for period in calendar.periods(award.at):
                xp, lessons = sums.get((scope, period), (0, 0))
                sums[scope, period] = (xp + award.points, lessons + (award.kind == "lesson"))
    return [ledger.Gain(scope, period, xp, lessons) for (scope, period), (xp, lessons) in sorted(sums.items())]


async def _standing(
    connection: Connection, learner: learners.Learner, book: Book, items: Sequence[str]
) -> scoring.Standing:
    present = {book.present[item] for item in items if item in book.present}
    names = {name: reference for reference in present for name in book.names.get(reference, (reference,))}
    at = await ledger.earned(connection, learner.id, sorted(names))
    earned: dict[str, str] = {}
    for name, when in at.items():
        earned[names[name]] = max(earned.get(names[name], ""), calendar.utc_day(when))
    reviews = 0
    if book.awards.reviews is not None:
        today = calendar.utc_day(learner.now)
        midnight = learner.now - learner.now % visibility.DAY
        for ref in await ledger.reviewed(connection, learner.id, midnight):
            earned[ref.rpartition("@")[0]] = today
            reviews += 1
    return scoring.Standing(earned=earned, reviews_today=reviews, pending=learner.pending)


async def _achieve(connection: Connection, learner: learners.Learner, book: Book) -> int:
    have = frozenset(await ledger.achievements(connection, learner.id))
    if all(each.id in have for each in book.awards.achievements):
        return 0
    days = await ledger.days(connection, learner.id)
    streak = calendar.streak(days, calendar.local_day(learner.now, learner.utc_offset))
    facts = facts_of(await ledger.awards(connection, learner.id), book, streak)
    new = achievements.newly_earned(book.awards.achievements, have, facts)
    await ledger.earn(connection, learner.id, new, learner.now)
    return len(new)


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


def _enter(
    sums: _Sums, event: Parsed, verdict: scoring.Verdict, *, seq: int, synced_at: int, now: int
) -> ledger.Recorded:
    day = calendar.local_day(calendar.clipped(event.at, synced_at, now), event.offset)
    recorded = ledger.Recorded(
        event.key, seq, event.body, event.digest, day, now, verdict.status, verdict.code, verdict.xp
    )
    sums.recorded.append(recorded)
    sums.days.add(day)
    sums.pending += verdict.code == "unknown-item"
    if verdict.ref:
        sums.awards.append(_award(verdict, event.key, now))
    return recorded


def _award(verdict: scoring.Verdict, event_id: str, now: int) -> ledger.Award:
    return ledger.Award(verdict.kind, verdict.ref, verdict.course, verdict.xp, now, event_id)


def _again(event: Parsed, first: ledger.Recorded) -> Result:
    if first.digest != event.digest:
        return Result(event.event.id, "rejected", "conflict", 0)
    return Result(event.event.id, "replayed", first.code, first.xp)
