"""One flight at a time: whoever asks for what is being made waits for it, instead of making it again.

A flight belongs to nobody: it runs in the instance's own task group, so a client who goes away neither stops it nor
takes the others down, and a stopping instance waits for it. A later request joins only a flight that may serve it:
begun within the last second, and before no change that this process knows of.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edge_api.services.cache.memory import SECONDS, Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

log = logging.getLogger("edge.cache")


class Flight(Generic[T]):
    """Something that is being made."""

    def __init__(self, since: float, versions: Versions) -> None:
        self.since = since
        self.versions = versions
        self.landed: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        # A failure that nobody waits for any more is not reported by the event loop.
        self.landed.add_done_callback(lambda landed: landed.cancelled() or landed.exception())


class Flights(Generic[T]):
    """The flights of this process, by key."""

    def __init__(self) -> None:
        self._flying: dict[str, Flight[T]] = {}
        self._group: asyncio.TaskGroup | None = None

    def open(self, group: asyncio.TaskGroup) -> None:
        """Run flights in this group from now on."""
        self._group = group

    def joinable(self, key: str, now: float, versions: Versions) -> Flight[T] | None:
        """Return the flight that serves a request which arrives now, if there is one."""
        flight = self._flying.get(key)
        if flight is None or now - flight.since > SECONDS or flight.versions != versions:
            return None
        return flight

    def start(
        self, key: str, since: float, versions: Versions, work: Callable[[Flight[T]], Coroutine[Any, Any, T]]
    ) -> Flight[T]:
        """Begin to make something; it is what later requests join."""
        assert self._group is not None
        flight: Flight[T] = Flight(since, versions)
        self._flying[key] = flight
        self._group.create_task(self._fly(key, flight, work))
        return flight

    def afterwards(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that no answer waits for; a stopping instance does."""
        assert self._group is not None
        self._group.create_task(_alone(work))

    async def _fly(self, key: str, flight: Flight[T], work: Callable[[Flight[T]], Coroutine[Any, Any, T]]) -> None:
        try:
            flight.landed.set_result(await work(flight))
        except Exception as error:  # noqa: BLE001 - whatever went wrong is told to everybody who waits
            flight.landed.set_exception(error)
        except asyncio.CancelledError:
            flight.landed.cancel()
            raise
        finally:
            if self._flying.get(key) is flight:
                del self._flying[key]


async def _alone(work: Coroutine[Any, Any, None]) -> None:
    """Do it, and let no failure of it end what else runs in the group."""
    try:
        await work
    except Exception:
        log.exception("what no answer waits for has failed")
