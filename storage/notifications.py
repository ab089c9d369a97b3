"""Queries on notifications: what our own people are to be told in Slack."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage.models import Campaign, Notification, NotificationKind


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


def create_living(session: Session, campaign: Campaign, user_id: int, now: datetime) -> None:
    """Add the one living message of a campaign, to be posted to the user; the unique key refuses a second one."""
    session.add(
        Notification(
            workspace_id=campaign.workspace_id,
            campaign_id=campaign.id,
            user_id=user_id,
            kind=NotificationKind.CAMPAIGN.value,
            due_at=now,
            created_at=now,
        )
    )
    session.flush()
