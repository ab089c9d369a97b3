"""Mails that came back: what servers say of each recipient, how far the mailbox was read, notices of no campaign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SEEN = sa.text("recipient <> ''")
_KINDS = "'campaign', 'missed_schedule', 'delayed', 'sender_login'"


def upgrade() -> None:
    """Add the columns and the table."""
    moment = storage.db.UtcDateTime(timezone=True)
    with op.batch_alter_table("provider_receipts") as table:
        table.add_column(sa.Column("recipient", sa.String(length=320), server_default="", nullable=False))
        table.add_column(sa.Column("detail", sa.Text(), nullable=True))
        table.drop_constraint("uq_provider_receipts_workspace_id_provider_id_status", type_="unique")
        table.create_unique_constraint(
            "uq_provider_receipts_workspace_id_provider_id_status_recipient",
            ["workspace_id", "provider_id", "status", "recipient"],
        )
    op.create_index(
        "ix_provider_receipts_recipient",
        "provider_receipts",
        ["workspace_id", "recipient"],
        sqlite_where=_SEEN,
        postgresql_where=_SEEN,
    )
    with op.batch_alter_table("notifications") as table:
        table.add_column(sa.Column("detail", sa.Text(), nullable=True))
        table.alter_column("campaign_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        table.drop_constraint("ck_notifications_kind", type_="check")
        table.create_check_constraint(op.f("ck_notifications_kind"), f"kind IN ({_KINDS}, 'mailbox')")
        table.create_check_constraint(op.f("ck_notifications_says_something"), "campaign_id IS NOT NULL OR detail IS NOT NULL")
        # SQLite's table is built anew, and would give this one another name
        table.drop_constraint("ck_notifications_drawn_not_ahead", type_="check")
        table.create_check_constraint(op.f("ck_notifications_drawn_not_ahead"), "drawn_version <= version")
    op.create_table(
        "mailboxes",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("claim_token", sa.String(length=36), nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("told_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_mailboxes"),
    )
