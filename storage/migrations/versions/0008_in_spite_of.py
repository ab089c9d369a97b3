"""What a person agreed to send in spite of, in place of a flag that let everything pass."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_EVERYTHING = '["paused", "nothing_overdue", "all_disputed", "promised", "contacted_recently"]'


def upgrade() -> None:
    """Change the column; what was to go out whatever had happened since keeps doing so."""
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("actions", sa.Column("in_spite_of", kind, server_default="[]", nullable=False))
    op.get_bind().exec_driver_sql(f"UPDATE actions SET in_spite_of = '{_EVERYTHING}' WHERE force")  # noqa: S608
    op.drop_column("actions", "force")


def downgrade() -> None:
    """Change it back."""
    op.add_column("actions", sa.Column("force", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.get_bind().exec_driver_sql("UPDATE actions SET force = (CAST(in_spite_of AS TEXT) <> '[]')")
    op.drop_column("actions", "in_spite_of")
