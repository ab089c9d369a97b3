"""An index of the actions that people decided: the last are looked for whenever a campaign's message is drawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    decided = sa.text("decided_by IS NOT NULL")
    op.create_index(
        "ix_actions_decided",
        "actions",
        ["campaign_id", "decided_at", "id"],
        sqlite_where=decided,
        postgresql_where=decided,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_actions_decided", "actions")
