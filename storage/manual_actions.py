"""Queries on what became of a campaign's actions, and on those that a person must decide."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from bot.domain.access import Scope
from bot.domain.states import PUT_OFF, ActionState, Reason
from storage.customer_filter import in_scope
from storage.models import Action, Campaign, Contact, Customer, User


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action with its customer's name and, once decided, who decided."""

    id: int
    workspace_id: int
    campaign_id: int
    customer_id: int
    customer_name: str
    country: str | None
    channel: str
    owner_id: int
    state: ActionState
    reason: Reason
    detail: str | None
    recipients: list[dict[str, object]]
    message_id: str
    decided_by: str | None
    decided_by_name: str | None
    decided_at: datetime | None


def counts(session: Session, workspace_id: int, campaign_id: int) -> dict[tuple[ActionState, Reason], int]:
    """Count a campaign's actions by state and reason; read from the index alone, as it is asked while they are sent."""
    own = select(Campaign.id).where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
    query = (
        select(Action.state, Action.reason, func.count())
        .where(Action.campaign_id == campaign_id, own.exists())
        .group_by(Action.state, Action.reason)
    )
    return {(ActionState(state), Reason(reason)): count for state, reason, count in session.execute(query)}


def of_campaign(
    session: Session,
    scope: Scope,
    campaign_id: int,
    states: Collection[ActionState],
    *,
    reason: Reason | None = None,
    offset: int = 0,
    limit: int | None = 10,
) -> list[ActionRow]:
    """Return a campaign's actions in these states, of customers in scope: what waits for a person first, then by id."""
    query = _rows(scope).where(Action.campaign_id == campaign_id, Action.state.in_([s.value for s in states]))
    if reason is not None:
        query = query.where(Action.reason == reason.value)
    ordered = query.order_by(Action.state != ActionState.MANUAL.value, Action.id)
    return [_row(*found) for found in session.execute(ordered.offset(offset).limit(limit))]


def put_off(session: Session, workspace_id: int, campaign_id: int) -> str | None:
    """Return the provider's latest words on an action that waits to be tried again, None where none does."""
    waiting = [Action.state == ActionState.QUEUED.value, Action.reason.in_([reason.value for reason in PUT_OFF])]
    query = select(Action.detail).where(
        Action.workspace_id == workspace_id, Action.campaign_id == campaign_id, *waiting
    )
    return session.scalar(query.order_by(Action.updated_at.desc(), Action.id.desc()).limit(1))


def decided(session: Session, scope: Scope, campaign_id: int, limit: int) -> list[ActionRow]:
    """Return the actions of a campaign that people decided, the latest first."""
    query = _rows(scope).where(Action.campaign_id == campaign_id, Action.decided_by.is_not(None))
    return [
        _row(*found)
        for found in session.execute(query.order_by(Action.decided_at.desc(), Action.id.desc()).limit(limit))
    ]


def one(session: Session, scope: Scope, action_id: int) -> ActionRow | None:
    """Return one action of a customer in scope."""
    found = session.execute(_rows(scope).where(Action.id == action_id)).first()
    return _row(*found) if found else None


def to_decide(session: Session, scope: Scope, campaign_id: int) -> dict[tuple[ActionState, Reason], int]:
    """Count a campaign's manual and ignored actions, of customers in scope, by state and reason."""
    query = (
        select(Action.state, Action.reason, func.count())
        .join(Customer, Customer.id == Action.customer_id)
        .where(in_scope(scope), Action.workspace_id == scope.workspace_id, Action.campaign_id == campaign_id)
        .where(Action.state.in_([ActionState.MANUAL.value, ActionState.IGNORED.value]))
        .group_by(Action.state, Action.reason)
    )
    return {(ActionState(state), Reason(reason)): count for state, reason, count in session.execute(query)}


def contacts(session: Session, workspace_id: int, customer_id: int) -> list[Contact]:
    """Return a customer's contacts, the main one first."""
    query = select(Contact).where(Contact.workspace_id == workspace_id, Contact.customer_id == customer_id)
    return list(session.scalars(query.order_by(Contact.is_main.desc(), Contact.id)))


def make_main(session: Session, contact: Contact) -> None:
    """Make a contact the main one of its customer, and none of the others."""
    session.execute(
        update(Contact)
        .where(Contact.workspace_id == contact.workspace_id, Contact.customer_id == contact.customer_id)
        .values(is_main=False)
    )
    contact.is_main = True
    session.flush()


def _rows(scope: Scope) -> Select[Action, str, str | None, str | None, str | None]:
    return (
        select(Action, Customer.name, Customer.country, User.slack_user_id, User.name)
        .join(Customer, Customer.id == Action.customer_id)
        .outerjoin(User, User.id == Action.decided_by)
        .where(Action.workspace_id == scope.workspace_id, in_scope(scope))
        .execution_options(populate_existing=True)
    )


def _row(
    action: Action, customer_name: str, country: str | None, decided_by: str | None, decided_by_name: str | None
) -> ActionRow:
    return ActionRow(
        id=action.id,
        workspace_id=action.workspace_id,
        campaign_id=action.campaign_id,
        customer_id=action.customer_id,
        customer_name=customer_name,
        country=country,
        channel=action.channel,
        owner_id=action.owner_id,
        state=ActionState(action.state),
        reason=Reason(action.reason),
        detail=action.detail,
        recipients=action.recipients,
        message_id=action.message_id,
        decided_by=decided_by,
        decided_by_name=decided_by_name,
        decided_at=action.decided_at,
    )
