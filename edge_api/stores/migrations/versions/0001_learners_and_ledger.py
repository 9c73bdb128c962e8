"""Learners, their sessions, the ledger and its sums."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

phase = "expand"

# Byte order on PostgreSQL; SQLite has it by default.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "board_shard",
        sa.Column("scope", KEY, nullable=False),
        sa.Column("period", KEY, nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("learners", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "period", "shard", name="board_shard_pk"),
    )
    op.create_table(
        "earned",
        sa.Column("learner_id", KEY, nullable=False),
        sa.Column("achievement", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "achievement", name="earned_pk"),
    )
    op.create_table(
        "learner",
        sa.Column("id", KEY, nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("handle_key", KEY, nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("xp", sa.BigInteger(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("achievements", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("judged_with", sa.Text(), nullable=False),
        sa.Column("utc_offset", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_active_at", sa.BigInteger(), nullable=False),
        sa.Column("sessions_valid_after", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("handle_key"),
    )
    op.create_index(
        "learner_anonymous",
        "learner",
        ["last_active_at"],
        unique=False,
        postgresql_where=sa.text("anonymous"),
        sqlite_where=sa.text("anonymous"),
    )
    op.create_index(
        "learner_listed",
        "learner",
        ["last_active_at"],
        unique=False,
        postgresql_where=sa.text("listed"),
        sqlite_where=sa.text("listed"),
    )
    op.create_index(
        "learner_pending",
        "learner",
        ["judged_with"],
        unique=False,
        postgresql_where=sa.text("pending > 0"),
        sqlite_where=sa.text("pending > 0"),
    )
    op.create_table(
        "learner_day",
        sa.Column("learner_id", KEY, nullable=False),
        sa.Column("day", KEY, nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "day", name="learner_day_pk"),
    )
    op.create_table(
        "progress_event",
        sa.Column("learner_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("xp", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "id", name="progress_event_pk"),
        sa.UniqueConstraint("learner_id", "seq", name="progress_event_order"),
    )
    op.create_index(
        "progress_event_pending",
        "progress_event",
        ["learner_id", "seq"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
        sqlite_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("learner_id", KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=True),
        sa.Column("synced_at", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", KEY, nullable=True),
        sa.Column("alias_until", sa.BigInteger(), nullable=True),
        sa.Column("alias_reads", sa.Boolean(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index("session_learner", "session", ["learner_id"], unique=False)
    op.create_index("session_replaced", "session", ["replaced_by"], unique=False)
    op.create_index("session_seen", "session", ["last_seen_at"], unique=False)
    op.create_table(
        "xp_event",
        sa.Column("learner_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("ref", KEY, nullable=False),
        sa.Column("course", KEY, nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "kind", "ref", name="xp_event_pk"),
    )
    op.create_table(
        "xp_total",
        sa.Column("learner_id", KEY, nullable=False),
        sa.Column("scope", KEY, nullable=False),
        sa.Column("period", KEY, nullable=False),
        sa.Column("xp", sa.BigInteger(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.BigInteger(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "scope", "period", name="xp_total_pk"),
    )
    op.create_index(
        "xp_total_board",
        "xp_total",
        ["scope", "period", sa.literal_column("xp DESC"), "reached_at", "learner_id", "listed"],
        unique=False,
        postgresql_where=sa.text("listed"),
        sqlite_where=sa.text("listed"),
    )
    op.create_index("xp_total_period", "xp_total", ["period"], unique=False)
