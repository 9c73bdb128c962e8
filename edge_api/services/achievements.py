"""Achievements are data: a rule of the awards and the facts of a learner say whether one is earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_api.schemas.awards import Achievement, CountRule, CourseRule, ItemsRule, Rule, StreakRule, XpRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_api.services.scoring import Book
    from edge_api.stores import ledger


class Facts(msgspec.Struct, frozen=True):
    """What rules may ask about a learner; the course '' means everything."""

    xp: dict[str, int]
    counts: dict[tuple[str, str], int]
    """Finished items by kind and course."""
    finished: frozenset[str]
    """Present references of finished items."""
    lessons: dict[str, frozenset[str]]
    """The lessons of each course, as it is now."""
    streak: int


def facts_of(awards: Sequence[ledger.Award], book: Book, streak: int) -> Facts:
    """Return what rules may ask, from a learner's ledger."""
    xp: dict[str, int] = {}
    counts: dict[tuple[str, str], int] = {}
    for award in awards:
        for scope in ("", award.course):
            xp[scope] = xp.get(scope, 0) + award.points
            counts[award.kind, scope] = counts.get((award.kind, scope), 0) + 1
    finished = frozenset(book.present.get(award.ref, award.ref) for award in awards)
    return Facts(xp=xp, counts=counts, finished=finished, lessons=book.lessons, streak=streak)


def newly_earned(achievements: tuple[Achievement, ...], have: frozenset[str], facts: Facts) -> tuple[str, ...]:
    """Return the ids of what ``facts`` earn beyond ``have``, in the order of the awards."""
    return tuple(each.id for each in achievements if each.id not in have and fulfilled(each.rule, facts))


def fulfilled(rule: Rule, facts: Facts) -> bool:
    """Tell whether the facts fulfil the rule."""
    match rule:
        case XpRule():
            return facts.xp.get(rule.course, 0) >= rule.at_least
        case CountRule():
            return facts.counts.get((rule.kind, rule.course), 0) >= rule.at_least
        case ItemsRule():
            return facts.finished.issuperset(rule.items)
        case CourseRule():
            lessons = facts.lessons.get(rule.course, frozenset())
            return bool(lessons) and facts.finished >= lessons
        case StreakRule():
            return facts.streak >= rule.at_least
