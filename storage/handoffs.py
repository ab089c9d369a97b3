"""Handing off and settling as sent: the two transitions that every message goes through, so they are written for speed.

Each is one statement for many rows, prepared once, as plain SQL: building the same expressions anew for every commit
costs more than the database takes to execute them. What they say is held against the table of transitions by the same
tests as everything else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, TextClause, bindparam, select, text
from sqlalchemy.orm import Session

from bot.domain.states import ActionEvent, ActionState, CampaignState, Reason
from storage import notifications
from storage.db import UtcDateTime
from storage.models import Action
from storage.outcomes import SentAction, keep_sent, note_contacted
from storage.transitions import Cause, Moved, move, record

_MOMENTS = ("now", "lease")


def _prepared(sql: str, *, expanding: str | None = None) -> TextClause:
    found = text(sql)
    moments = [bindparam(name, type_=UtcDateTime()) for name in _MOMENTS if f":{name}" in sql]
    lists: list[BindParameter[Any]] = [bindparam(expanding, expanding=True)] if expanding else []
    return found.bindparams(*moments, *lists)


_HAND_OFF = _prepared(
    f"""
    UPDATE actions SET handed_off_at = :now, attempts = attempts + 1, lease_until = :lease, updated_at = :now
    WHERE id IN :ids AND claim_token = :token AND state = '{ActionState.SENDING}' AND handed_off_at IS NULL
    AND campaign_id IN (SELECT id FROM campaigns WHERE state = '{CampaignState.SENDING}') RETURNING id
    """,  # noqa: S608
    expanding="ids",
)
_OPEN_CALLS = (
    select(Action.id, Action.workspace_id, Action.campaign_id)
    .where(Action.id.in_(bindparam("ids", expanding=True)), Action.claim_token == bindparam("token"))
    .where(Action.state == ActionState.SENDING.value, Action.handed_off_at.is_not(None))
    .with_for_update()
)
_ACCEPT = _prepared(
    f"""
    UPDATE actions SET state = '{ActionState.SENT}', reason = '{Reason.ACCEPTED}', detail = NULL, sent_at = :now,
    updated_at = :now, claim_token = NULL, claimed_by = NULL, lease_until = NULL, provider_id = :provider,
    sent_subject = :subject, sent_text = :text
    WHERE id = :id AND claim_token = :token AND state = '{ActionState.SENDING}' AND handed_off_at IS NOT NULL
    """  # noqa: S608
)
_KEEP_TEXT = text("UPDATE actions SET sent_text = :text WHERE id = :id AND claim_token = :token")


def hand_off(session: Session, token: str, ids: Collection[int], *, now: datetime, lease: timedelta) -> set[int]:
    """Note, just before the provider is called, that it will be; return the ids that may go out, each only once.

    What is missing was claimed by somebody else meanwhile, handed off before, or its campaign is no longer sending.
    The lease starts anew: it must outlast the longest call. The caller commits before it sends anything.
    """
    if not ids:
        return set()
    values = {"ids": sorted(ids), "token": token, "now": now, "lease": now + lease}
    return set(session.connection().execute(_HAND_OFF, values).scalars())


def keep_text(session: Session, token: str, texts: Mapping[int, str]) -> None:
    """Keep what is about to be handed over, so that the provider can be asked for it after a crash."""
    if texts:
        rows = [{"id": action_id, "token": token, "text": words} for action_id, words in texts.items()]
        session.connection().execute(_KEEP_TEXT, rows)


def handed_off(session: Session, token: str, ids: Collection[int]) -> set[int]:
    """Return those that are handed off under this token: for a worker whose commit was cut off without an answer."""
    return {row.id for row in _open_calls(session, token, ids)}


def settle_sent(session: Session, token: str, sent: Sequence[SentAction], *, now: datetime, actor: str) -> list[int]:
    """Settle what the provider accepted, with what was sent; its customers count as contacted now."""
    moved = _accept(session, token, [row for row in sent if not row.refused], now, actor)
    for row in [row for row in sent if row.refused]:
        handed = [Action.id == row.id, Action.claim_token == token, Action.handed_off_at.is_not(None)]
        cause = Cause(Reason.PARTLY_REFUSED, now, actor, row.refused)
        if move(session, ActionEvent.ACCEPT, handed, cause, sent_at=now):
            keep_sent(session, [row])
            moved.append(row.id)
    note_contacted(session, moved, now)
    return moved


def _accept(session: Session, token: str, sent: Sequence[SentAction], now: datetime, actor: str) -> list[int]:
    if not sent:
        return []
    moved = _open_calls(session, token, [row.id for row in sent])
    kept = {row.id: row for row in sent}
    if moved:
        rows = [{**kept[row.id].kept, "token": token, "now": now} for row in moved]
        session.connection().execute(_ACCEPT, rows)
    cause = Cause(Reason.ACCEPTED, now, actor)
    record(session, moved, ActionEvent.ACCEPT.value, ActionState.SENDING, ActionState.SENT, cause)
    notifications.touch(session, {row.campaign_id for row in moved}, at=now)
    return [row.id for row in moved]


def _open_calls(session: Session, token: str, ids: Collection[int]) -> list[Moved]:
    """Return those that are handed off under this token, locked, by id."""
    found = session.connection().execute(_OPEN_CALLS, {"ids": sorted(ids), "token": token})
    return sorted((Moved(*row) for row in found), key=lambda row: row.id)
