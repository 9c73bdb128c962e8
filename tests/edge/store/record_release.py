"""Writes down the statements of this release, for the next one's schema to be tried against.

    python -m tests.edge.store.record_release      once, when a release is made

Every statement that the edge's own tests send is caught on its way to the driver; PostgreSQL's placeholders become
``$1`` so that the statement can be prepared, and SQLite's all become ``?``. Schema work and the tests' own statements
are left out.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

FOLDER = Path(__file__).parent
OURS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


NOT_OURS = re.compile(
    r"pg_|sqlite_|alembic|information_schema|::REGCLASS|SELECT \*|FROM session$|FROM learner$"
    r"|\bl\d{5}\b|'learner \d|LIKE|= 'new'|'all', 7|xp = \d000|handle = "
)


class Recorder:
    """A pytest plugin that keeps every statement once, by database."""

    def __init__(self) -> None:
        self.seen: dict[str, set[str]] = {"sqlite": set(), "postgresql": set()}

    def catch(self, connection: Any, _cursor: Any, statement: str, _values: Any, _context: Any, _many: Any) -> None:
        """Keep a statement."""
        if OURS.match(statement):
            # However long a list was, it is one statement.
            one = r"IN \((%\(\w+\)s|\?)(::\w+)?(, [^)]+\)\w*(::\w+)?|, \?)*\)"
            statement = re.sub(one, r"IN (\1\2)", statement)
            numbers = itertools.count(1)
            plain = re.sub(r"%\((\w+)\)s(::\w+)?", lambda found: f"${next(numbers)}{found[2] or ''}", statement)
            if connection.dialect.name == "sqlite":
                # Statements that go to the driver itself name their values.
                plain = re.sub(r"(?<!:):\w+", "?", plain)
            self.seen[connection.dialect.name].add(" ".join(plain.split()))


def main() -> int:
    """Run the tests of progress, boards, accounts and sessions, and write what they sent."""
    recorder = Recorder()
    event.listen(Engine, "before_cursor_execute", recorder.catch)
    code = pytest.main([str(FOLDER.parent / "http"), "-p", "no:cacheprovider"])
    kept = {name: sorted(filter(_stable, found)) for name, found in recorder.seen.items()}
    (FOLDER / "previous_release.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return int(code)


def _stable(statement: str) -> bool:
    """Leave out what no service sends: catalogue look-ups, and the tests' own literals."""
    return not NOT_OURS.search(statement)


if __name__ == "__main__":
    sys.exit(main())
