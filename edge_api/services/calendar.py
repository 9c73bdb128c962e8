"""Days, weeks and streaks, as pure functions of stated moments.

Two calendars, on purpose. Boards use the time of receipt in UTC: nobody can claim a past window. Streaks use the day
that the learner's own clock showed, moved no further back than what this device had already told us and never into
the future: a week offline counts, an invented past does not.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

# A device that never synced may tell of the week before its session began.
FIRST_SYNC_GRACE = 7 * 86_400 * 1_000_000
# UTC-12:00 to UTC+14:00 are in use.
_OFFSETS = range(-12 * 60, 14 * 60 + 1)


def moment(text: str) -> tuple[int, int] | None:
    """Return an RFC 3339 time as microseconds of UTC and its offset in minutes, or nothing where it is no time."""
    try:
        parsed = datetime.fromisoformat(_shortened(text))
        offset = parsed.utcoffset()
        micros = int(parsed.timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        return None
    if offset is None or offset % timedelta(minutes=1):
        return None
    minutes = round(offset.total_seconds() / 60)
    return (micros, minutes) if minutes in _OFFSETS else None


def iso(micros: int) -> str:
    """Return microseconds of UTC as RFC 3339 in whole milliseconds."""
    return datetime.fromtimestamp(micros / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_day(micros: int) -> str:
    """Return the UTC day, as in 2026-11-23."""
    return _utc(micros).date().isoformat()


def utc_week(micros: int) -> str:
    """Return the ISO week in UTC, as in 2026-W48."""
    year, week, _ = _utc(micros).isocalendar()
    return f"{year:04}-W{week:02}"


def periods(micros: int) -> tuple[str, str, str]:
    """Return the periods to which an act received at this moment belongs: all, its week, its day."""
    return ("all", utc_week(micros), utc_day(micros))


def living(micros: int) -> dict[str, int | None]:
    """Return the periods whose boards are asked for, each with the second at which nobody need keep it at hand.

    A window is kept for as long again as it lasts: who turns its pages at midnight goes on turning them.
    """
    day = _utc(micros).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = day - timedelta(days=day.weekday())
    ends: dict[str, int | None] = {"all": None}
    for begins, length, name in ((day, timedelta(days=1), utc_day), (monday, timedelta(weeks=1), utc_week)):
        for since in (begins - length, begins):
            ends[name(round(since.timestamp() * 1_000_000))] = round((since + 2 * length).timestamp())
    return ends


def local_day(micros: int, offset: int) -> str:
    """Return the day on a clock that is ``offset`` minutes ahead of UTC."""
    return datetime.fromtimestamp(micros / 1_000_000, timezone(timedelta(minutes=offset))).date().isoformat()


def clipped(at: int, synced_at: int, now: int) -> int:
    """Return the claimed moment, but not before the device's last sync and not after now."""
    return max(synced_at, min(at, now))


def streak(days: list[str], today: str) -> int:
    """Return how many days in a row end today or yesterday; ``days`` come newest first, each once."""
    expected = date.fromisoformat(today)
    length = 0
    for day in days:
        found = date.fromisoformat(day)
        # A learner who flew west may have learnt on a day that is still tomorrow here.
        if length == 0 and found > expected:
            expected = found
        if length == 0 and found == expected - timedelta(days=1):
            expected = found
        if found != expected:
            break
        length += 1
        expected -= timedelta(days=1)
    return length


def _utc(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)


def _shortened(text: str) -> str:
    """Cut a fraction to the six digits that Python reads, and spell the offset as it wants it."""
    text = text.upper().replace("Z", "+00:00")
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"
