"""Which releases stay usable, for open tabs, cached pages and rollbacks: by membership, never by an object's age."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from builder.steps.release.record import Record

KEEP_RELEASES = 5
KEEP_DAYS = 7  # a tab left open over a weekend and a holiday still finds its assets


def kept(record: Record, to: str, now: datetime, keep: int | None) -> frozenset[str]:
    """Return the ids that stay when ``to`` goes live at ``now``.

    Without ``keep`` these are the last five and all that were live within the last week; a ``keep``, from 1, is taken
    at its word. ``to`` itself always stays.
    """
    history = [(release.id, datetime.fromisoformat(release.at)) for release in record.releases if release.id != to]
    history.append((to, now))
    count = KEEP_RELEASES if keep is None else keep
    stay = {release for release, _ in history[-count:]}
    if keep is None:
        horizon = now - timedelta(days=KEEP_DAYS)
        stay |= {old for (old, _), (_, superseded) in pairwise(history) if superseded > horizon}
    return frozenset(stay)
