"""Handing off and settling as sent: the two transitions that every message goes through, so they are written for speed.

Each is one statement for many rows, prepared once, with the rows in one parameter: building expressions and binding
each row anew for every commit costs more than the database takes to execute them. What they say is held against the
table of transitions by the same tests as everything else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Executable, bindparam, select, text, update
from sqlalchemy.orm import Session

from bot.domain.states import ActionEvent, ActionState, CampaignState, Reason
from storage import notifications
from storage.by_dialect import ByDialect, among
from storage.db import UtcDateTime
from storage.models import Action, Campaign
from storage.outcomes import SentAction, keep_sent, note_contacted
from storage.transitions import Cause, Moved, move, record

_ACTIONS = Action.__table__
_NOW, _LEASE = bindparam("now", type_=UtcDateTime()), bindparam("lease", type_=UtcDateTime())
_TOKEN = _ACTIONS.c.claim_token == bindparam("token")
_SENDING = _ACTIONS.c.state == ActionState.SENDING.value


def _handing_off(sqlite: bool) -> Executable:
    sending = select(Campaign.id).where(Campaign.state == CampaignState.SENDING.value)
    return (
        update(_ACTIONS)  # type: ignore[arg-type]
        .where(among(_ACTIONS.c.id, sqlite), _TOKEN, _SENDING, _ACTIONS.c.handed_off_at.is_(None))
        .where(_ACTIONS.c.campaign_id.in_(sending))
        .values(handed_off_at=_NOW, attempts=_ACTIONS.c.attempts + 1, lease_until=_LEASE, updated_at=_NOW)
        .returning(_ACTIONS.c.id)
    )


def _open_calls(sqlite: bool) -> Executable:
    return select(_ACTIONS.c.id).where(
        among(_ACTIONS.c.id, sqlite), _TOKEN, _SENDING, _ACTIONS.c.handed_off_at.is_not(None)
    )


def _accepting(sqlite: bool) -> Executable:
    kept = (
        "(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS provider, "
        "json_extract(value, '$[2]') AS subject, json_extract(value, '$[3]') AS words FROM json_each(:rows))"
        if sqlite
        else "(SELECT CAST(value ->> 0 AS bigint) AS id, value ->> 1 AS provider, value ->> 2 AS subject, "
        "value ->> 3 AS words FROM json_array_elements(CAST(:rows AS json)))"
    )
    found = text(
        f"""
        UPDATE actions SET state = '{ActionState.SENT}', reason = '{Reason.ACCEPTED}', detail = NULL, sent_at = :now,
        updated_at = :now, claim_token = NULL, claimed_by = NULL, lease_until = NULL, provider_id = kept.provider,
        sent_subject = kept.subject, sent_text = kept.words FROM {kept} AS kept
        WHERE actions.id = kept.id AND claim_token = :token AND state = '{ActionState.SENDING}'
        AND handed_off_at IS NOT NULL RETURNING actions.id, workspace_id, campaign_id
        """  # noqa: S608
    )
    return found.bindparams(bindparam("now", type_=UtcDateTime()))


_HAND_OFF, _OPEN_CALLS = ByDialect(_handing_off), ByDialect(_open_calls)
_ACCEPT = ByDialect(_accepting)
_KEEP_TEXT = text("UPDATE actions SET sent_text = :text WHERE id = :id AND claim_token = :token")


def hand_off(session: Session, token: str, ids: Collection[int], *, now: datetime, lease: timedelta) -> set[int]:
    """Note, just before the provider is called, that it will be; return the ids that may go out, each only once.

    What is missing was claimed by somebody else meanwhile, handed off before, or its campaign is no longer sending.
    The lease starts anew: it must outlast the longest call. The caller commits before it sends anything.
    """
    if not ids:
        return set()
    return {row[0] for row in _HAND_OFF.run(session, ids=ids, token=token, now=now, lease=now + lease)}


def keep_text(session: Session, token: str, texts: Mapping[int, str]) -> None:
    """Keep what is about to be handed over, so that the provider can be asked for it after a crash."""
    if texts:
        rows = [{"id": action_id, "token": token, "text": words} for action_id, words in texts.items()]
        session.connection().execute(_KEEP_TEXT, rows)


def handed_off(session: Session, token: str, ids: Collection[int]) -> set[int]:
    """Return those that are handed off under this token: for a worker whose commit was cut off without an answer."""
    return {row[0] for row in _OPEN_CALLS.run(session, ids=ids, token=token)}


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
    rows = json.dumps([[row.id, row.provider_id[:255], row.subject, row.text] for row in sent])
    moved = [Moved(*row) for row in _ACCEPT.run(session, rows=rows, token=token, now=now)]
    cause = Cause(Reason.ACCEPTED, now, actor)
    record(session, moved, ActionEvent.ACCEPT.value, ActionState.SENDING, ActionState.SENT, cause)
    notifications.touch(session, {row.campaign_id for row in moved}, at=now)
    return [row.id for row in moved]
