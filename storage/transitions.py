"""The one way an action changes state: a conditional UPDATE, a row of history for each, the campaign's message touched.

`storage.actions` has one named function a transition; they are all made of `move`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, bindparam, insert, literal_column, select, update
from sqlalchemy.orm import Session

from bot.domain.states import ACTION_TRANSITIONS, ActionEvent, ActionState, Reason
from storage import notifications
from storage.by_dialect import ByDialect, among
from storage.db import UtcDateTime
from storage.models import Action, ActionHistory

FROM_TO = {event: (before, after) for (before, event), after in ACTION_TRANSITIONS.items()}
"""Each event leads from one state to one state; the table of transitions is the source."""

_UNCLAIMED: dict[str, Any] = {"claim_token": None, "claimed_by": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why and when a row moves, and who or what moves it: `user:<id>` or `worker:<name>`."""

    reason: Reason
    at: datetime
    actor: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A row that moved."""

    id: int
    campaign_id: int


def _recording(sqlite: bool) -> Executable:
    told = ("event", "from_state", "to_state", "reason", "detail", "actor")
    values: list[ColumnElement[Any]] = [bindparam("at", type_=UtcDateTime()), *(bindparam(name) for name in told)]
    rows = select(Action.workspace_id, Action.id, *values)
    columns = ["workspace_id", "action_id", "at", *told]
    written = insert(ActionHistory.__table__)  # type: ignore[arg-type]
    return written.from_select(columns, rows.where(among(Action.id, sqlite)))


_RECORD = ByDialect(_recording)


def move(
    session: Session, event: ActionEvent, where: Sequence[ColumnElement[bool]], cause: Cause, **values: Any
) -> list[Moved]:
    """Move the rows that are in the event's state and satisfy `where`; return those that moved, by id.

    Rows in any other state are left untouched, so a second call returns nothing. `values` are further columns to set;
    they win over the ones set here.
    """
    before, after = FROM_TO[event]
    changes: dict[str, Any] = {"state": after, "reason": cause.reason, "detail": cause.detail, "updated_at": cause.at}
    if before is ActionState.SENDING:
        changes |= _UNCLAIMED
    statement = (
        update(Action.__table__)  # type: ignore[arg-type]
        .where(Action.state == before.value, *where)
        .values({**changes, **values})
        .returning(Action.id, Action.campaign_id)
    )
    # the table, not the model: what the session has loaded is not looked through for each row that moves
    moved = sorted((Moved(*row) for row in session.connection().execute(statement)), key=lambda row: row.id)
    record(session, moved, event.value, before, after, cause)
    awaited = cause.at if cause.actor.startswith("user:") else None
    notifications.touch(session, {row.campaign_id for row in moved}, at_once=awaited)
    return moved


def record(
    within: Session | Connection,
    moved: Sequence[Moved],
    event: str,
    before: ActionState | None,
    after: ActionState,
    cause: Cause,
) -> None:
    """Write one row of history for each of `moved`; `before` is None for rows that were just made."""
    if not moved:
        return
    _RECORD.run(
        within,
        ids=[row.id for row in moved],
        at=cause.at,
        event=event,
        from_state=before,
        to_state=after,
        reason=cause.reason,
        detail=cause.detail,
        actor=cause.actor[:100],
    )


def is_queued() -> ColumnElement[bool]:
    """Return the condition of the index `ix_actions_due`, word for word: a bound value would not be recognised."""
    return Action.state == literal_column("'queued'")


def is_sending() -> ColumnElement[bool]:
    """Return the condition of the index `ix_actions_lease`, word for word."""
    return Action.state == literal_column("'sending'")


def worker(name: str) -> str:
    """Return how a worker signs history."""
    return f"worker:{name}"


def person(user_id: int) -> str:
    """Return how a user signs history."""
    return f"user:{user_id}"


def in_workspace(workspace_id: int, ids: Collection[int]) -> list[ColumnElement[bool]]:
    """Return the condition that narrows to these actions of one workspace."""
    return [Action.workspace_id == workspace_id, Action.id.in_(list(ids))]


def ids_of(moved: Sequence[Moved]) -> list[int]:
    """Return the ids of what moved."""
    return [row.id for row in moved]
