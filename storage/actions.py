"""The outbox: one named function for each transition of an action, and nothing else that writes its state.

Every function is a conditional UPDATE: it returns the ids that moved; an id that is missing was in another state, or
claimed by somebody else. The worker claims, hands off and settles under its claim token; people's decisions
(`storage.decisions`) and receipts name the workspace. None of them commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from bot.domain.states import ActionEvent, CampaignState, Reason
from storage.claims import Claimed as Claimed
from storage.claims import claim_due as claim_due
from storage.decisions import ignore as ignore
from storage.decisions import send_manual as send_manual
from storage.decisions import undo_ignore as undo_ignore
from storage.frozen import FrozenAction as FrozenAction
from storage.frozen import FrozenCampaign as FrozenCampaign
from storage.frozen import insert_frozen as insert_frozen
from storage.handoffs import Asked as Asked
from storage.handoffs import Envelope as Envelope
from storage.handoffs import Exchanged as Exchanged
from storage.handoffs import Held as Held
from storage.handoffs import exchange as exchange
from storage.handoffs import handed_off as handed_off
from storage.handoffs import settle_partly as settle_partly
from storage.models import Action, Campaign
from storage.outcomes import SentAction as SentAction
from storage.outcomes import bounce as bounce
from storage.outcomes import bounce_late as bounce_late
from storage.outcomes import bounce_partly as bounce_partly
from storage.outcomes import deliver as deliver
from storage.outcomes import send_unsent as send_unsent
from storage.outcomes import settle_late as settle_late
from storage.transitions import Cause, Moved, ids_of, is_queued, is_sending, move
from storage.transitions import person as person
from storage.transitions import worker as worker

CHUNK = 1_000
"""Rows of one IN list: SQLite takes 32,766 bound values in a statement."""

STRAYS = 2_000
"""Actions that are cancelled in one transaction: the others that write wait for a few tenths of a second."""

_MANUAL_EVENTS = {
    Reason.REJECTED: ActionEvent.REJECT,
    Reason.UNKNOWN: ActionEvent.REJECT,
    Reason.SENDER_UNVERIFIED: ActionEvent.REJECT,
    Reason.RENDER_FAILED: ActionEvent.REJECT,
    Reason.EMPTY_VALUE: ActionEvent.REJECT,
    Reason.RETRIES_EXHAUSTED: ActionEvent.EXHAUST,
    Reason.UNCERTAIN: ActionEvent.LOSE,
    Reason.NO_CONTACT: ActionEvent.NO_RECIPIENT,
    Reason.INVALID_ADDRESS: ActionEvent.NO_RECIPIENT,
    Reason.NOT_MOBILE: ActionEvent.NO_RECIPIENT,
    Reason.UNPRINTABLE: ActionEvent.NO_RECIPIENT,
    Reason.SUPPRESSED: ActionEvent.NO_RECIPIENT,
}


def release(
    session: Session,
    token: str,
    ids: Collection[int],
    *,
    now: datetime,
    actor: str,
    reason: Reason = Reason.STOPPED,
    detail: str | None = None,
    due_at: datetime | None = None,
) -> list[int]:
    """Put claimed actions that were not handed off back into the queue, due as they were unless `due_at` says when."""
    where = [*_held(token, ids), Action.handed_off_at.is_(None)]
    later = {} if due_at is None else {"due_at": due_at}
    moved = move(session, ActionEvent.RELEASE, where, Cause(reason, now, actor, detail), **later)
    return _requeued(session, moved, now, actor)


def release_uncalled(session: Session, token: str, ids: Collection[int], *, now: datetime, actor: str) -> list[int]:
    """Put handed-off actions back into the queue whose provider was certainly not called; no attempt is counted."""
    return _uncalled(session, _handed(token, ids), now, actor)


def release_denied(session: Session, token: str, ids: Collection[int], *, now: datetime, actor: str) -> list[int]:
    """Put claimed actions back that may not go out, and whose handoff may have been noted by a commit that was cut off.

    No call was made for them, so that is undone; it waits for what is left of that commit.
    """
    return _uncalled(session, _held(token, ids), now, actor)


def release_claims(session: Session, tokens: Collection[str], *, now: datetime, actor: str) -> list[int]:
    """Put back whatever was claimed under these tokens and not handed off: nobody knows of those claims any more."""
    where = [is_sending(), Action.claim_token.in_(list(tokens)), Action.handed_off_at.is_(None)]
    moved = move(session, ActionEvent.RELEASE, where, Cause(Reason.STOPPED, now, actor))
    return _requeued(session, moved, now, actor)


def settle_retry(
    session: Session,
    token: str,
    action_id: int,
    *,
    due_at: datetime,
    detail: str,
    unanswered: bool = False,
    now: datetime,
    actor: str,
) -> list[int]:
    """Queue an attempt again for `due_at`; `detail` holds the provider's words.

    It certainly did not go out, or it is `unanswered` and its channel takes a message only once.
    """
    cause = Cause(Reason.UNANSWERED if unanswered else Reason.TRANSIENT, now, actor, detail)
    again = {"due_at": due_at, "handed_off_at": None, "unanswered": unanswered}
    moved = move(session, ActionEvent.RETRY, _held(token, [action_id]), cause, **again)
    return _requeued(session, moved, now, actor)


def settle_manual(
    session: Session, token: str, action_id: int, *, reason: Reason, detail: str | None, now: datetime, actor: str
) -> list[int]:
    """Give an action to a person, with the reason; only an uncertain one keeps its handoff."""
    open_call: dict[str, Any] = {} if reason is Reason.UNCERTAIN else {"handed_off_at": None}
    cause = Cause(reason, now, actor, detail)
    return ids_of(move(session, _MANUAL_EVENTS[reason], _held(token, [action_id]), cause, **open_call))


def settle_skipped(
    session: Session, token: str, ids: Collection[int], *, reason: Reason, now: datetime, actor: str
) -> list[int]:
    """Settle what the recheck found not to be sent any more; nothing that was handed off is ever skipped."""
    where = [*_held(token, ids), Action.handed_off_at.is_(None)]
    return ids_of(move(session, ActionEvent.SKIP, where, Cause(reason, now, actor)))


def rescue_expired(
    session: Session, *, now: datetime, actor: str, repeatable: Collection[str] = ()
) -> tuple[list[int], list[int]]:
    """Free what dead workers held: (back in the queue, given to a person).

    A lease that ran out before handoff returns to the queue; after it, nobody knows whether the message went out, so a
    person decides. Channels that are `repeatable` take a message only once: there it is tried again.
    """
    over = [is_sending(), Action.lease_until < now]
    unsent = [*over, Action.handed_off_at.is_(None)]
    queued = move(session, ActionEvent.RELEASE, unsent, Cause(Reason.LEASE_EXPIRED, now, actor))
    handed, stopped = [*over, Action.handed_off_at.is_not(None)], "The worker stopped while it was handing this over."
    if repeatable:
        again = [*handed, Action.channel.in_(list(repeatable))]
        unanswered = Cause(Reason.UNANSWERED, now, actor, stopped)
        queued += move(session, ActionEvent.RETRY, again, unanswered, handed_off_at=None, unanswered=True)
    lost = move(session, ActionEvent.LOSE, handed, Cause(Reason.UNCERTAIN, now, actor, stopped))
    return _requeued(session, queued, now, actor), ids_of(lost)


def bring_forward(session: Session, workspace_id: int, campaign_id: int, *, now: datetime) -> None:
    """Let everything that waits in a campaign be due now; its state stays, so this is no transition."""
    session.execute(
        update(Action)
        .where(Action.workspace_id == workspace_id, Action.campaign_id == campaign_id, is_queued(), Action.due_at > now)
        .values(due_at=now, updated_at=now)
    )


def cancel_queued(session: Session, workspace_id: int, campaign_id: int, *, now: datetime, actor: str) -> list[int]:
    """Cancel what is still waiting in a campaign; what is being sent settles by itself."""
    return _cancel(session, [Action.workspace_id == workspace_id, Action.campaign_id == campaign_id], now, actor)


def count_queued(session: Session, workspace_id: int, campaign_id: int) -> int:
    """Count what is still waiting in a campaign."""
    waiting = Action.workspace_id == workspace_id, Action.campaign_id == campaign_id, is_queued()
    return session.scalar(select(func.count()).select_from(Action).where(*waiting)) or 0


def cancel_strays(
    session: Session, *, now: datetime, actor: str, since: datetime | None = None, limit: int = STRAYS
) -> list[int]:
    """Cancel up to `limit` of what waits in cancelled campaigns; with `since`, in those cancelled after it.

    It was too much for a person's click, or was claimed when they were cancelled, and came back to the queue.
    """
    cancelled = select(Campaign.id).where(Campaign.state == CampaignState.CANCELLED.value)
    if since is not None:
        cancelled = cancelled.where(Campaign.cancelled_at >= since)
    found = session.scalars(select(Action.id).where(is_queued(), Action.campaign_id.in_(cancelled)).limit(limit))
    ids = list(found)
    return _cancel(session, [Action.id.in_(ids)], now, actor) if ids else []


def _cancel(session: Session, where: Sequence[ColumnElement[bool]], now: datetime, actor: str) -> list[int]:
    """Cancel what waits; where an attempt had no answer, it may be out, and a person has to know."""
    doubtful = Cause(Reason.UNCERTAIN, now, actor, "The campaign was cancelled before an attempt had its answer.")
    move(session, ActionEvent.DOUBT, [*where, Action.unanswered.is_(True)], doubtful)
    return ids_of(move(session, ActionEvent.CANCEL, where, Cause(Reason.CAMPAIGN_CANCELLED, now, actor)))


def _uncalled(session: Session, where: Sequence[ColumnElement[bool]], now: datetime, actor: str) -> list[int]:
    """Queue again what no provider was called for, certainly: a handoff that was noted is undone, and not counted."""
    noted = case((Action.handed_off_at.is_not(None), 1), else_=0)
    unsent = {"handed_off_at": None, "attempts": Action.attempts - noted}
    moved = move(session, ActionEvent.RELEASE, where, Cause(Reason.STOPPED, now, actor), **unsent)
    return _requeued(session, moved, now, actor)


def _requeued(session: Session, moved: Sequence[Moved], now: datetime, actor: str) -> list[int]:
    if moved:
        cancel_strays(session, now=now, actor=actor)
    return ids_of(moved)


def _held(token: str, ids: Collection[int]) -> list[ColumnElement[bool]]:
    return [Action.id.in_(list(ids)), Action.claim_token == token]


def _handed(token: str, ids: Collection[int]) -> list[ColumnElement[bool]]:
    return [*_held(token, ids), Action.handed_off_at.is_not(None)]
