"""Counters, gauges and histograms in Prometheus' text format, with the names that OpenTelemetry gives them.

Labels are small closed sets: routes, methods, statuses, reasons. Never a learner, never a free path.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# OpenTelemetry's advice for http.server.request.duration, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

Labels = tuple[tuple[str, str], ...]

HELP = {
    "http_server_request_duration_seconds": ("histogram", "How long requests took, by route."),
    "http_server_active_requests": ("gauge", "Requests in work now."),
    "http_server_waiting_requests": ("gauge", "Requests that wait for a place."),
    "db_client_operation_duration_seconds": ("histogram", "Time in the database, per request."),
    "db_client_operations_total": ("counter", "Statements sent to the database."),
    "db_client_connection_count": ("gauge", "Database connections, by state."),
    "db_client_connection_pending_requests": ("gauge", "Who waits for a database connection now."),
    "db_client_connection_timeouts_total": ("counter", "Who waited for one in vain."),
    "db_client_connection_wait_time_seconds": ("histogram", "How long getting one took."),
    "edge_dependency_up": ("gauge", "1 while a dependency answers."),
    "edge_breaker_state": ("gauge", "The breaker of a dependency: 0 closed, 1 half-open, 2 open."),
    "edge_degraded_seconds_total": ("counter", "For how long a dependency was not asked."),
    "edge_refused_requests_total": ("counter", "Requests answered with a problem, by code."),
    "edge_event_loop_lag_seconds": ("gauge", "How late the event loop was at its last tick."),
    "edge_draining": ("gauge", "1 while this instance is going away."),
    "edge_live_streams": ("gauge", "Streams of /api/live."),
    "edge_live_events_total": ("counter", "Rounds of updates that were sent."),
    "edge_live_resets_total": ("counter", "Times that listeners were told to look at everything again."),
    "edge_live_silent_seconds": ("gauge", "For how long Redis has said nothing to the reader of updates."),
    "edge_cache_requests_total": ("counter", "Lookups of answers that may be kept, by layer and outcome."),
    "edge_cache_computations_total": ("counter", "Answers that were made because none could be used."),
    "edge_cache_refresh_seconds": ("histogram", "How long refreshes behind stale answers took."),
    "edge_cache_invalidations_total": ("counter", "Groups made old, by kind and result."),
    "edge_cache_late_invalidations_total": ("counter", "Invalidations that waited for Redis for over a second."),
    "edge_cache_entries": ("gauge", "Answers in this process."),
    "edge_cache_bytes": ("gauge", "What they weigh."),
    "edge_cache_evictions_total": ("counter", "Answers that left this process, by reason."),
    "edge_cache_trusted": ("gauge", "1 while the fleet's answers are used."),
    "edge_swept_total": ("counter", "What the sweeper removed or settled, by kind."),
}


class Metrics:
    """The numbers of one instance."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, Labels], float] = {}
        self._histograms: dict[tuple[str, Labels], list[float]] = {}

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter or gauge."""
        key = (name, tuple(sorted(labels.items())))
        self._values[key] = self._values.get(key, 0) + amount

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        self._values[name, tuple(sorted(labels.items()))] = value

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Enter a duration: counts per bucket, then the sum."""
        counts = self._histograms.setdefault((name, tuple(sorted(labels.items()))), [0.0] * (len(BUCKETS) + 2))
        counts[bisect_left(BUCKETS, seconds)] += 1
        counts[-1] += seconds

    def series(self, name: str) -> dict[Labels, float]:
        """Return a counter or gauge by its labels."""
        return {labels: value for (each, labels), value in self._values.items() if each == name}

    def text(self) -> bytes:
        """Return everything in the text format."""
        return "".join(self._lines()).encode()

    def _lines(self) -> Iterator[str]:
        for name, (kind, meaning) in HELP.items():
            yield f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"
            for (each, labels), value in self._values.items():
                if each == name:
                    yield f"{name}{_shown(labels)} {_number(value)}\n"
            for (each, labels), counts in self._histograms.items():
                if each == name:
                    yield from _histogram(name, labels, counts)


def _histogram(name: str, labels: Labels, counts: list[float]) -> Iterator[str]:
    total = 0.0
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts[:-1], strict=True):
        total += count
        yield f"{name}_bucket{_shown((*labels, ('le', bound)))} {_number(total)}\n"
    yield f"{name}_sum{_shown(labels)} {counts[-1]:.6f}\n{name}_count{_shown(labels)} {_number(total)}\n"


def _number(value: float) -> str:
    """Return all digits of a number: of a counter that is rounded, nobody can tell how fast it grows."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def _shown(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
