"""Passkeys, recovery codes and the challenges of ceremonies."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

phase = "expand"

# Byte order on PostgreSQL; SQLite has it by default.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add what accounts need."""
    op.add_column("learner", sa.Column("passkey_user", sa.LargeBinary(), nullable=True))
    op.create_table(
        "challenge",
        sa.Column("id", KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("session_name", KEY, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("challenge_expires", "challenge", ["expires_at"], unique=False)
    op.create_index("learner_passkey_user", "learner", ["passkey_user"], unique=True)
    op.create_table(
        "passkey",
        sa.Column("id", KEY, nullable=False),
        sa.Column("learner_id", KEY, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("passkey_learner", "passkey", ["learner_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", KEY, nullable=False),
        sa.Column("learner_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("recovery_code_learner", "recovery_code", ["learner_id"], unique=False)
