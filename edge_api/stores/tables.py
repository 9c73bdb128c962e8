"""The one schema, for SQLite and PostgreSQL alike.

    learner ─┬─ session ─── challenge          who
             ├─ passkey, recovery_code
             ├─ progress_event                 what a client said, by the client's own id: the answer to a replay
             ├─ xp_event                       the ledger: one row for each thing that earned points, once
             ├─ xp_total                       the ledger summed per scope and period: what boards are read from
             ├─ learner_day, earned            streaks and achievements
             └─ board_shard                    learners on a board and its revision, in eight parts against contention
    outbox                                     what a transaction touched, until Redis has confirmed it

Times are whole microseconds of UTC; ``reached_at`` is whole seconds, so that every projection of a board can hold it.
``scope`` is '' for everything or a course's id; ``period`` is 'all', '2026-W48' or '2026-11-23' (UTC, time of receipt).
Ids sort by their bytes, so that SQL and any other store of a board break the last tie alike.
Migrations make these tables; ``needs`` is what this code wants of a database before it calls itself ready.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# Byte order on PostgreSQL; SQLite has it by default.
Key = Text().with_variant(Text(collation="C"), "postgresql")

learner = Table(
    "learner",
    metadata,
    Column("id", Key, primary_key=True),
    Column("handle", Text, nullable=False),
    Column("handle_key", Key, nullable=False, unique=True),
    Column("anonymous", Boolean, nullable=False),
    Column("visible", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("xp", BigInteger, nullable=False),
    Column("lessons", Integer, nullable=False),
    Column("achievements", Integer, nullable=False),
    Column("pending", Integer, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("judged_with", Text, nullable=False),
    Column("utc_offset", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_active_at", BigInteger, nullable=False),
    Column("sessions_valid_after", BigInteger, nullable=False),
    Column("passkey_user", LargeBinary, nullable=True),
    Index("learner_passkey_user", "passkey_user", unique=True),
    Index("learner_listed", "last_active_at", postgresql_where=text("listed"), sqlite_where=text("listed")),
    Index("learner_anonymous", "last_active_at", postgresql_where=text("anonymous"), sqlite_where=text("anonymous")),
    Index("learner_pending", "judged_with", postgresql_where=text("pending > 0"), sqlite_where=text("pending > 0")),
)

session = Table(
    "session",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Key, nullable=False, unique=True),
    Column("learner_id", Key, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("authenticated_at", BigInteger, nullable=True),
    Column("synced_at", BigInteger, nullable=False),
    Column("replaced_by", Key, nullable=True),
    Column("alias_until", BigInteger, nullable=True),
    Column("alias_reads", Boolean, nullable=False),
    Column("device", Text, nullable=False),
    Index("session_learner", "learner_id"),
    Index("session_replaced", "replaced_by"),
    Index("session_seen", "last_seen_at"),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", Key, primary_key=True),
    Column("learner_id", Key, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=True),
    Index("passkey_learner", "learner_id"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("id", Key, primary_key=True),
    Column("learner_id", Key, nullable=False),
    Index("recovery_code_learner", "learner_id"),
)

challenge = Table(
    "challenge",
    metadata,
    Column("id", Key, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("session_name", Key, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("challenge_expires", "expires_at"),
)

progress_event = Table(
    "progress_event",
    metadata,
    Column("learner_id", Key, nullable=False),
    Column("id", Key, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("xp", Integer, nullable=False),
    PrimaryKeyConstraint("learner_id", "id", name="progress_event_pk"),
    UniqueConstraint("learner_id", "seq", name="progress_event_order"),
    Index(
        "progress_event_pending",
        "learner_id",
        "seq",
        postgresql_where=text("status = 'pending'"),
        sqlite_where=text("status = 'pending'"),
    ),
)

xp_event = Table(
    "xp_event",
    metadata,
    Column("learner_id", Key, nullable=False),
    Column("kind", Key, nullable=False),
    Column("ref", Key, nullable=False),
    Column("course", Key, nullable=False),
    Column("points", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("event_id", Key, nullable=False),
    PrimaryKeyConstraint("learner_id", "kind", "ref", name="xp_event_pk"),
)

xp_total = Table(
    "xp_total",
    metadata,
    Column("learner_id", Key, nullable=False),
    Column("scope", Key, nullable=False),
    Column("period", Key, nullable=False),
    Column("xp", BigInteger, nullable=False),
    Column("lessons", Integer, nullable=False),
    Column("reached_at", BigInteger, nullable=False),
    Column("listed", Boolean, nullable=False),
    PrimaryKeyConstraint("learner_id", "scope", "period", name="xp_total_pk"),
)

# The board, ready to read from the index alone; SQLite counts so only where ``listed`` itself is in it.
Index(
    "xp_total_board",
    xp_total.c.scope,
    xp_total.c.period,
    xp_total.c.xp.desc(),
    xp_total.c.reached_at,
    xp_total.c.learner_id,
    xp_total.c.listed,
    postgresql_where=text("listed"),
    sqlite_where=text("listed"),
)
Index("xp_total_period", xp_total.c.period)

board_shard = Table(
    "board_shard",
    metadata,
    Column("scope", Key, nullable=False),
    Column("period", Key, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("learners", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    PrimaryKeyConstraint("scope", "period", "shard", name="board_shard_pk"),
)

learner_day = Table(
    "learner_day",
    metadata,
    Column("learner_id", Key, nullable=False),
    Column("day", Key, nullable=False),
    PrimaryKeyConstraint("learner_id", "day", name="learner_day_pk"),
)

earned = Table(
    "earned",
    metadata,
    Column("learner_id", Key, nullable=False),
    Column("achievement", Key, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("learner_id", "achievement", name="earned_pk"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("words", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger, nullable=True),
    Index("outbox_delivered", "delivered_at"),
    Index(
        "outbox_waiting",
        "created_at",
        postgresql_where=text("delivered_at IS NULL"),
        sqlite_where=text("delivered_at IS NULL"),
    ),
)


def needs() -> dict[str, frozenset[str]]:
    """Return the columns that this release's queries name, by table."""
    return {table.name: frozenset(column.name for column in table.columns) for table in metadata.sorted_tables}
