"""What awards add to sums, and what sums change on boards: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_api.services import calendar
from edge_api.stores import boards, ledger

if TYPE_CHECKING:
    from collections.abc import Sequence


def gains_of(awards: Sequence[ledger.Award]) -> list[ledger.Gain]:
    """Return the sums that awards add to: everything and their course, for all time, their week and their day."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for award in awards:
        for scope in ("", award.course):
            for period in calendar.periods(award.at):
                xp, lessons = sums.get((scope, period), (0, 0))
                sums[scope, period] = (xp + award.points, lessons + (award.kind == "lesson"))
    return [ledger.Gain(scope, period, xp, lessons) for (scope, period), (xp, lessons) in sorted(sums.items())]


def changes_of(gains: Sequence[ledger.Gain], had: frozenset[tuple[str, str]]) -> list[boards.Change]:
    """Return what gains change on boards: whoever had no sum there is one more."""
    return [boards.Change(gain.scope, gain.period, int((gain.scope, gain.period) not in had)) for gain in gains]
