"""Chores run beside learners: no row of theirs keeps a chore waiting, no chore keeps another from its turn."""

from __future__ import annotations

import psycopg
import pytest

from edge.clients import HELLO, Site, event
from edge_api.services import sweeper

DAY = 86_400 * 1_000_000


def chores(site: Site) -> None:
    """Let every chore have its turn."""
    site.client.run(lambda: sweeper.turn(site.app.state.edge, site.app.state.metrics, 0))


def test_a_chore_that_fails_keeps_no_other_from_its_turn(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A pending event that can't be read any more is written down each time, and sessions still end."""
    browser, old = site.browser().begin(), site.browser().begin()
    browser.tell(event("learn-solidity/later"))
    site.sql("UPDATE progress_event SET body = 'torn'")
    site.sql("UPDATE learner SET judged_with = 'others' WHERE pending > 0")
    site.sql(
        "UPDATE session SET last_seen_at = last_seen_at - :ago WHERE learner_id = :id",
        ago=500 * DAY,
        id=site.learner_id(old),
    )
    chores(site)
    assert "chore failed" in caplog.text
    assert len(site.sql("SELECT id FROM session")) == 1


def test_chores_take_a_batch_at_a_time(site: Site) -> None:
    """However much is over, a turn deletes so many rows; the next turns see to the rest."""
    site.sql(
        "INSERT INTO challenge (id, purpose, session_name, expires_at) "
        "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 12000) "
        "SELECT 'c' || n, 'sign-in', '', 1 FROM many"
    )
    left = []
    for _ in range(3):
        chores(site)
        left.append(len(site.sql("SELECT id FROM challenge")))
    assert left == [7000, 2000, 0]


def test_a_chore_passes_by_what_somebody_is_at(site: Site) -> None:
    """Rows that a learner's transaction holds are left for the next turn; the others go now."""
    if not site.settings.database_url:
        # There is one writer, who is never met.
        return
    browser = site.account(event(HELLO))
    other = site.account(event(HELLO))
    site.sql("UPDATE session SET last_seen_at = last_seen_at - :ago", ago=500 * DAY)
    site.sql("UPDATE xp_total SET period = '2026-10-01' WHERE period LIKE '%-W%'")
    site.sql("UPDATE board_shard SET period = '2026-10-01' WHERE period LIKE '%-W%'")
    ids = [row.learner_id for row in site.sql("SELECT learner_id FROM session ORDER BY learner_id")]
    assert len({*ids}) == 2
    assert browser is not other
    with psycopg.connect(site.settings.database_url) as busy:
        for table in ("session", "xp_total"):
            busy.execute(f"SELECT 1 FROM {table} WHERE learner_id = %s FOR UPDATE", [ids[0]])
        chores(site)
        assert [row.learner_id for row in site.sql("SELECT learner_id FROM session")] == [ids[0]]
        assert {row.learner_id for row in site.sql("SELECT learner_id FROM xp_total WHERE period = '2026-10-01'")} == {
            ids[0]
        }
        busy.rollback()
    chores(site)
    assert site.sql("SELECT learner_id FROM session") == []
    assert site.sql("SELECT learner_id FROM xp_total WHERE period = '2026-10-01'") == []


def test_deleted_boards_make_every_kept_answer_old(site: Site) -> None:
    """A page of one of them may be remembered; a turn that deletes nothing leaves all answers alone."""
    site.account(event(HELLO))
    memory = site.app.state.edge.cache.memory
    chores(site)
    before = memory.versions(("courses",))
    chores(site)
    assert memory.versions(("courses",)) == before
    site.sql("UPDATE board_shard SET period = '2026-10-01' WHERE period LIKE '%-W%'")
    chores(site)
    assert memory.versions(("courses",)) != before
