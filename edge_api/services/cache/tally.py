"""The fleet's numbers of the response cache, by day: each instance adds its own in Redis every few seconds."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from edge_api.stores.redis import RedisDown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_api.metrics import Metrics
    from edge_api.stores.answers import Answers

_EVERY_SECONDS = 5.0

log = logging.getLogger("edge.cache")


class Line(msgspec.Struct, frozen=True):
    """What became of the lookups of a route."""

    route: str
    lookups: int
    memory: int
    waited: int
    fleet: int
    stale: int
    made: int
    bypassed: int

    @property
    def ratio(self) -> float:
        """The share of lookups that were answered without making an answer."""
        return (self.memory + self.waited + self.fleet + self.stale) / self.lookups if self.lookups else 0.0


class Tally:
    """Adds what this instance counts to the fleet's numbers."""

    def __init__(self, answers: Answers | None, metrics: Metrics) -> None:
        self._answers = answers
        self._metrics = metrics
        self._sent: dict[str, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Add until told to stop, and once more."""
        while self._answers is not None and not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY_SECONDS)
            await self.send(self._answers, today())

    async def send(self, answers: Answers, day: str) -> None:
        """Add what was counted since the last time; what Redis does not take is added later."""
        counted = self._counted()
        more = {name: count - self._sent.get(name, 0) for name, count in counted.items()}
        try:
            await answers.count(day, {name: count for name, count in more.items() if count})
        except RedisDown as error:
            log.debug("numbers put off", extra={"reason": str(error)})
        else:
            self._sent = counted

    def _counted(self) -> dict[str, int]:
        requests = self._metrics.series("edge_cache_requests_total")
        made = self._metrics.series("edge_cache_computations_total")
        found = {
            f"{said['route']} {said['layer']} {said['outcome']}": int(count)
            for said, count in ((dict(labels), count) for labels, count in requests.items())
        }
        return found | {f"{dict(labels)['route']} made made": int(count) for labels, count in made.items()}


def today() -> str:
    """Return the day, in UTC, to which numbers are added now."""
    return datetime.now(UTC).date().isoformat()


def lines(counts: Mapping[str, int]) -> list[Line]:
    """Return the numbers by route."""

    def of(route: str, *names: str) -> int:
        return sum(counts.get(f"{route} {name}", 0) for name in names)

    return [
        Line(
            route=route,
            lookups=of(route, "l1 hit", "l1 collapsed", "l1 miss"),
            memory=of(route, "l1 hit"),
            waited=of(route, "l1 collapsed"),
            fleet=of(route, "l2 hit", "l2 collapsed"),
            stale=of(route, "l2 stale"),
            made=of(route, "made made"),
            bypassed=of(route, "l1 bypass"),
        )
        for route in sorted({name.partition(" ")[0] for name in counts})
    ]
