"""What the doctor looks at: every workspace's rows, in counts and ids only, and the repairs that are safe to make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from bot.domain.states import OPEN_ACTION_STATES, ActionState, CampaignState
from storage import campaign_states, word_search
from storage.by_dialect import is_sqlite
from storage.campaigns import FREEZABLE
from storage.models import Action, Campaign, Customer, Notification, SystemMail
from storage.transitions import is_queued, is_sending

_OPEN = [state.value for state in OPEN_ACTION_STATES]


def actions_by_state(session: Session) -> dict[str, int]:
    """Count all actions by state."""
    return dict(session.execute(select(Action.state, func.count()).group_by(Action.state)).all())


def campaigns_by_state(session: Session) -> dict[str, int]:
    """Count all campaigns by state."""
    return dict(session.execute(select(Campaign.state, func.count()).group_by(Campaign.state)).all())


def stuck_leases(session: Session, before: datetime) -> dict[str, int]:
    """Count the claims that ran out before `before` and that nobody rescued, by worker."""
    query = select(Action.claimed_by, func.count()).where(is_sending(), Action.lease_until < before)
    return {name or "": count for name, count in session.execute(query.group_by(Action.claimed_by))}


def unfrozen_since(session: Session, before: datetime) -> list[int]:
    """Return the launched campaigns whose audience has been waiting to become actions since `before`."""
    states = [state.value for state in FREEZABLE]
    query = select(Campaign.id).where(Campaign.state.in_(states), Campaign.frozen_at.is_(None))
    return list(session.scalars(query.where(Campaign.launched_at < before).order_by(Campaign.id)))


def strays(session: Session) -> int:
    """Count the actions that wait in cancelled campaigns."""
    cancelled = select(Campaign.id).where(Campaign.state == CampaignState.CANCELLED.value)
    query = select(func.count()).select_from(Action).where(is_queued(), Action.campaign_id.in_(cancelled))
    return session.scalar(query) or 0


def completed_with_open_actions(session: Session) -> list[tuple[int, int]]:
    """Return (workspace, campaign) of completed campaigns in which something still waits: nobody would claim it."""
    query = select(Campaign.workspace_id, Campaign.id).where(
        Campaign.state == CampaignState.COMPLETED.value,
        exists().where(Action.campaign_id == Campaign.id, Action.state.in_(_OPEN)),
    )
    return [(row[0], row[1]) for row in session.execute(query.order_by(Campaign.id))]


def reopen(session: Session, now: datetime) -> int:
    """Bring those campaigns back to sending."""
    found = completed_with_open_actions(session)
    return sum(campaign_states.reopen(session, workspace, campaign, now=now) for workspace, campaign in found)


def behind_since(session: Session, before: datetime) -> int:
    """Count the Slack messages that should have been drawn before `before`."""
    late = [Notification.drawn_version < Notification.version, Notification.due_at < before]
    free = or_(Notification.lease_until.is_(None), Notification.lease_until < before)
    return session.scalar(select(func.count()).select_from(Notification).where(*late, free)) or 0


def system_mails_late(session: Session, before: datetime) -> int:
    """Count the mails to our own people that were due before `before`."""
    late = SystemMail.state.in_(["queued", "sending"]), SystemMail.due_at < before
    return session.scalar(select(func.count()).select_from(SystemMail).where(*late)) or 0


def contacted_unnoted(session: Session) -> int:
    """Count the customers who were sent something later than `last_contacted_at` says."""
    return session.scalar(select(func.count()).select_from(Customer).where(*_unnoted())) or 0


def note_contacted(session: Session) -> int:
    """Set `last_contacted_at` to when the last message was accepted, where it says less."""
    latest = select(func.max(Action.sent_at)).where(Action.customer_id == Customer.id).scalar_subquery()
    noted: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Customer)
        .where(*_unnoted())
        .values(last_contacted_at=latest)
        .execution_options(synchronize_session=False)
    )
    return noted.rowcount


def _unnoted() -> Sequence[ColumnElement[bool]]:
    # a receipt is noted in the transaction that keeps it, so that a second's difference is none
    later = exists().where(
        Action.customer_id == Customer.id,
        Action.state.in_([ActionState.SENT.value, ActionState.DELIVERED.value]),
        or_(Customer.last_contacted_at.is_(None), Action.sent_at > Customer.last_contacted_at),
    )
    return [later]


def words_are_whole(session: Session) -> bool:
    """Say whether the index of words finds what it should; PostgreSQL keeps its own whole."""
    if not is_sqlite(session):
        return True
    try:
        with session.begin_nested():
            session.execute(text(word_search.SQLITE_CHECK))
    except Exception as error:
        if "malformed" not in str(error):
            raise
        return False
    return True


def rebuild_words(session: Session) -> None:
    """Make SQLite's index of words anew."""
    if is_sqlite(session):
        session.execute(text(word_search.SQLITE_REBUILD))


GRACE = timedelta(minutes=2)
"""How long anything may wait for its turn before the doctor speaks of it."""
