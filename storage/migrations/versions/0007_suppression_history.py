"""How addresses came to be suppressed, and ceased to be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the history, and begin it with the suppressions that there are."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "suppression_history",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("user_id", big, nullable=True),
        sa.Column("at", storage.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", big, nullable=False),
        sa.Column("workspace_id", big, nullable=False),
        sa.CheckConstraint("event IN ('added', 'changed', 'lifted')", name="ck_suppression_history_event"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "user_id"],
            ["users.workspace_id", "users.id"],
            name="fk_suppression_history_workspace_id_user_id",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_suppression_history_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_suppression_history"),
    )
    op.create_index(
        "ix_suppression_history_address", "suppression_history", ["workspace_id", "channel", "address"]
    )
    op.execute(
        "INSERT INTO suppression_history (workspace_id, channel, address, event, cause, note, at) "
        "SELECT workspace_id, channel, address, 'added', cause, note, created_at FROM suppressions"
    )
