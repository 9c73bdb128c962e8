"""What answers are worth, and what is achieved by them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_api.schemas.awards import (
    Achievement,
    Award,
    Awards,
    CountRule,
    CourseRule,
    ItemsRule,
    Rule,
    StreakRule,
    XpRule,
)
from edge_api.schemas.progress import Event
from edge_api.services import scoring
from edge_api.services.achievements import Facts, fulfilled, newly_earned

# A busy machine is slow, not wrong.
calm = examples(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def quiz(*choices: int) -> Event:
    return Event(id="x", type="quiz.answered", item="c/l#q", choices=choices, at="")


@pytest.mark.parametrize(
    ("answers", "chosen", "right"),
    [
        ((1,), (1,), True),
        ((1,), (0,), False),
        ((1,), (), False),
        ((0, 2), (2, 0), True),
        ((0, 2), (0, 2, 2), True),
        ((0, 2), (0,), False),
        ((0, 2), (0, 1, 2), False),
    ],
)
def test_a_quiz_is_right_with_exactly_the_right_choices(
    answers: tuple[int, ...], chosen: tuple[int, ...], *, right: bool
) -> None:
    """Neither more nor fewer, in any order."""
    assert scoring.right(Award(kind="quiz", course="c", xp=5, answers=answers), quiz(*chosen)) is right


@calm
@given(st.integers(0, 10**7), st.integers(1, 1000))
def test_levels_follow_their_formula(xp: int, step: int) -> None:
    """Level n begins at step * n * (n - 1) / 2 and ends where the next begins."""
    level = scoring.level(xp, step)
    assert step * level * (level - 1) // 2 <= xp < step * (level + 1) * level // 2


def test_levels_begin_where_the_documents_say() -> None:
    """0, 100, 300, 600, 1000."""
    assert [scoring.level(xp, 100) for xp in (0, 99, 100, 299, 300, 599, 600, 999, 1000)] == [1, 1, 2, 2, 3, 3, 4, 4, 5]


def test_aliases_in_a_ring_lead_nowhere() -> None:
    """Nonsense in the awards does not hang the edge."""
    book = scoring.book(Awards(aliases={"c/a": "c/b", "c/b": "c/a"}), "x")
    assert book.present == {}


FACTS = Facts(
    xp={"": 50, "c": 30},
    counts={("lesson", ""): 4, ("lesson", "c"): 2},
    finished=frozenset({"c/1", "c/2"}),
    lessons={"c": frozenset({"c/1", "c/2"}), "d": frozenset({"d/1"})},
    streak=3,
)


@pytest.mark.parametrize(
    ("rule", "earned"),
    [
        (XpRule(50), True),
        (XpRule(51), False),
        (XpRule(30, "c"), True),
        (XpRule(1, "d"), False),
        (CountRule("lesson", 4), True),
        (CountRule("lesson", 3, "c"), False),
        (ItemsRule(("c/1",)), True),
        (ItemsRule(("c/1", "d/1")), False),
        (CourseRule("c"), True),
        (CourseRule("d"), False),
        (CourseRule("none"), False),
        (StreakRule(3), True),
        (StreakRule(4), False),
    ],
)
def test_rules_are_data(rule: Rule, *, earned: bool) -> None:
    """Each kind of rule asks one thing of the facts; a course that is gone is never finished."""
    assert fulfilled(rule, FACTS) is earned


def test_an_achievement_is_new_once() -> None:
    """What somebody has is not earned again."""
    rules = (Achievement("a", "A", "", XpRule(1)), Achievement("b", "B", "", XpRule(1)))
    assert newly_earned(rules, frozenset({"a"}), FACTS) == ("b",)
