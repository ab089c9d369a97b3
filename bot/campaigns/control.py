"""Undo, send now, pause, resume, cancel: what a creator (or an admin) can still do with a campaign that was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.campaigns.drafts import copy_of
from bot.domain.access import Caller, may_decide
from bot.domain.states import CampaignState, PauseReason
from bot.errors import NotAllowed, NotFound
from storage import actions, campaign_states
from storage import campaigns as campaign_rows
from storage.db import Database
from storage.models import Campaign
from storage.transitions import person


@dataclass(frozen=True, slots=True)
class ControlResult:
    """What stands now: `changed` says whether this very call did it; `text` tells the person; `draft_id` after Undo."""

    state: CampaignState
    changed: bool
    text: str
    draft_id: int | None = None


def undo(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> ControlResult:
    """Take a campaign back before anything of it went out; what was written stays as a draft of its creator.

    Once it is sending, nothing is changed and the text says what can still be done.
    """
    now = now or db.now()
    with db.write() as session:
        row = _mine(session, caller, campaign_id)
        if not campaign_states.undo(session, caller.workspace_id, row.id, now=now):
            return _unchanged(session, row, "It is too late for Undo")
        _stop(session, caller, row, now)
        draft_id = copy_of(session, row, now)
        text = "Undone: nothing was sent. The draft is kept: /campaign opens it."
        return ControlResult(CampaignState.CANCELLED, True, text, draft_id)


def send_now(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> ControlResult:
    """Start a campaign that was scheduled for later; a second call says that it is on its way."""
    now = now or db.now()
    with db.write() as session:
        row = _mine(session, caller, campaign_id)
        if not campaign_states.bring_forward(session, caller.workspace_id, row.id, now=now):
            return _unchanged(session, row, "It does not wait for a time any more")
        actions.bring_forward(session, caller.workspace_id, row.id, now=now)
        return ControlResult(CampaignState.SCHEDULED, True, "It goes out now.")


def pause(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> ControlResult:
    """Stop a campaign until it is resumed; messages that are being handed over right now still go out."""
    now = now or db.now()
    with db.write() as session:
        row = _mine(session, caller, campaign_id)
        done = campaign_states.pause(session, caller.workspace_id, row.id, reason=PauseReason.BY_PERSON, now=now)
        if not done:
            return _unchanged(session, row, "It can't be paused")
        return ControlResult(CampaignState.PAUSED, True, "Paused. Nothing more goes out until you resume it.")


def resume(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> ControlResult:
    """Let a paused campaign go on; one whose time passed meanwhile starts now."""
    now = now or db.now()
    with db.write() as session:
        row = _mine(session, caller, campaign_id)
        if not campaign_states.resume(session, caller.workspace_id, row.id, now=now):
            return _unchanged(session, row, "It can't be resumed")
        session.refresh(row)
        return ControlResult(CampaignState(row.state), True, "Resumed.")


def cancel(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> ControlResult:
    """End a campaign for good: what waits is cancelled, what went out stays sent."""
    now = now or db.now()
    with db.write() as session:
        row = _mine(session, caller, campaign_id)
        if not campaign_states.cancel(session, caller.workspace_id, row.id, now=now):
            return _unchanged(session, row, "It can't be cancelled")
        stopped = _stop(session, caller, row, now)
        return ControlResult(CampaignState.CANCELLED, True, f"Cancelled. Not sent any more: {stopped:,}.")


def _stop(session: Session, caller: Caller, row: Campaign, now: datetime) -> int:
    """Cancel what waits in a cancelled campaign and return how many; many are left to the workers.

    Nobody claims from a cancelled campaign, so that none of them goes out meanwhile (see bot.dispatch.rescue).
    """
    waiting = actions.count_queued(session, caller.workspace_id, row.id)
    if waiting > actions.STRAYS:
        return waiting
    actor = person(caller.user_id)
    return len(actions.cancel_queued(session, caller.workspace_id, row.id, now=now, actor=actor))


def _mine(session: Session, caller: Caller, campaign_id: int) -> Campaign:
    row = campaign_rows.launched(session, caller.workspace_id, campaign_id)
    if row is None:
        raise NotFound("This campaign is no longer there.")
    if not may_decide(caller, row.creator_id):
        raise NotAllowed("Only the campaign's creator or an admin can do this.")
    return row


_NOW = {
    CampaignState.SCHEDULED: "it is scheduled",
    CampaignState.SENDING: "it is being sent; you can pause or cancel it",
    CampaignState.PAUSED: "it is paused",
    CampaignState.COMPLETED: "it is completed",
    CampaignState.CANCELLED: "it is cancelled",
}


def _unchanged(session: Session, row: Campaign, what: str) -> ControlResult:
    session.refresh(row)
    state = CampaignState(row.state)
    return ControlResult(state, False, f"{what}: {_NOW[state]}.")
