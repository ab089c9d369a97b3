"""What people decide about actions: Send, Ignore, and Ignore undone. `storage.actions` offers these with the rest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.states import ActionEvent, ActionState, Reason
from storage import wakeups
from storage.models import Action, ActionHistory
from storage.transitions import Cause, ids_of, in_workspace, move, person


def send_manual(
    session: Session,
    workspace_id: int,
    ids: Collection[int],
    *,
    now: datetime,
    user_id: int,
    recipients: list[dict[str, Any]] | None = None,
) -> list[int]:
    """Queue manual actions because a person said so, due now, with `recipients` in place of the frozen ones if given.

    The Message-ID stays, so that a mail system that has an uncertain one already can recognise it. Who has paid since,
    or is left out for another reason that nobody put back, is skipped all the same; one that waited because of empty
    values goes out with them. The caller reopens a completed campaign.
    """
    changed: dict[str, Any] = {} if recipients is None else {"recipients": recipients}
    fresh = {"due_at": now, "attempts": 0, "handed_off_at": None, "unanswered": False, **changed}
    fresh |= {"decided_by": user_id, "decided_at": now}
    cause = Cause(Reason.DECIDED_SEND, now, person(user_id))
    moved = []
    for in_spite_of, some in _gapped(session, workspace_id, ids).items():
        agreed = [*in_spite_of, Reason.EMPTY_VALUE.value]
        moved += move(session, ActionEvent.SEND, in_workspace(workspace_id, some), cause, **fresh, in_spite_of=agreed)
    moved += move(session, ActionEvent.SEND, in_workspace(workspace_id, ids), cause, **fresh)
    if moved:
        wakeups.tell(session)
    return sorted(ids_of(moved))


def _gapped(session: Session, workspace_id: int, ids: Collection[int]) -> dict[tuple[str, ...], list[int]]:
    """Return those of the actions that wait because of empty values, by what else they go out in spite of."""
    query = select(Action.id, Action.in_spite_of).where(
        *in_workspace(workspace_id, ids),
        Action.state == ActionState.MANUAL.value,
        Action.reason == Reason.EMPTY_VALUE.value,
    )
    found: dict[tuple[str, ...], list[int]] = {}
    for action_id, in_spite_of in session.execute(query):
        found.setdefault(tuple(in_spite_of), []).append(action_id)
    return found


def ignore(session: Session, workspace_id: int, ids: Collection[int], *, now: datetime, user_id: int) -> list[int]:
    """Ignore manual actions because a person said so; the provider's words are kept."""
    decided = {"decided_by": user_id, "decided_at": now, "detail": Action.detail}
    cause = Cause(Reason.DECIDED_IGNORE, now, person(user_id))
    return ids_of(move(session, ActionEvent.IGNORE, in_workspace(workspace_id, ids), cause, **decided))


def undo_ignore(session: Session, workspace_id: int, ids: Collection[int], *, now: datetime, user_id: int) -> list[int]:
    """Make ignored actions manual again, with the reason they had before."""
    before = (
        select(ActionHistory.reason)
        .where(ActionHistory.action_id == Action.id, ActionHistory.to_state == ActionState.MANUAL.value)
        .where(ActionHistory.reason != Reason.IGNORE_UNDONE.value)
        .order_by(ActionHistory.id.desc())
        .limit(1)
        .correlate(Action)
        .scalar_subquery()
    )
    restored = {"reason": func.coalesce(before, Reason.IGNORE_UNDONE.value), "detail": Action.detail}
    cause = Cause(Reason.IGNORE_UNDONE, now, person(user_id))
    undecided = {"decided_by": None, "decided_at": None}
    where = in_workspace(workspace_id, ids)
    return ids_of(move(session, ActionEvent.UNDO_IGNORE, where, cause, **restored, **undecided))
