"""How the database answers: by the indexes that were made for the question."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from edge.clients import migrate_now
from edge_api.settings import Secret, Settings
from edge_api.stores import ledger, lines
from edge_api.stores.statement import VALUE, Statement
from servers import Postgres

SIZE = 60_000
Explain = Callable[[str], str]
VALUES = {"scope": "''", "period": "'all'", "limit": "100", "xp": "500", "reached_at": "1500", "learner_id": "'m'"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explain]:
    """Explain statements on a database with enough rows that reading them all would be a choice."""
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("plans")
        migrate_now(Settings(data=folder))
        line = sqlite3.connect(folder / "edge.sqlite3")
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SIZE}) "
        fill(lambda sql: line.execute(numbers + sql if "FROM n" in sql else sql))
        line.commit()
        yield lambda sql: "\n".join(str(row) for row in line.execute(f"EXPLAIN QUERY PLAN {sql}"))
        line.close()
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.create("plans")
    migrate_now(Settings(database_url=Secret(url)))
    with psycopg.connect(url, autocommit=True) as connection:
        fill(lambda sql: connection.execute(sql.replace("FROM n", f"FROM generate_series(1, {SIZE}) n(i)").encode()))
        settle(connection)
        yield lambda sql: "\n".join(row[0] for row in connection.execute(f"EXPLAIN {sql}".encode()).fetchall())
    server.drop("plans")


def settle(connection: psycopg.Connection[Any]) -> None:
    """Vacuum until every page of the boards is known to be visible: an index alone is enough only then.

    One vacuum may not do: the server's own may hold a page just then, or a snapshot of before.
    """
    for _ in range(20):
        connection.execute("VACUUM ANALYZE")
        found = connection.execute("SELECT relallvisible >= relpages FROM pg_class WHERE relname = 'xp_total'")
        if found.fetchone() == (True,):
            return
        time.sleep(0.2)


def fill(run: Any) -> None:
    run(
        "INSERT INTO learner (id, handle, handle_key, anonymous, visible, listed, xp, lessons, achievements, pending, "
        "last_seq, judged_with, utc_offset, created_at, last_active_at, sessions_valid_after) "
        "SELECT 'l' || i, 'h' || i, 'h' || i, false, true, true, i % 1000, 1, 0, 0, 0, '', 0, 0, 0, 0 FROM n"
    )
    for scope, period in (("", "all"), ("", "2026-W48"), ("c", "all")):
        run(
            "INSERT INTO xp_total (learner_id, scope, period, xp, lessons, reached_at, listed) "
            f"SELECT 'l' || i, '{scope}', '{period}', i % 1000, 1, i, true FROM n"
        )
    run(
        "INSERT INTO progress_event (learner_id, id, seq, body, digest, day, received_at, status, code, xp) "
        "SELECT 'l' || (i % 100), 'e' || i, i, '', '', '', 0, 'accepted', 'read', 1 FROM n"
    )
    run(
        "INSERT INTO xp_event (learner_id, kind, ref, course, points, at, event_id) "
        "SELECT 'l' || (i % 100), 'lesson', 'r' || i, 'c', 1, 0, 'e' || i FROM n"
    )
    run("INSERT INTO earned (learner_id, achievement, at) SELECT 'l' || (i % 100), 'a' || i, 0 FROM n")
    run("ANALYZE")


def bound(statement: str, **more: str) -> str:
    for name, value in sorted({**VALUES, **more}.items(), key=lambda pair: -len(pair[0])):
        statement = statement.replace(f":{name}", value)
    return statement


@pytest.mark.parametrize("statement", [lines._TOP, lines._BELOW, lines._ABOVE], ids=["top", "below", "above"])
def test_pages_of_a_board_walk_along_its_index(filled: Explain, statement: str) -> None:
    """No page of a board reads a table from end to end, or sorts more than its own lines."""
    plan = filled(bound(statement))
    assert "xp_total_board" in plan
    assert "Seq Scan" not in plan
    assert "SCAN xp_total" not in plan


@pytest.mark.parametrize("filled", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [lines._FROM_PLACE, lines._AROUND, lines._BETWEEN],
    ids=["below", "around", "between"],
)
def test_the_one_plan_of_a_prepared_walk_is_good_for_all_values(filled: Explain, statement: str) -> None:
    """Planned without knowing any of them but the limit, which is written out: along the index, as with them."""
    values = VALUES | {"to_xp": "400", "to_reached_at": "1500", "to_learner_id": "'m'", "learner": "'l7'"}
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        names.extend([found[1]] if found[1] not in names else [])
        return f"${names.index(found[1]) + 1}"

    asked = VALUE.sub(numbered, lines._walk(statement, 51, 20_000).words)
    filled(f"SELECT 1; SET plan_cache_mode = force_generic_plan; PREPARE walk AS {asked}")
    plan = filled(f"EXECUTE walk({', '.join(values[name] for name in names)})")
    filled("SELECT 1; DEALLOCATE walk; RESET plan_cache_mode")
    assert "$3" in plan, "it is the general one"
    assert "xp_total_board" in plan
    assert "Seq Scan on xp_total" not in plan
    assert "Seq Scan on learner" not in plan


def test_a_rank_is_counted_in_the_index_alone(filled: Explain) -> None:
    """Counting who is better touches no table."""
    statement = """
        SELECT COUNT(*) FROM xp_total t
        WHERE t.scope = :scope AND t.period = :period AND t.listed AND t.xp > :xp
    """
    plan = filled(bound(statement))
    assert "COVERING INDEX xp_total_board" in plan or "Index Only Scan using xp_total_board" in plan


def test_from_a_sample_to_a_place_is_counted_in_the_index_alone(filled: Explain) -> None:
    """Both walks of it, the rest of a tie and the other scores."""
    plan = filled(bound(lines._BETWEEN, to_xp="400", to_reached_at="1500", to_learner_id="'m'"))
    walks = plan.count("COVERING INDEX xp_total_board") + plan.count("Index Only Scan using xp_total_board")
    assert walks == 2, plan


def among(statement: Statement) -> str:
    """Return a statement's text with lists of two for its values."""
    return re.sub(r"\(SELECT value FROM json_each\(:\w+\)\)", "('a', 'b')", statement.sqlite)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (among(ledger._KNOWN), "progress_event"),
        (among(ledger._BEFORE), "xp_event"),
        (
            "SELECT * FROM progress_event WHERE learner_id = :learner AND seq > 7 ORDER BY seq LIMIT :limit",
            "progress_event",
        ),
        ("SELECT * FROM xp_total WHERE learner_id = :learner", "xp_total"),
        ("SELECT id FROM learner WHERE handle_key = :learner", "learner"),
        ("SELECT id FROM learner WHERE listed AND last_active_at < -1 LIMIT 200", "learner_listed"),
        ("SELECT id FROM learner WHERE pending > 0 AND judged_with <> 'x' LIMIT 200", "learner_pending"),
    ],
)
def test_progress_queries_use_an_index(filled: Explain, statement: str, index: str) -> None:
    """What a batch asks about a learner is found, not searched."""
    plan = filled(bound(statement, learner="'l1'", since="7"))
    assert "Seq Scan" not in plan
    assert not [line for line in plan.splitlines() if "SCAN" in line and "USING INDEX" not in line]
    assert index in plan
