"""Budgets, as sums."""

from __future__ import annotations

from builder.text.budget import Budget, overrun


def test_what_weighs_just_the_limit_is_within_it() -> None:
    assert overrun(Budget("html", 10), "a/index.html", {"a": 4, "b": 6}) is None


def test_the_heaviest_part_is_to_blame_and_of_equal_ones_always_the_same() -> None:
    found = overrun(Budget("html", 10), "a/index.html", {"b": 6, "a": 6, "c": 1})
    assert found is not None
    assert (found.actual, found.culprit) == (13, "b")
