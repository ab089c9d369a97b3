"""Queries on notifications: what our own people are to be told in Slack."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage.models import Notification, NotificationKind


def touch(session: Session, campaign_ids: Iterable[int], *, at: datetime) -> None:
    """Say that these campaigns' living messages are behind, in the transaction that changed what they show."""
    ids = sorted(set(campaign_ids))
    if not ids:
        return
    session.execute(
        update(Notification)
        .where(Notification.campaign_id.in_(ids), Notification.kind == NotificationKind.CAMPAIGN.value)
        .values(version=Notification.version + 1)
        .execution_options(synchronize_session=False)
    )
