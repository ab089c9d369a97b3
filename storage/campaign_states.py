"""One named function for each transition of a launched campaign: a conditional UPDATE that says from which state.

Launching and discarding drafts, which have a version to check, are in storage.campaigns. Every change that the living
message shows touches it in the same transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, exists, literal, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from bot.domain.states import CAMPAIGN_TRANSITIONS, OPEN_ACTION_STATES, CampaignEvent, CampaignState, PauseReason
from storage import notifications, wakeups
from storage.by_dialect import ByDialect
from storage.db import UtcDateTime
from storage.models import Action, Campaign

_UNPAUSED: dict[str, Any] = {"pause_reason": None, "pause_detail": None}
_OPEN = [literal(state.value) for state in OPEN_ACTION_STATES]


def _due(_sqlite: bool) -> Executable:
    now = bindparam("now", type_=UtcDateTime())
    scheduled = Campaign.state == CampaignState.SCHEDULED.value
    waiting = exists().where(scheduled, Campaign.frozen_at.is_not(None), Campaign.starts_at <= now)
    return select(or_(waiting, exists().where(*_finished())))


def _finished() -> list[ColumnElement[bool]]:
    return [Campaign.state == CampaignState.SENDING.value, Campaign.frozen_at.is_not(None), ~_is_busy()]


def _is_busy() -> ColumnElement[bool]:
    return exists().where(Action.campaign_id == Campaign.id, Action.state.in_(_OPEN))


_DUE = ByDialect(_due)


def are_due(connection: Connection, *, now: datetime) -> bool:
    """Say whether time alone is to move any campaign: to start one or to pause it as missed, or to complete one."""
    return bool(_DUE.run(connection, now=now)[0][0])


def start_due(session: Session, *, now: datetime, not_before: datetime) -> list[int]:
    """Start the frozen campaigns whose time has come, unless it had come before `not_before` already."""
    due = [Campaign.frozen_at.is_not(None), Campaign.starts_at <= now, Campaign.starts_at >= not_before]
    return _move(session, CampaignEvent.START, due, now)


def pause_missed(session: Session, *, now: datetime, not_before: datetime) -> list[int]:
    """Pause the scheduled campaigns whose time came before `not_before`: nobody expects them any more."""
    scheduled = Campaign.state == CampaignState.SCHEDULED.value
    missed = [scheduled, Campaign.frozen_at.is_not(None), Campaign.starts_at < not_before]
    return _move(session, CampaignEvent.PAUSE, missed, now, pause_reason=PauseReason.MISSED_SCHEDULE.value)


def pause(
    session: Session,
    workspace_id: int,
    campaign_id: int,
    *,
    reason: PauseReason,
    now: datetime,
    detail: str | None = None,
) -> bool:
    """Pause a scheduled or sending campaign; what is being sent settles by itself."""
    one = _one(workspace_id, campaign_id)
    return bool(_move(session, CampaignEvent.PAUSE, one, now, pause_reason=reason.value, pause_detail=detail))


def resume(session: Session, workspace_id: int, campaign_id: int, *, now: datetime) -> bool:
    """Resume a paused campaign: to sending, or back to scheduled while its time is still to come.

    One whose time passed during the pause starts now.
    """
    one = _one(workspace_id, campaign_id)
    if _move(session, CampaignEvent.RESUME_LATER, [*one, Campaign.starts_at > now], now, **_UNPAUSED):
        return True
    # not frozen yet: it starts once it is, and its old time must not count as missed again
    unfrozen = [*one, Campaign.frozen_at.is_(None)]
    if _move(session, CampaignEvent.RESUME_LATER, unfrozen, now, starts_at=now, **_UNPAUSED):
        return True
    return bool(_move(session, CampaignEvent.RESUME, one, now, starts_at=now, **_UNPAUSED))


def cancel(session: Session, workspace_id: int, campaign_id: int, *, now: datetime) -> bool:
    """Cancel a scheduled, sending or paused campaign; its queued actions are storage.actions' business."""
    one = _one(workspace_id, campaign_id)
    return bool(_move(session, CampaignEvent.CANCEL, one, now, cancelled_at=now, **_UNPAUSED))


def bring_forward(session: Session, workspace_id: int, campaign_id: int, *, now: datetime) -> bool:
    """Let a scheduled campaign start now instead of later; its state stays, so this is no transition."""
    later = [
        *_one(workspace_id, campaign_id),
        Campaign.state == CampaignState.SCHEDULED.value,
        Campaign.starts_at > now,
    ]
    statement = update(Campaign).where(*later).values(starts_at=now, updated_at=now).returning(Campaign.id)
    moved = list(session.scalars(statement.execution_options(synchronize_session=False)))
    notifications.touch(session, moved, at_once=now)
    return bool(moved)


def undo(session: Session, workspace_id: int, campaign_id: int, *, now: datetime) -> bool:
    """Cancel a campaign that has not started: nothing of it went out."""
    unstarted = [*_one(workspace_id, campaign_id), Campaign.state == CampaignState.SCHEDULED.value]
    return bool(_move(session, CampaignEvent.CANCEL, unstarted, now, cancelled_at=now))


def complete_finished(session: Session, *, now: datetime) -> list[int]:
    """Complete the sending campaigns of which no action is queued or being sent.

    The rows are locked before they are looked at again: a person's Send locks its campaign too (see `lock`), so that
    no action is queued in a campaign that completes at the same moment and would never be claimed.
    """
    locked = session.scalars(select(Campaign.id).where(*_finished()).with_for_update(skip_locked=True)).all()
    if not locked:
        return []
    return _move(session, CampaignEvent.COMPLETE, [Campaign.id.in_(locked), ~_is_busy()], now, completed_at=now)


def lock(session: Session, workspace_id: int, campaign_id: int) -> CampaignState | None:
    """Keep a campaign's state as it is until the transaction ends, and return it."""
    query = select(Campaign.state).where(*_one(workspace_id, campaign_id)).with_for_update()
    state = session.scalar(query)
    return CampaignState(state) if state else None


def reopen(session: Session, workspace_id: int, campaign_id: int, *, now: datetime) -> bool:
    """Bring a completed campaign back to sending, because a person sent one of its actions again."""
    return bool(_move(session, CampaignEvent.REOPEN, _one(workspace_id, campaign_id), now))


def _one(workspace_id: int, campaign_id: int) -> list[ColumnElement[bool]]:
    return [Campaign.workspace_id == workspace_id, Campaign.id == campaign_id]


def _move(
    session: Session,
    event: CampaignEvent,
    where: list[ColumnElement[bool]],
    now: datetime,
    **values: Any,
) -> list[int]:
    """Move the rows that the table lets `event` move, and return their ids, in order."""
    table = {start: end for (start, what), end in CAMPAIGN_TRANSITIONS.items() if what is event}
    (end,) = set(table.values())
    statement = (
        update(Campaign)
        .where(Campaign.state.in_([state.value for state in table]), *where)
        .values(state=end.value, updated_at=now, **values)
        .returning(Campaign.id)
        .execution_options(synchronize_session=False)
    )
    moved = sorted(session.scalars(statement))
    notifications.touch(session, moved, at_once=now)
    if moved and end is CampaignState.SENDING:
        wakeups.tell(session)
    return moved


def next_start(session: Session) -> datetime | None:
    """Return when the next scheduled campaign is to start."""
    query = select(Campaign.starts_at).where(Campaign.state == CampaignState.SCHEDULED.value)
    return session.scalar(query.order_by(Campaign.starts_at).limit(1))
