"""What the worker reads beside the actions themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, Executable, String, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from bot.domain.folding import fold_address
from bot.domain.states import CampaignState, Reason
from storage.by_dialect import ByDialect, among, as_date
from storage.claims import next_due as next_due
from storage.models import Action, Campaign, Customer, Suppression
from storage.transitions import is_queued


def oldest_due_age(session: Session, now: datetime) -> timedelta:
    """Return for how long the oldest due action has been waiting, in any workspace; zero when none waits.

    A campaign whose start has passed counts too: where no worker is left to start it, its actions are as late.
    """
    unstarted = select(func.min(Campaign.starts_at)).where(Campaign.state == CampaignState.SCHEDULED.value)
    due = [moment for moment in (next_due(session, ()), session.scalar(unstarted)) if moment is not None]
    return max(now - min(due), timedelta()) if due else timedelta()


def campaign(session: Session, workspace_id: int, campaign_id: int) -> Campaign:
    """Return one campaign; raise NoResultFound where there is none."""
    return session.scalars(
        select(Campaign).where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
    ).one()


def _paused(sqlite: bool) -> Executable:
    return select(Customer.id, Customer.paused_until).where(
        Customer.workspace_id == bindparam("workspace_id", type_=BigInteger),
        among(Customer.id, sqlite),
        Customer.paused_until.is_not(None),
    )


def _closed(sqlite: bool) -> Executable:
    return select(Suppression.address).where(
        Suppression.workspace_id == bindparam("workspace_id", type_=BigInteger),
        Suppression.channel == bindparam("channel", type_=String),
        among(Suppression.address, sqlite, "addresses"),
    )


_PAUSED, _CLOSED = ByDialect(_paused), ByDialect(_closed)


def paused_until(session: Session, workspace_id: int, customer_ids: Collection[int]) -> dict[int, date]:
    """Return the days before which customers must not be contacted; those who may be are absent."""
    rows = _PAUSED.run(session, workspace_id=workspace_id, ids=customer_ids)
    return {customer_id: as_date(day) for customer_id, day in rows}


def suppressed(session: Session, workspace_id: int, channel: str, addresses: Collection[str]) -> set[str]:
    """Return those of the addresses, folded, that must not be contacted."""
    folded = {fold_address(address) for address in addresses}
    return {row[0] for row in _CLOSED.run(session, workspace_id=workspace_id, channel=channel, addresses=folded)}


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
