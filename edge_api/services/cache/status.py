"""Cache-Status (RFC 9211): what each layer did, the one nearest to the origin first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

MEMORY, FLEET = "edge-memory", "edge-fleet"


class Member(msgspec.Struct, frozen=True):
    """What one layer did: answered, or passed the request on and why; ``ttl`` is what was left. Words are tokens."""

    layer: str
    fwd: str = ""
    ttl: int | None = None
    stored: bool = False
    collapsed: bool = False
    detail: str = ""


def shown(members: Iterable[Member]) -> str:
    """Return the field's value."""
    return ", ".join(map(_shown, members))


def _shown(member: Member) -> str:
    words = [member.layer, f"fwd={member.fwd}" if member.fwd else "hit"]
    if member.ttl is not None:
        words.append(f"ttl={member.ttl}")
    words += [name for name in ("stored", "collapsed") if getattr(member, name)]
    if member.detail:
        words.append(f"detail={member.detail}")
    return "; ".join(words)
