"""Names that must not be guessed, and names that learners are seen by."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_api import handles, keys
from edge_api.problems import Problem

# A busy machine is slow, not wrong.
calm = examples(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def test_made_up_handles_are_good_ones() -> None:
    """Whatever we make up, we would accept."""
    for _ in range(200):
        assert handles.checked(handles.made_up())


@calm
@given(st.lists(st.integers(0, 2**50) | st.text(max_size=20), max_size=5))
def test_a_sealed_position_opens_to_itself_and_nowhere_else(position: list[int | str]) -> None:
    """Sealing is deterministic, opens for its purpose, and for no other purpose or secret."""
    sealer = keys.Sealer(b"secret")
    cursor = sealer.seal("board", tuple(position))
    assert sealer.open("board", cursor) == position
    assert sealer.seal("board", tuple(position)) == cursor
    for stranger, purpose in ((sealer, "other"), (keys.Sealer(b"another"), "board")):
        with pytest.raises(Problem):
            stranger.open(purpose, cursor)


@calm
@given(st.text(max_size=60))
def test_nothing_made_up_opens(cursor: str) -> None:
    """Whatever text is tried, it is refused and breaks nothing."""
    with pytest.raises(Problem):
        keys.Sealer(b"secret").open("board", cursor)


def test_recovery_codes_are_read_as_people_write_them() -> None:
    """Case, spaces, hyphens, O for zero, I and L for one."""
    assert keys.recovery_digest("0123-4567-89ab-1111") == keys.recovery_digest(
        "O I23 4567 89AB 1lIi".replace(" I", "1")
    )
    assert keys.recovery_digest("A") != keys.digest("A")
