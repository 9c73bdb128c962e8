"""RFC 9111 as a shared cache: may an answer be stored, may a stored one be used now, and what else is to be done.

    storable(asked, answer, policy)     may this be kept at all                               RFC 9111, 3
    decide(stored, asked, now, policy)  use it, use it and refresh it, ask first, or nothing  RFC 9111, 4; RFC 5861
    freshen(stored, answer, …)          what a 304 makes of a stored answer                   RFC 9111, 4.3.4

Everything is a function of its arguments, the clock among them. A policy says which targeted fields (RFC 9213) are
meant for this cache; nothing here knows routes, Redis or Python's web.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_api.services.cache import fields
from edge_api.services.cache.fields import LONGEST, Directives, Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

_METHODS = frozenset({"GET", "HEAD"})
_NOT_MODIFIED = 304
_PARTIAL = 206
_FINAL = 200
# RFC 9110, 15.1: may be kept without explicit freshness.
_HEURISTIC = frozenset({200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
# The statuses whose caching rules this cache knows, for must-understand.
_UNDERSTOOD = _HEURISTIC | {302, 303, 307}
# RFC 9111, 4.2.2: a tenth of the time since the last change is the usual guess; a day is as far as ours goes.
_GUESS, _LONGEST_GUESS = 0.1, 86_400.0
# RFC 9111, 3.1 and RFC 9110, 7.6.1: what belongs to one connection, and so to no store.
_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
_KEPT_BY_304 = frozenset({"content-encoding", "content-type", "content-range", "content-length", "etag"})


class Policy(msgspec.Struct, frozen=True):
    """How careful this cache is, within what the RFC leaves to it.

    ``targets`` are the targeted fields (RFC 9213) that are meant for it, the most specific first. An answer with
    Set-Cookie may be stored by the RFC (9111, 7.3), which is how sessions leak: it takes ``cookies`` to allow it.
    ``statuses`` are the only ones to store; empty stands for all that the RFC allows.
    """

    targets: tuple[str, ...] = ()
    cookies: bool = False
    statuses: frozenset[int] = frozenset()


PLAIN = Policy()


class Asked(msgspec.Struct, frozen=True):
    """A request, as a cache sees it; its address is the key and was compared before."""

    method: str
    fields: Fields = ()


class Stored(msgspec.Struct, frozen=True):
    """An answer, when it was asked for and when it came, and what the request said that it varies by."""

    status: int
    fields: Fields
    body: bytes
    asked_at: float
    came_at: float
    selected: Fields = ()


class Fresh(msgspec.Struct, frozen=True):
    """Use it."""

    age: int
    ttl: int


class Stale(msgspec.Struct, frozen=True):
    """Use it, and refresh it meanwhile."""

    age: int
    ttl: int


class Ask(msgspec.Struct, frozen=True):
    """Ask the origin first; ``conditions`` make that a validation, ``on_error`` says whether a failure is bridged."""

    age: int
    ttl: int
    conditions: Fields = ()
    on_error: bool = False


class Other(msgspec.Struct, frozen=True):
    """It answers another request than this one."""

    why: str


Verdict = Fresh | Stale | Ask | Other


def decide(stored: Stored, asked: Asked, now: float, policy: Policy = PLAIN) -> Verdict:
    """Say what a stored answer is good for."""
    if asked.method not in _METHODS or not matches(stored, asked):
        return Other("method" if asked.method not in _METHODS else "vary-miss")
    said, wanted = told(stored.fields, policy), _wanted(asked)
    age, lifetime = age_of(stored, now), lifetime_of(stored, policy)
    left = lifetime - age
    bridged = not _never_stale(said) and _within(said, "stale-if-error", -left)
    ask = Ask(int(age), int(left), conditions(stored), bridged)
    if "no-cache" in said or "no-cache" in wanted or _too_old(wanted, age, left):
        return ask
    if left > 0:
        return Fresh(int(age), int(left))
    if not _never_stale(said) and _served_stale(said, wanted, -left):
        return Stale(int(age), int(left))
    return ask


def storable(asked: Asked, answer: Stored, policy: Policy = PLAIN) -> bool:
    """Tell whether a shared cache may keep an answer (RFC 9111, 3)."""
    said = told(answer.fields, policy)
    if asked.method != "GET" or not _final(answer.status, policy) or _forbidden(said, asked, answer):
        return False
    if fields.lines(answer.fields, "set-cookie") and not policy.cookies:
        return False
    if fields.lines(asked.fields, "authorization") and not said.keys() & {"public", "s-maxage", "must-revalidate"}:
        return False
    explicit = said.keys() & {"public", "max-age", "s-maxage"} or fields.lines(answer.fields, "expires")
    return bool(explicit) or answer.status in _HEURISTIC


def keep(asked: Asked, answer: Stored) -> Stored:
    """Return an answer as it is stored: without what belongs to one connection, with what it varies by."""
    named = (fields.combined(answer.fields, "connection") or "").lower().replace(",", " ").split()
    selected = tuple((name, _selecting(asked.fields, name)) for name in sorted(_vary(answer.fields)))
    return msgspec.structs.replace(
        answer, fields=fields.without(answer.fields, _HOP | frozenset(named)), selected=selected
    )


def freshen(stored: Stored, answer: Stored) -> Stored:
    """Return what a 304 makes of a stored answer: its fields replaced by the newer ones, but those about the bytes."""
    newer = fields.without(answer.fields, _KEPT_BY_304 | _HOP)
    older = fields.without(stored.fields, frozenset(name for name, _ in newer) | {"age"})
    return msgspec.structs.replace(stored, fields=(*older, *newer), asked_at=answer.asked_at, came_at=answer.came_at)


def told(answer: Fields, policy: Policy = PLAIN) -> Directives:
    """Return the directives that hold for this cache."""
    mine = fields.targeted(answer, policy.targets)
    return fields.directives(fields.combined(answer, "cache-control")) if mine is None else mine


def lifetime_of(stored: Stored, policy: Policy = PLAIN) -> float:
    """Return how long an answer is fresh from its birth, in seconds (RFC 9111, 4.2.1)."""
    said = told(stored.fields, policy)
    for name in ("s-maxage", "max-age"):
        given = fields.seconds(said, name)
        if given is not None:
            return given
    born = _born(stored)
    expires = fields.lines(stored.fields, "expires")
    if expires and fields.targeted(stored.fields, policy.targets) is None:
        ends = fields.date(expires[0], stored.came_at) if len(expires) == 1 else None
        return max(0.0, ends - born) if ends is not None else 0.0
    changed = fields.date(fields.combined(stored.fields, "last-modified"), stored.came_at)
    if changed is None or (stored.status not in _HEURISTIC and "public" not in said):
        return 0.0
    return min(max(0.0, born - changed) * _GUESS, _LONGEST_GUESS)


def age_of(stored: Stored, now: float) -> float:
    """Return how old an answer is, by all that is known of it (RFC 9111, 4.2.3)."""
    given = fields.whole((fields.combined(stored.fields, "age") or "").split(",")[0].strip()) or 0
    apparent = max(0.0, stored.came_at - _born(stored))
    initial = max(apparent, given + stored.came_at - stored.asked_at)
    return min(initial + max(0.0, now - stored.came_at), float(LONGEST))


def keeping(stored: Stored, policy: Policy = PLAIN) -> float:
    """Return for how long from its birth an answer can be of any use: fresh, or stale within its windows."""
    said = told(stored.fields, policy)
    windows = () if _never_stale(said) else ("stale-while-revalidate", "stale-if-error")
    return lifetime_of(stored, policy) + max((fields.seconds(said, name) or 0 for name in windows), default=0)


def matches(stored: Stored, asked: Asked) -> bool:
    """Tell whether a request selects this answer among those of its address (RFC 9111, 4.1)."""
    if "*" in _vary(stored.fields):
        return False
    return all(_selecting(asked.fields, name) == value for name, value in stored.selected)


def conditions(stored: Stored) -> Fields:
    """Return the fields that turn a request into a validation of this answer (RFC 9111, 4.3.1)."""
    pairs = (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
    found = ((ours, fields.combined(stored.fields, theirs)) for ours, theirs in pairs)
    return tuple((name, value) for name, value in found if value)


def not_modified(stored: Stored, asked: Asked) -> bool:
    """Tell whether the asker has this very answer already (RFC 9110, 13.2.2)."""
    wanted = fields.combined(asked.fields, "if-none-match")
    if wanted is not None:
        mine = fields.tags(fields.combined(stored.fields, "etag") or "")
        return wanted == "*" or bool(set(mine) & set(fields.tags(wanted)))
    since = fields.date(fields.combined(asked.fields, "if-modified-since"), stored.came_at)
    if since is None:
        return False
    changed = fields.date(fields.combined(stored.fields, "last-modified"), stored.came_at)
    return changed is not None and changed <= since


def _final(status: int, policy: Policy) -> bool:
    if status < _FINAL or status in {_PARTIAL, _NOT_MODIFIED}:
        return False
    return not policy.statuses or status in policy.statuses


def _forbidden(said: Directives, asked: Asked, answer: Stored) -> bool:
    """Tell whether either side forbids storing; must-understand stands above no-store (RFC 9111, 5.2.2.3)."""
    stop = answer.status not in _UNDERSTOOD if "must-understand" in said else "no-store" in said
    return stop or "private" in said or "no-store" in _wanted(asked) or "*" in _vary(answer.fields)


def _born(stored: Stored) -> float:
    told_at = fields.date(fields.combined(stored.fields, "date"), stored.came_at)
    return stored.came_at if told_at is None else told_at


def _wanted(asked: Asked) -> Directives:
    text = fields.combined(asked.fields, "cache-control")
    if text is None and "no-cache" in (fields.combined(asked.fields, "pragma") or "").lower():
        return {"no-cache": None}
    return fields.directives(text)


def _too_old(wanted: Mapping[str, str | None], age: float, left: float) -> bool:
    """Tell whether the request wants something younger, or fresh for longer, than this is."""
    most, least = fields.whole(wanted.get("max-age")), fields.whole(wanted.get("min-fresh"))
    if most is not None and age > most and not _tolerated(wanted, age - most):
        return True
    return least is not None and left < least


def _tolerated(wanted: Mapping[str, str | None], late: float) -> bool:
    if "max-stale" not in wanted:
        return False
    given = wanted["max-stale"]
    return given is None or late <= (fields.whole(given) or 0)


def _never_stale(said: Directives) -> bool:
    # s-maxage alone would forbid it too (RFC 9111, 5.2.2.10); beside an explicit window it only sets the lifetime.
    return bool(said.keys() & {"must-revalidate", "proxy-revalidate", "no-cache"})


def _served_stale(said: Directives, wanted: Mapping[str, str | None], late: float) -> bool:
    return _within(said, "stale-while-revalidate", late) or ("s-maxage" not in said and _tolerated(wanted, late))


def _within(said: Directives, name: str, late: float) -> bool:
    window = fields.seconds(said, name)
    return window is not None and late <= window


def _vary(answer: Fields) -> frozenset[str]:
    return frozenset((fields.combined(answer, "vary") or "").lower().replace(",", " ").split())


def _selecting(asked: Fields, name: str) -> str:
    return ",".join(part.strip() for part in (fields.combined(asked, name) or "").split(","))
