"""What an act is worth: pure, so that the same events and awards give the same points on every instance.

A verified act earns an item's points once in a learner's life. The only act that may earn again is a review (a quiz
or trace answered right on a later day than before), and only that one has a daily cap.
"""

from __future__ import annotations

from math import isqrt
from typing import Literal

import msgspec

from edge_api.schemas.awards import Award, Awards
from edge_api.schemas.progress import Event

# Beyond this a learner's unknown items are refused: nobody's honest week holds so many, and a table must have an end.
PENDING_LIMIT = 1000

_EXPECTED = {
    "lesson.read": ("lesson",),
    "quiz.answered": ("quiz", "trace"),
    "exercise.passed": ("exercise",),
}


class Verdict(msgspec.Struct, frozen=True):
    """How an event was judged: its status, why, its points, and the ledger's row where there is one."""

    status: Literal["accepted", "pending", "rejected"]
    code: str
    xp: int = 0
    kind: str = ""
    ref: str = ""
    course: str = ""


class Standing(msgspec.Struct):
    """What the judge knows of the learner so far in this batch; it grows as verdicts fall."""

    earned: dict[str, str]
    """Items that have earned, with the UTC day of the latest time."""
    reviews_today: int
    pending: int
    """Events that wait for their item to become known."""


class Book(msgspec.Struct, frozen=True):
    """The awards, with aliases resolved once; ``digest`` names the bytes they were read from."""

    awards: Awards
    digest: str
    present: dict[str, str]
    """Every known reference, and the present one it stands for."""
    names: dict[str, tuple[str, ...]]
    """Every present reference that had other names, and all of its names."""
    lessons: dict[str, frozenset[str]]
    """The lessons of each course."""


def book(awards: Awards, digest: str) -> Book:
    """Return ``awards`` ready to judge by; an alias may lead to another, and one that leads nowhere is none."""
    present = {reference: reference for reference in awards.items}
    names: dict[str, list[str]] = {}
    for old in awards.aliases:
        target, steps = old, 0
        while target not in awards.items and target in awards.aliases and steps <= len(awards.aliases):
            target, steps = awards.aliases[target], steps + 1
        if target in awards.items and old not in awards.items:
            present[old] = target
            names.setdefault(target, [target]).append(old)
    lessons: dict[str, set[str]] = {}
    for reference, award in awards.items.items():
        if award.kind == "lesson":
            lessons.setdefault(award.course, set()).add(reference)
    return Book(
        awards=awards,
        digest=digest,
        present=present,
        names={reference: tuple(sorted(all_names)) for reference, all_names in names.items()},
        lessons={course: frozenset(references) for course, references in lessons.items()},
    )


def judge(event: Event, book: Book, standing: Standing, today: str) -> Verdict:
    """Return the verdict on ``event`` and enter it into ``standing``."""
    reference = book.present.get(event.item)
    if reference is None:
        return _unknown(event, book, standing)
    award = book.awards.items[reference]
    if award.kind not in _EXPECTED[event.type]:
        return Verdict("rejected", "kind-mismatch")
    if award.kind == "exercise":
        return Verdict("pending", "exercise")
    if award.kind != "lesson" and not right(award, event):
        return Verdict("accepted", "wrong")
    if reference not in standing.earned:
        standing.earned[reference] = today
        code = "read" if award.kind == "lesson" else "right"
        return Verdict("accepted", code, award.xp, award.kind, reference, award.course)
    return _again(award, reference, book, standing, today)


def right(award: Award, event: Event) -> bool:
    """Tell whether the answer is right: exactly the right choices, or the same words but for white space."""
    if award.kind == "trace":
        return isinstance(event.answer, str) and event.answer.split() == award.answer.split()
    return isinstance(event.choices, tuple) and sorted(set(event.choices)) == sorted(award.answers)


def level(xp: int, step: int) -> int:
    """Return the highest n of which step * n * (n - 1) / 2 is no more than ``xp``."""
    return (1 + isqrt(1 + 8 * xp // step)) // 2


def _again(award: Award, reference: str, book: Book, standing: Standing, today: str) -> Verdict:
    last = standing.earned[reference]
    reviews = book.awards.reviews
    if award.kind == "lesson" or reviews is None or last >= today or standing.reviews_today >= reviews.per_day:
        return Verdict("accepted", "already-earned")
    standing.earned[reference] = today
    standing.reviews_today += 1
    return Verdict("accepted", "review", reviews.xp, "review", f"{reference}@{today}", award.course)


def _unknown(event: Event, book: Book, standing: Standing) -> Verdict:
    if event.item in book.awards.retired:
        return Verdict("rejected", "retired")
    if standing.pending >= PENDING_LIMIT:
        return Verdict("rejected", "too-many-pending")
    standing.pending += 1
    return Verdict("pending", "unknown-item")
