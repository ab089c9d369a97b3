"""What the worker reads beside the actions themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import Select, case, exists, select, update
from sqlalchemy.orm import Session

from bot.domain.folding import fold_address
from bot.domain.states import CampaignState, Reason
from storage.models import Action, Campaign, Customer, Suppression
from storage.transitions import is_queued


def next_due(session: Session, channels: Collection[str]) -> datetime | None:
    """Return when the next queued action of a campaign that is sending falls due, in any workspace; None for none."""
    return session.scalar(_earliest().where(Action.channel.in_(list(channels))))


def oldest_due_age(session: Session, now: datetime) -> timedelta:
    """Return for how long the oldest due action has been waiting, in any workspace; zero when none waits."""
    due = session.scalar(_earliest())
    return max(now - due, timedelta()) if due else timedelta()


def _earliest() -> Select[datetime | None]:
    return (
        select(Action.due_at)
        # not a join: SQLite would then sort every queued action of the campaign instead of walking the index
        .where(exists().where(Campaign.id == Action.campaign_id, Campaign.state == CampaignState.SENDING.value))
        .where(is_queued())
        .order_by(Action.due_at)
        .limit(1)
    )


def campaign(session: Session, workspace_id: int, campaign_id: int) -> Campaign:
    """Return one campaign; raise NoResultFound where there is none."""
    return session.scalars(
        select(Campaign).where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
    ).one()


def paused_until(session: Session, workspace_id: int, customer_ids: Collection[int]) -> dict[int, date]:
    """Return the days before which customers must not be contacted; those who may be are absent."""
    query = select(Customer.id, Customer.paused_until).where(
        Customer.workspace_id == workspace_id,
        Customer.id.in_(list(customer_ids)),
        Customer.paused_until.is_not(None),
    )
    return {customer_id: day for customer_id, day in session.execute(query) if day}


def suppressed(session: Session, workspace_id: int, channel: str, addresses: Collection[str]) -> set[str]:
    """Return those of the addresses, folded, that must not be contacted."""
    query = select(Suppression.address).where(
        Suppression.workspace_id == workspace_id,
        Suppression.channel == channel,
        Suppression.address.in_({fold_address(address) for address in addresses}),
    )
    return set(session.scalars(query))


def reckon_hours_anew(session: Session, workspace_id: int, channels: Collection[str], *, now: datetime) -> None:
    """Let what waits for the sending hours of these channels fall due, though not before its campaign starts.

    The recheck before the handoff puts off again what still has to wait.
    """
    starts_at = (
        select(case((Campaign.starts_at > now, Campaign.starts_at), else_=now))
        .where(Campaign.id == Action.campaign_id)
        .scalar_subquery()
    )
    waiting = (Action.reason == Reason.OUTSIDE_HOURS.value, Action.due_at > now)
    session.execute(
        update(Action)
        .where(Action.workspace_id == workspace_id, Action.channel.in_(list(channels)), is_queued(), *waiting)
        .values(due_at=starts_at)
        .execution_options(synchronize_session=False)
    )
