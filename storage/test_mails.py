"""Queries on tests: mails of a campaign to its own creator."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import SystemMail, SystemMailKind, SystemMailState


def waiting(session: Session, workspace_id: int, user_id: int) -> int:
    """Count the tests that the user asked for and that are not mailed yet."""
    query = (
        select(func.count())
        .select_from(SystemMail)
        .where(
            SystemMail.workspace_id == workspace_id,
            SystemMail.requested_by == user_id,
            SystemMail.kind == SystemMailKind.TEST.value,
            SystemMail.state == SystemMailState.QUEUED.value,
        )
    )
    return session.scalar(query) or 0


def asked_since(
    session: Session, workspace_id: int, user_id: int, campaign_id: int, customer_id: int, *, since: datetime
) -> bool:
    """Tell whether the user asked for this customer's message after `since`."""
    query = select(SystemMail.payload).where(
        SystemMail.workspace_id == workspace_id,
        SystemMail.requested_by == user_id,
        SystemMail.kind == SystemMailKind.TEST.value,
        SystemMail.subject_id == campaign_id,
        SystemMail.created_at > since,
    )
    return any(payload == {"customer_id": customer_id} for payload in session.scalars(query))


def add(
    session: Session,
    workspace_id: int,
    user_id: int,
    campaign_id: int,
    *,
    customer_id: int,
    address: str,
    now: datetime,
) -> None:
    """Queue the message of one customer for the user's own address, due now."""
    session.add(
        SystemMail(
            workspace_id=workspace_id,
            kind=SystemMailKind.TEST.value,
            requested_by=user_id,
            to_address=address,
            subject_id=campaign_id,
            payload={"customer_id": customer_id},
            state=SystemMailState.QUEUED.value,
            due_at=now,
            created_at=now,
        )
    )
