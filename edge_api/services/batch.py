"""A batch of events, judged one after the other against what was known of its learner before: pure.

An event that the ledger has already is answered as it was the first time, also where it stands in the batch twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_api.schemas.progress import Event, Result
from edge_api.services import calendar, scoring
from edge_api.services.events import Malformed, Parsed
from edge_api.stores import ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_api.services.scoring import Book
    from edge_api.stores.learners import Learner


class Additions(msgspec.Struct):
    """What a batch adds to the ledger; it grows as events are judged."""

    recorded: list[ledger.Recorded] = []
    awards: list[ledger.Award] = []
    days: set[str] = set()
    pending: int = 0
    """How many more events wait than before; fewer where it is negative."""


def judge(
    events: Sequence[Parsed | Malformed], learner: Learner, book: Book, before: ledger.Before, synced_at: int
) -> tuple[tuple[Result, ...], Additions]:
    """Return the answers to a batch, in its order, and what it adds."""
    known, additions, standing = dict(before.events), Additions(), _standing(learner, book, before)
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
                known[event.key] = _enter(additions, event, verdict, learner, synced_at)
    return tuple(results), additions


def settle(
    waiting: Sequence[ledger.Recorded], learner: Learner, book: Book, before: ledger.Before
) -> tuple[list[ledger.Recorded], Additions]:
    """Return pending events as they are judged by awards that came after them, and what they add."""
    additions, standing = Additions(), _standing(learner, book, before)
    settled = []
    for old in waiting:
        standing.pending -= 1
        verdict = scoring.judge(event_of(old), book, standing, calendar.utc_day(learner.now))
        settled.append(msgspec.structs.replace(old, status=verdict.status, code=verdict.code, xp=verdict.xp))
        if verdict.ref:
            additions.awards.append(_award(verdict, old.id, learner.now))
    additions.pending = standing.pending - learner.pending
    return settled, additions


def event_of(recorded: ledger.Recorded) -> Event:
    """Return an event of the ledger as its client sent it."""
    return msgspec.json.decode(recorded.body, type=Event)


def _standing(learner: Learner, book: Book, before: ledger.Before) -> scoring.Standing:
    earned: dict[str, str] = {}
    for name, when in before.earned.items():
        reference = book.present[name]
        earned[reference] = max(earned.get(reference, ""), calendar.utc_day(when))
    reviews = before.reviews if book.awards.reviews is not None else []
    earned |= {ref.rpartition("@")[0]: calendar.utc_day(learner.now) for ref in reviews}
    return scoring.Standing(earned=earned, reviews_today=len(reviews), pending=learner.pending)


def _enter(
    additions: Additions, event: Parsed, verdict: scoring.Verdict, learner: Learner, synced_at: int
) -> ledger.First:
    now, seq = learner.now, learner.last_seq + len(additions.recorded) + 1
    day = calendar.local_day(calendar.clipped(event.at, synced_at, now), event.offset)
    recorded = ledger.Recorded(
        event.key, seq, event.body, event.digest, day, now, verdict.status, verdict.code, verdict.xp
    )
    additions.recorded.append(recorded)
    additions.days.add(day)
    additions.pending += verdict.code == "unknown-item"
    if verdict.ref:
        additions.awards.append(_award(verdict, event.key, now))
    return ledger.First(event.digest, verdict.code, verdict.xp)


def _award(verdict: scoring.Verdict, event_id: str, now: int) -> ledger.Award:
    return ledger.Award(verdict.kind, verdict.ref, verdict.course, verdict.xp, now, event_id)


def _again(event: Parsed, first: ledger.First) -> Result:
    if first.digest != event.digest:
        return Result(event.event.id, "rejected", "conflict", 0)
    return Result(event.event.id, "replayed", first.code, first.xp)
