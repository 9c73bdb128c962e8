"""What a learner must be seen to have on a board by a moment, and what they can have at most."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate


class Growth:
    """What a learner must be seen to have on a board: points, from when on, and how late that may be."""

    def __init__(self) -> None:
        self.points: list[int] = []
        self.since: list[float] = []
        self.limits: list[float] = []

    def add(self, points: int, since: float, limit: float) -> None:
        """Enter an acknowledgement; they come in the order of their times."""
        if not self.points or points > self.points[-1]:
            self.points.append(points)
            self.since.append(since)
            self.limits.append(limit)

    def missing(self, shown: int, asked: float) -> list[tuple[float, float]]:
        """Return for each acknowledgement that an answer does not know how old it was, and how old it might be."""
        first = bisect_right(self.points, shown)
        last = bisect_right(self.since, asked)
        return [(asked - self.since[place], self.limits[place]) for place in range(first, last)]


class Sent:
    """What a learner can have on a board at most: the points of all that they had sent by then."""

    def __init__(self, sent: list[tuple[float, int]]) -> None:
        self._times = [asked for asked, _ in sorted(sent)]
        self._sums = list(accumulate(xp for _, xp in sorted(sent)))

    def most(self, at: float) -> int:
        """Return the points of what was sent until then."""
        count = bisect_right(self._times, at)
        return self._sums[count - 1] if count else 0
