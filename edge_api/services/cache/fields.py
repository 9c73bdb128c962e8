"""Header fields as a cache reads them: lists, directives, seconds, dates, entity tags (RFC 9110, 9111, 9213).

Fields are pairs in order, with lower-case names; nothing is thrown away, so that an answer can be sent as it came.
What can't be read is ``None`` and never an error: a cache meets every mistake there is.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import http_sf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Fields = tuple[tuple[str, str], ...]
# What a directive says: its text, or nothing where it stands alone.
Directives = dict[str, str | None]

# The largest number that RFC 9111 (1.2.2) asks caches to hold; whatever is larger means "very long".
LONGEST = 2**31

_DIRECTIVE = re.compile(r"""([^\s,="]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?\s*(?:,|$)""")
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_LONG_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_DATES = (
    re.compile(rf"(?:{_DAYS}), (?P<day>\d\d) (?P<month>{_MONTHS}) (?P<year>\d{{4}}) {_TIME} GMT"),
    re.compile(rf"(?:{_LONG_DAYS}), (?P<day>\d\d)-(?P<month>{_MONTHS})-(?P<year>\d\d) {_TIME} GMT"),
    re.compile(rf"(?:{_DAYS}) (?P<month>{_MONTHS}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})"),
)
# RFC 9110, 5.6.7: a year of two digits that seems more than 50 years ahead lies in the century before.
_CENTURY, _FAR = 100, 50
_SECONDS = frozenset({"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"})


def lines(fields: Fields, name: str) -> list[str]:
    """Return each line of a field, in order."""
    return [value for each, value in fields if each == name]


def combined(fields: Fields, name: str) -> str | None:
    """Return a field's value with its lines joined, or nothing where there is no such field."""
    found = lines(fields, name)
    return ", ".join(value.strip() for value in found) if found else None


def without(fields: Fields, names: frozenset[str]) -> Fields:
    """Return the fields but those of these names."""
    return tuple(pair for pair in fields if pair[0] not in names)


def directives(text: str | None) -> Directives:
    """Return the directives of a Cache-Control field; of one that is given twice the first counts (RFC 9111, 4.2.1)."""
    found: Directives = {}
    for match in _DIRECTIVE.finditer(text or ""):
        name, value = match[1].lower(), match[2]
        if value is not None and value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found.setdefault(name, value)
    return found


def targeted(fields: Fields, targets: Sequence[str]) -> Directives | None:
    """Return the directives of the first targeted field that is valid and not empty (RFC 9213), if there is one.

    A field that is no Dictionary, or gives a number of seconds as anything but an Integer, is as if it were not there.
    """
    for target in targets:
        text = combined(fields, target)
        if text is None:
            continue
        try:
            parsed = http_sf.parse(text.encode("latin-1", "replace"), tltype="dictionary")
        except http_sf.StructuredFieldError:
            continue
        said = _said(parsed) if isinstance(parsed, dict) else None
        if said:
            return said
    return None


def seconds(said: Directives, name: str) -> int | None:
    """Return a directive's number of seconds: nothing where it is absent, 0 where it is not a number."""
    if name not in said:
        return None
    return whole(said[name]) or 0


def whole(text: str | None) -> int | None:
    """Return a non-negative whole number, or nothing where the text is none."""
    if text is None or not (text.isascii() and text.isdecimal()):
        return None
    return int(text) if len(text) < len(str(LONGEST)) else min(int(text[:20]), LONGEST)


def date(text: str | None, now: float) -> float | None:
    """Return an HTTP date in any of its three forms as seconds since 1970, or nothing where it is none."""
    for form in _DATES:
        match = form.fullmatch(text.strip()) if text is not None else None
        if match is not None:
            return _moment(match, now)
    return None


def tags(text: str) -> list[str]:
    """Return the opaque parts of a list of entity tags; weak comparison, the only kind a cache needs, ignores W/."""
    return [match[2] for match in _TAG.finditer(text)]


def strings(words: Sequence[str]) -> str:
    """Return a Structured Fields list of strings."""
    return http_sf.ser([(word, {}) for word in words])


def _said(parsed: Mapping[str, object]) -> Directives | None:
    said: Directives = {}
    for name, (value, _) in ((name, member) for name, member in parsed.items() if isinstance(member, tuple)):
        if name in _SECONDS and (isinstance(value, bool) or not isinstance(value, int)):
            return None
        if value is not False:
            said[name] = None if value is True else str(value)
    return said


def _moment(match: re.Match[str], now: float) -> float | None:
    year = int(match["year"])
    if len(match["year"]) == len("94"):
        this = datetime.fromtimestamp(now, UTC).year
        year += this - this % _CENTURY
        year -= _CENTURY * (year > this + _FAR)
    month = _MONTHS.split("|").index(match["month"]) + 1
    clock = (int(match["hour"]), int(match["minute"]), min(int(match["second"]), 59))
    try:
        datetime(year, month, int(match["day"]), *clock)  # noqa: DTZ001 - asked only whether there is such a moment
    except ValueError:
        return None
    return float(calendar.timegm((year, month, int(match["day"]), *clock)))
