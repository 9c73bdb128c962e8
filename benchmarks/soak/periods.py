"""The periods of boards, as the contract has them: everything, the week (ISO 8601) and the day, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

WINDOWS = ("all", "week", "day")
_FORMS = {"all": "all", "week": "%G-W%V", "day": "%Y-%m-%d"}


def period(window: str, utc: float) -> str:
    """Return the period of a window in which a moment is, in seconds since 1970."""
    return datetime.fromtimestamp(utc, UTC).strftime(_FORMS[window])


def window_of(name: str) -> str:
    """Return the window whose period this is."""
    if name == "all":
        return "all"
    return "week" if "W" in name else "day"
