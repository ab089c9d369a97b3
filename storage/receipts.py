"""Queries on what providers report: kept as it comes, applied once the action can move by it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from bot.domain.states import ActionState
from storage.models import Action, ProviderReceipt


@dataclass(frozen=True, slots=True)
class Pending:
    """A receipt that is still to be applied, and the action as it stands."""

    id: int
    provider_id: str
    status: str
    error_code: int | None
    action: Action
    recipient: str = ""
    detail: str | None = None


def action_of(session: Session, channel: str, *, provider_id: str, message_id: str | None) -> Action | None:
    """Return the action that a report is about, of whatever workspace: by the provider's id, else by our Message-ID."""
    by_id = select(Action).where(Action.channel == channel, Action.provider_id == provider_id)
    found = session.scalar(by_id)
    if found is not None or not message_id:
        return found
    return session.scalar(select(Action).where(Action.channel == channel, Action.message_id == message_id))


def action_by_message_id(session: Session, channel: str, message_ids: Sequence[str]) -> Action | None:
    """Return the action that has one of our Message-IDs, the first of them that is known; of whatever workspace."""
    query = select(Action).where(Action.channel == channel, Action.message_id.in_(list(message_ids)))
    found = {action.message_id: action for action in session.scalars(query)}
    return next((found[each] for each in message_ids if each in found), None)


def action_by_id(session: Session, channel: str, action_id: int) -> Action | None:
    """Return an action of whatever workspace; for ids that we have signed ourselves."""
    return session.scalar(select(Action).where(Action.channel == channel, Action.id == action_id))


def keep(
    session: Session,
    action: Action,
    *,
    provider_id: str,
    status: str,
    error_code: int | None = None,
    recipient: str = "",
    detail: str | None = None,
    now: datetime,
) -> bool:
    """Keep a report; False when it was kept before."""
    same = (
        ProviderReceipt.workspace_id == action.workspace_id,
        ProviderReceipt.provider_id == provider_id,
        ProviderReceipt.status == status,
        ProviderReceipt.recipient == recipient,
    )
    if session.scalar(select(ProviderReceipt.id).where(*same)) is not None:
        return False
    session.add(
        ProviderReceipt(
            workspace_id=action.workspace_id,
            action_id=action.id,
            provider_id=provider_id,
            status=status,
            error_code=error_code,
            recipient=recipient,
            detail=detail,
            received_at=now,
        )
    )
    session.flush()
    return True


def pending(session: Session, *, limit: int) -> list[Pending]:
    """Return what is not applied yet and can be: the action is not just being handed over; oldest first."""
    query = (
        select(ProviderReceipt, Action)
        .join(Action, Action.id == ProviderReceipt.action_id)
        .where(ProviderReceipt.applied_at.is_(None), Action.state != ActionState.SENDING.value)
        .order_by(ProviderReceipt.received_at, ProviderReceipt.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [
        Pending(r.id, r.provider_id, r.status, r.error_code, action, r.recipient, r.detail)
        for r, action in session.execute(query)
    ]


def applied(session: Session, receipt_id: int, now: datetime) -> None:
    """Note that a report needs nothing more."""
    session.execute(update(ProviderReceipt).where(ProviderReceipt.id == receipt_id).values(applied_at=now))


def count(session: Session, workspace_id: int, recipient: str, status: str, *, since: datetime) -> int:
    """Count the reports of this status on one recipient (folded), of any message, since a moment."""
    query = select(func.count(ProviderReceipt.provider_id.distinct())).where(
        ProviderReceipt.workspace_id == workspace_id,
        ProviderReceipt.recipient == recipient,
        ProviderReceipt.status == status,
        ProviderReceipt.received_at > since,
    )
    return session.scalar(query) or 0


def recipients_with(session: Session, action: Action, statuses: Collection[str], *, since: datetime) -> set[str]:
    """Return the recipients (folded) of an action that reports of these statuses came of, since a moment."""
    query = select(ProviderReceipt.recipient).where(
        ProviderReceipt.workspace_id == action.workspace_id,
        ProviderReceipt.action_id == action.id,
        ProviderReceipt.status.in_(list(statuses)),
        ProviderReceipt.received_at >= since,
    )
    return set(session.scalars(query))


def known_ids(session: Session, action: Action, provider_ids: list[str], *, handed_off_at: datetime) -> set[str]:
    """Return those of the provider's ids that can not be of this handoff of an action.

    They belong to an action already, of whatever workspace, or were told of another one, or told and applied before the
    handoff: of an attempt gone by.
    """
    of_actions = select(Action.provider_id).where(Action.provider_id.in_(provider_ids))
    told_of = select(ProviderReceipt.provider_id).where(
        ProviderReceipt.workspace_id == action.workspace_id,
        ProviderReceipt.provider_id.in_(provider_ids),
        or_(ProviderReceipt.action_id != action.id, ProviderReceipt.applied_at < handed_off_at),
    )
    return {row for row in session.scalars(of_actions.union(told_of)) if row}


def under_way(session: Session, channel: str, *, after: int, since: datetime, limit: int) -> list[tuple[int, str]]:
    """Return the id and the provider's id of messages that were taken since a moment, in any workspace, by id."""
    taken = [ActionState.SENT.value, ActionState.DELIVERED.value]
    query = select(Action.id, Action.provider_id).where(
        Action.channel == channel,
        Action.state.in_(taken),
        Action.sent_at > since,
        Action.provider_id.is_not(None),
        Action.id > after,
    )
    rows = session.execute(query.order_by(Action.id).limit(limit))
    return [(action_id, provider_id) for action_id, provider_id in rows if provider_id]


def unsettled(
    session: Session,
    channel: str,
    *,
    since: datetime,
    before: datetime,
    after: tuple[datetime, int] | None = None,
    limit: int,
) -> list[Action]:
    """Return actions with an unknown outcome, handed off between two moments, in any workspace, oldest first.

    With `after`, the handoff and the id of one, those behind it come first, and then the oldest.
    """
    query = select(Action).where(Action.channel == channel, *is_uncertain())
    query = query.where(Action.handed_off_at > since, Action.handed_off_at < before)
    if after is not None:
        at, action_id = after
        behind = or_(Action.handed_off_at > at, and_(Action.handed_off_at == at, Action.id > action_id))
        query = query.order_by(case((behind, 0), else_=1))
    return list(session.scalars(query.order_by(Action.handed_off_at, Action.id).limit(limit)))


def is_uncertain() -> list[ColumnElement[bool]]:
    """Return the conditions of an action that was handed off and whose outcome nobody knows."""
    return [
        Action.state == ActionState.MANUAL.value,
        Action.reason == "uncertain",
        Action.handed_off_at.is_not(None),
    ]
