"""What certainly stands at each key of a target, from three witnesses.

The releases' manifests say what should stand there; the listing says what is there, how large, and when it last
changed; a question per object (``Stamp``: digest and headers) settles the rest. Each release is looked at as a whole
before it is committed. An object that changed after the last such look of a release that has it, or that no release
explains, is never believed without being asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from builder.steps.release.item import Item


class Entry(msgspec.Struct, frozen=True):
    """A line of a target's listing; ``changed`` is the store's own clock, ``tag`` changes with every write."""

    key: str
    size: int
    changed: float
    tag: str


class Stamp(msgspec.Struct, frozen=True):
    """What an object is: the digest of its bytes ("" where it carries none) and its headers."""

    digest: str
    headers: dict[str, str] = {}
    size: int = 0


class Vouched(msgspec.Struct, frozen=True):
    """What should stand at a key, as it did at the store's time ``until``."""

    stamp: Stamp
    until: float


NEVER = float("-inf")  # when a release was looked at that was never committed
Expected = Mapping[str, Vouched | None]


def vouch(expected: dict[str, Vouched | None], key: str, stamp: Stamp, until: float) -> None:
    """Note what stood at ``key``; the latest look wins."""
    known = expected.get(key)
    if known is None or known.until <= until:
        expected[key] = Vouched(stamp, until)


def stamp(item: Item) -> Stamp:
    """Return the stamp that ``item`` has once it stands."""
    return Stamp(item.digest, item.headers, item.size)


def suspects(listing: Mapping[str, Entry], expected: Expected, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the keys to ask about: wanted, listed, and not vouched for."""
    return tuple(sorted(key for key in wanted if key in listing and not _believed(listing[key], expected)))


def holdings(listing: Mapping[str, Entry], expected: Expected, answers: Mapping[str, Stamp]) -> dict[str, Stamp]:
    """Return what stands at each key for certain; keys that are doubtful and were not asked about are left out."""
    found: dict[str, Stamp] = dict(answers)
    for key, entry in listing.items():
        known = expected.get(key)
        if key not in answers and known is not None and _believed(entry, expected):
            found[key] = known.stamp
    return found


def altered(
    listing: Mapping[str, Entry], expected: Expected, answers: Mapping[str, Stamp], wanted: Iterable[str]
) -> tuple[str, ...]:
    """Return the keys that somebody else changed or removed since they were last looked at."""
    return tuple(
        sorted(
            key
            for key in wanted
            if (known := expected.get(key)) is not None
            and (key not in listing or (key in answers and not same(answers[key], known.stamp)))
        )
    )


def same(one: Stamp, other: Stamp) -> bool:
    """Tell whether two stamps have the same bytes and headers."""
    return one.digest == other.digest and one.headers == other.headers


def _believed(entry: Entry, expected: Expected) -> bool:
    known = expected.get(entry.key)
    return known is not None and known.stamp.size == entry.size and entry.changed < known.until
