"""The engine on many machines: fair claims, shared rate limits, workers that tell of themselves; search by words.

On SQLite the search table is kept up by triggers on `customers`: a later migration that rebuilds that table (Alembic's
batch mode does for changed columns) must run the statements of storage.word_search again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import storage.db
from storage import word_search

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and indexes."""
    op.create_table(
        "rate_tokens",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("next_at", storage.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_tokens"),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("started_at", storage.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", storage.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("doing", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )
    queued = sa.text("state = 'queued'")
    op.create_index("ix_actions_queue", "actions", ["campaign_id", "channel", "due_at", "id"], sqlite_where=queued, postgresql_where=queued)
    op.drop_index("ix_actions_due", "actions")
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in word_search.SQLITE if sqlite else word_search.POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Take them away again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ("new", "old", "changed"):
            op.execute(f"DROP TRIGGER {word_search.TABLE}_{name}")
        op.execute(f"DROP TABLE {word_search.TABLE}")
    else:
        op.drop_index(word_search.INDEX, "customers")
    queued = sa.text("state = 'queued'")
    op.create_index("ix_actions_due", "actions", ["due_at", "id"], sqlite_where=queued, postgresql_where=queued)
    op.drop_index("ix_actions_queue", "actions")
    op.drop_table("workers")
    op.drop_table("rate_tokens")
