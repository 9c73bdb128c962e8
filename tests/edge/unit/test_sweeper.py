"""Which boards are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from edge_api.services.calendar import utc_day, utc_week
from edge_api.services.sweeper import KEEP_DAYS, KEEP_WEEKS, past

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


def micros(back: timedelta) -> int:
    return round((TODAY - back).timestamp() * 1_000_000)


def test_days_and_weeks_are_kept_as_long_as_the_manual_says() -> None:
    """The last day and week of each are kept, the ones before are deleted; all time never is."""
    assert (KEEP_DAYS, KEEP_WEEKS) == (35, 60)
    gone = past(TODAY)
    assert utc_day(micros(timedelta(days=35))) not in gone
    assert utc_day(micros(timedelta(days=36))) in gone
    assert utc_week(micros(timedelta(weeks=60))) not in gone
    assert utc_week(micros(timedelta(weeks=61))) in gone
    assert "all" not in gone
    assert gone == sorted(gone)
