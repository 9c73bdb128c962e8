"""What the monitor thinks of its probes: a pure judgement over what was seen so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

WINDOW = 20  # the last probes that count
FAILURES = 3  # so few may be a hiccup of the network between us and the site
ERROR_SHARE = 0.05
SLOW = 2.0  # seconds, in the median: a page this slow is not read
GRACE = 60.0  # seconds in which edges may still answer with the release before


class Probe(msgspec.Struct, frozen=True):
    """One look at the site: ``build`` is what build.json said if that was asked, ``cache`` is "hit", "miss" or ""."""

    at: float
    path: str
    status: int
    seconds: float
    cache: str = ""
    build: str | None = None


def cache_state(headers: Mapping[str, str]) -> str:
    """Return whether a cache answered, by ``Cache-Status``, ``X-Cache`` or ``Age`` (names in lower case)."""
    status = headers.get("cache-status", "").lower()
    if status:
        return "hit" if "; hit" in status or ";hit" in status else "miss"
    spoken = (headers.get("x-cache") or headers.get("cf-cache-status") or "").lower()
    if spoken:
        return "hit" if "hit" in spoken else "miss"
    age = headers.get("age", "")
    return "hit" if age.isdigit() and int(age) > 0 else "miss" if age else ""


def failed(probe: Probe) -> bool:
    """Tell whether the site did not answer, or with an error."""
    return probe.status == 0 or probe.status >= 400  # noqa: PLR2004 - HTTP's first error


def troubles(probes: Sequence[Probe], release: str) -> tuple[str, ...]:
    """Return what crosses a threshold, each in a sentence."""
    last = probes[-WINDOW:]
    found = []
    bad = [probe for probe in last if failed(probe)]
    if len(bad) >= FAILURES and len(bad) / len(last) > ERROR_SHARE:
        found.append(
            f"{len(bad)} of the last {len(last)} requests failed, the last one with {bad[-1].status or 'no answer'}."
        )
    told = [probe for probe in probes if probe.build is not None]
    wrong = [probe for probe in told if probe.build != release and probe.at > GRACE]
    if len(wrong) >= FAILURES and all(probe.build != release for probe in told[-FAILURES:]):
        found.append(f"The site says it is release {(wrong[-1].build or 'unknown')[:12]} instead of {release[:12]}.")
    answered = [probe.seconds for probe in last if not failed(probe)]
    if len(answered) >= FAILURES and median(answered) > SLOW:
        found.append(f"Half of the answers take longer than {median(answered):.1f} s.")
    return tuple(found)


def line(probe: Probe) -> str:
    """Return a probe as a line of the log."""
    status = str(probe.status) if probe.status else "—"
    build = f"  release {probe.build[:12]}" if probe.build else ""
    cache = f"  {probe.cache}" if probe.cache else ""
    return f"{probe.at:7.1f} s  {status:>3}  {probe.seconds * 1000:7.1f} ms  {probe.path}{cache}{build}"


def summary(probes: Sequence[Probe]) -> str:
    """Return the whole watch in a sentence."""
    bad = sum(failed(probe) for probe in probes)
    hits = sum(probe.cache == "hit" for probe in probes)
    known = sum(probe.cache != "" for probe in probes)
    times = [probe.seconds for probe in probes if not failed(probe)]
    middle = f", median {median(times) * 1000:.0f} ms" if times else ""
    cached = f", {hits} of {known} from a cache" if known else ""
    return f"{len(probes)} probes, {bad} failed{middle}{cached}."
