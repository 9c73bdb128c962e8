"""How long a session is valid, as functions of its row and of a moment (decisions/0050)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from edge_api.services.sessions import (
    ACCOUNT_IDLE,
    ACCOUNT_LIFE,
    ANONYMOUS_IDLE,
    ANONYMOUS_LIFE,
    FRESH,
    Current,
    _valid,
    expires_at,
    issue,
)
from edge_api.stores.sessions import Owner, Session

OWNER = Owner("l", "h", anonymous=True, visible=True, xp=0, pending=0, judged_with="", sessions_valid_after=0)
BEGAN = 10**15


def session(**changes: Any) -> Session:
    made = issue("l", BEGAN, "a device", started_at=BEGAN, synced_at=BEGAN).session
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(
    ("authenticated_at", "idle", "life"),
    [(None, ANONYMOUS_IDLE, ANONYMOUS_LIFE), (BEGAN, ACCOUNT_IDLE, ACCOUNT_LIFE)],
    ids=["anonymous", "account"],
)
def test_a_session_ends_when_it_was_idle_for_too_long_or_lived_for_too_long(
    authenticated_at: int | None, idle: int, life: int
) -> None:
    """An account's life is counted from its last ceremony, an anonymous one's from its beginning."""
    made = session(authenticated_at=authenticated_at)
    assert _valid(made, OWNER, BEGAN + idle - 1)
    assert not _valid(made, OWNER, BEGAN + idle)
    used = session(authenticated_at=authenticated_at, last_seen_at=BEGAN + life - 2)
    assert expires_at(used) == BEGAN + life
    assert _valid(used, OWNER, BEGAN + life - 1)
    assert not _valid(used, OWNER, BEGAN + life)


def test_an_alias_ends_by_itself() -> None:
    made = session(alias_until=BEGAN + 30)
    assert _valid(made, OWNER, BEGAN + 29)
    assert not _valid(made, OWNER, BEGAN + 30)


def test_signing_out_everywhere_ends_sessions_of_before_wherever_they_are_remembered() -> None:
    """A copy of a row that is gone is of no use to anybody; a session made in the same moment is a new one."""
    for after, valid in ((BEGAN, True), (BEGAN + 1, False)):
        owner = msgspec.structs.replace(OWNER, sessions_valid_after=after)
        assert _valid(session(), owner, BEGAN + 2) is valid


@pytest.mark.parametrize(
    ("ago", "fresh"),
    [(None, False), (0, True), (FRESH - 1, True), (FRESH, False)],
    ids=["never", "now", "late", "over"],
)
def test_a_ceremony_is_fresh_for_a_quarter_of_an_hour(ago: int | None, *, fresh: bool) -> None:
    now = BEGAN + 2 * FRESH
    made = session(authenticated_at=None if ago is None else now - ago)
    assert Current(made, OWNER, now).fresh is fresh
