"""Queries on the settings that admins changed in Slack; each has its default here."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import Setting

RECENT_CONTACT_DAYS = "recent_contact_days"
DEFAULT_RECENT_CONTACT_DAYS = 7


def recent_contact_days(session: Session, workspace_id: int) -> int:
    """Return how many days after a message a customer is left out of the next campaign; 0 leaves nobody out."""
    row = _row(session, workspace_id, RECENT_CONTACT_DAYS)
    return row.value if row is not None and isinstance(row.value, int) else DEFAULT_RECENT_CONTACT_DAYS


def set_recent_contact_days(session: Session, workspace_id: int, days: int) -> None:
    """Store the number of days."""
    row = _row(session, workspace_id, RECENT_CONTACT_DAYS)
    if row is None:
        session.add(Setting(workspace_id=workspace_id, key=RECENT_CONTACT_DAYS, value=days))
    else:
        row.value = days


def _row(session: Session, workspace_id: int, key: str) -> Setting | None:
    return session.scalar(select(Setting).where(Setting.workspace_id == workspace_id, Setting.key == key))
