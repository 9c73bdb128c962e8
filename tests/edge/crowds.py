"""Crowds: learners on the boards whom nobody had to enrol."""

from __future__ import annotations

from edge.clients import Site


def crowd(site: Site, size: int) -> None:
    """Put learners on the boards, straight into the tables: many ties, ids in no order."""
    values = ", ".join(
        f"('l{number * 7919 % 10007:05}', 'learner {number}', 'k{number}', false, true, true, {xp(number)}, "
        "1, 0, 0, 0, '', 0, 0, 99999999999999999, 0)"
        for number in range(size)
    )
    site.sql(
        "INSERT INTO learner (id, handle, handle_key, anonymous, visible, listed, xp, lessons, achievements, pending, "
        f"last_seq, judged_with, utc_offset, created_at, last_active_at, sessions_valid_after) VALUES {values}"
    )
    for scope in ("", "learn-solidity"):
        site.sql(
            "INSERT INTO xp_total (learner_id, scope, period, xp, lessons, reached_at, listed) "
            "SELECT id, :scope, 'all', xp, 1, 1750000000 + xp % 3, listed FROM learner WHERE id LIKE 'l_____'",
            scope=scope,
        )
        site.sql(
            "INSERT INTO board_shard (scope, period, shard, learners, revision) VALUES (:scope, 'all', 7, :n, 1)",
            scope=scope,
            n=size,
        )


def xp(number: int) -> int:
    """Return the points of one of them."""
    return number % 10 * 10 + 10
