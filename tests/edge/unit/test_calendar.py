"""Days, weeks and streaks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from edge_api.services import calendar


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-23T23:30:00+01:00", "2026-11-23"),
        ("2026-11-23T23:30:00-08:00", "2026-11-23"),
        ("2026-11-23T00:10:00+14:00", "2026-11-23"),
        ("2026-11-23t10:00:00z", "2026-11-23"),
        ("2026-11-23T10:00:00.123456789Z", "2026-11-23"),
    ],
)
def test_a_moment_has_the_learners_own_day(text: str, day: str) -> None:
    """The day on the clock that the learner saw."""
    moment = calendar.moment(text)
    assert moment is not None
    assert calendar.local_day(*moment) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-11-23T25:00:00Z",
        "2026-11-23T10:00:00+15:00",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:60Z",
    ],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    """Dates that do not exist and offsets that nobody uses."""
    assert calendar.moment(text) is None


def test_weeks_are_iso_weeks() -> None:
    """The first days of January may belong to last year's last week."""
    moment = calendar.moment("2027-01-01T12:00:00Z")
    assert moment is not None
    assert calendar.periods(moment[0]) == ("all", "2026-W53", "2027-01-01")


def days(*ago: int) -> list[str]:
    return [(date(2026, 11, 23) - timedelta(days=each)).isoformat() for each in ago]


@pytest.mark.parametrize(
    ("ago", "length"),
    [
        ((), 0),
        ((0,), 1),
        ((1,), 1),
        ((2,), 0),
        ((0, 1, 2), 3),
        ((1, 2, 3), 3),
        ((0, 2, 3), 1),
        ((-1, 0, 1), 3),
        ((-2,), 1),
    ],
)
def test_a_streak_ends_today_or_yesterday(ago: tuple[int, ...], length: int) -> None:
    """One missed day ends it; a day that is still tomorrow here, after a flight west, does not."""
    assert calendar.streak(days(*ago), "2026-11-23") == length


def test_a_claimed_moment_counts_no_earlier_than_the_last_sync_and_no_later_than_now() -> None:
    synced_at, now = 1_000, 2_000
    assert [calendar.clipped(at, synced_at, now) for at in (500, 1_000, 1_500, 2_000, 2_001)] == [
        1_000, 1_000, 1_500, 2_000, 2_000,
    ]  # fmt: skip


def test_a_sync_that_lies_ahead_of_the_clock_is_as_late_as_it_gets() -> None:
    """A frontier is never moved back, whatever is claimed."""
    assert calendar.clipped(500, 3_000, 2_000) == 3_000
