"""Statements of which a request has many, or which are asked with every request, on the driver itself.

SQLAlchemy makes a context, a cursor and an object for every row of each statement, which takes longer than all that
the driver does. Such a statement is written once, with ``:name`` for its values, in one form for both drivers, and goes
to the driver: its rows are plain tuples (SQLite's booleans are 0 and 1). The connection and its transaction are
SQLAlchemy's all the same. Whoever listens to an engine's statements hears of it, and what fails fails as any other
statement does: a connection that broke leaves the pool, and so do those that were opened with it.

    {among}, {among refs}   a condition for one of ``packed`` values, named ``:ids`` or as it says
    {rows}                   the rows of ``Statement(…, rows=…)``, given as one value, ``:rows``

What changes rows is a ``Write`` (``edge_api.stores.writes``).
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from edge_api.stores import driver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

Rows = list[tuple[Any, ...]]

# Neither the second colon of a cast nor what follows it is a value.
VALUE = re.compile(r"(?<!:):(\w+)")
_AMONG = re.compile(r"\{among(?: (\w+))?\}")
_ONE_OF = "IN (SELECT value FROM json_each(:{}))"


class Statement:
    """A statement; one that is ``prepared`` is planned once for each of PostgreSQL's connections.

    That is for statements which find rows by their keys. Where the best plan depends on a value, as on a LIMIT, the
    general plan is a bad one; a LIMIT is therefore written out in those which are prepared.
    """

    def __init__(self, sql: str, *, rows: Mapping[str, str] | None = None, prepared: bool = False) -> None:
        self.prepared = prepared
        names = rows or {}
        fields = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in names)
        columns = ", ".join(f"{name} {kind}" for name, kind in names.items())
        sqlite = sql.replace("{rows}", f"(SELECT {fields} FROM json_each(:rows)) AS given")  # noqa: S608 - names from our own calls
        shared = sql.replace("{rows}", f"json_to_recordset(CAST(:rows AS json)) AS given({columns})")
        self.sqlite = _AMONG.sub(lambda found: _ONE_OF.format(found[1] or "ids"), sqlite)
        self.words = _AMONG.sub(lambda found: f"= ANY(CAST(:{found[1] or 'ids'} AS text[]))", shared).replace("%", "%%")
        self.postgresql = VALUE.sub(r"%(\1)s", self.words)

    async def ask(self, connection: AsyncConnection, values: Mapping[str, Any]) -> Rows:
        """Run it and return all rows of its answer."""
        line, sqlite = driver.of(connection)
        if sqlite:
            # One visit to the thread of the connection instead of four.
            work = partial(line.execute_fetchall, self.sqlite, values)
            return list(await driver.watched(connection, [(self.sqlite, values)], work))
        work = partial(driver.fetched, line, self.postgresql, values, prepared=self.prepared)
        return list(await driver.watched(connection, [(self.postgresql, values)], work))


def packed(connection: AsyncConnection, values: Sequence[str]) -> str:
    """Return values for ``{among}``: one parameter, however many there are."""
    # The driver asks each value of a list what it is, which takes longer than the statement.
    if connection.dialect.name == "sqlite":
        return json.dumps(values)
    return "{" + ",".join([f'"{_escaped(value)}"' for value in values]) + "}"


def _escaped(value: str) -> str:
    """Return a text as it stands between the quotes of PostgreSQL's arrays."""
    return value if value.isalnum() else value.replace("\\", "\\\\").replace('"', '\\"')
