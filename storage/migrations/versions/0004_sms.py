"""What comes back: receipts of providers, and what customers answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.db

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = storage.db.UtcDateTime(timezone=True)
    op.create_table(
        "provider_receipts",
        sa.Column("action_id", big, nullable=False),
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("applied_at", moment, nullable=True),
        sa.Column("id", big, nullable=False),
        sa.Column("workspace_id", big, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "action_id"],
            ["actions.workspace_id", "actions.id"],
            name="fk_provider_receipts_workspace_id_action_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_provider_receipts_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_provider_receipts"),
        sa.UniqueConstraint(
            "workspace_id", "provider_id", "status", name="uq_provider_receipts_workspace_id_provider_id_status"
        ),
    )
    op.create_index("ix_provider_receipts_action", "provider_receipts", ["action_id"])
    op.create_index(
        "ix_provider_receipts_pending",
        "provider_receipts",
        ["received_at"],
        sqlite_where=sa.text("applied_at IS NULL"),
        postgresql_where=sa.text("applied_at IS NULL"),
    )
    op.create_table(
        "replies",
        sa.Column("customer_id", big, nullable=True),
        sa.Column("action_id", big, nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("id", big, nullable=False),
        sa.Column("workspace_id", big, nullable=False),
        sa.CheckConstraint("kind IN ('message', 'stop', 'start', 'help')", name="ck_replies_kind"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "action_id"],
            ["actions.workspace_id", "actions.id"],
            name="fk_replies_workspace_id_action_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "customer_id"],
            ["customers.workspace_id", "customers.id"],
            name="fk_replies_workspace_id_customer_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_replies_workspace_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
        sa.UniqueConstraint("workspace_id", "channel", "provider_id", name="uq_replies_workspace_id_channel_provider_id"),
    )
    op.create_index("ix_replies_customer", "replies", ["customer_id", "received_at"])
    op.create_index("ix_actions_provider", "actions", ["provider_id"])


