"""Handing off and settling as sent: the two transitions that every message goes through, so they are written for speed.

Each is one statement for many rows, prepared once, with the rows in one parameter: building expressions and binding
each row anew for every commit costs more than the database takes to execute them. What they say is held against the
table of transitions by the same tests as everything else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Executable, bindparam, select, text, update
from sqlalchemy.orm import Session

from bot.domain.states import ActionEvent, ActionState, CampaignState, Reason
from storage import notifications
from storage.by_dialect import Answer, ByDialect, among
from storage.db import UtcDateTime
from storage.models import Action, Campaign
from storage.outcomes import SentAction, keep_sent, note_contacted
from storage.transitions import Cause, Moved, move, record

Envelope = tuple[int, int, str, str]
"""An action, its workspace and channel, and one of the addresses it goes to, folded."""
_ACTIONS = Action.__table__
_NOW, _LEASE = bindparam("now", type_=UtcDateTime()), bindparam("lease", type_=UtcDateTime())
_TOKEN = _ACTIONS.c.claim_token == bindparam("token")
_SENDING = _ACTIONS.c.state == ActionState.SENDING.value


# the actions with an address that must not be contacted, given as rows of action, workspace, channel and address
_CLOSED = {
    True: "SELECT json_extract(value, '$[0]') FROM json_each(:to) JOIN suppressions AS s ON "
    "s.workspace_id = json_extract(value, '$[1]') AND s.channel = json_extract(value, '$[2]') "
    "AND s.address = json_extract(value, '$[3]')",
    False: "SELECT CAST(value ->> 0 AS bigint) FROM json_array_elements(CAST(:to AS json)) JOIN suppressions AS s ON "
    "s.workspace_id = CAST(value ->> 1 AS bigint) AND s.channel = value ->> 2 AND s.address = value ->> 3",
}

# what is kept of each accepted message, given as rows of action, provider's id, subject and text
_KEPT = {
    True: "SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS provider, "
    "json_extract(value, '$[2]') AS subject, json_extract(value, '$[3]') AS words FROM json_each(:rows)",
    False: "SELECT CAST(value ->> 0 AS bigint) AS id, value ->> 1 AS provider, value ->> 2 AS subject, "
    "value ->> 3 AS words FROM json_array_elements(CAST(:rows AS json))",
}


def _handing_off(sqlite: bool) -> Executable:
    sending = select(Campaign.id).where(Campaign.state == CampaignState.SENDING.value)
    return (
        update(_ACTIONS)  # type: ignore[arg-type]
        .where(among(_ACTIONS.c.id, sqlite), _TOKEN, _SENDING, _ACTIONS.c.handed_off_at.is_(None))
        .where(_ACTIONS.c.campaign_id.in_(sending), text(f"actions.id NOT IN ({_CLOSED[sqlite]})"))
        .values(handed_off_at=_NOW, attempts=_ACTIONS.c.attempts + 1, lease_until=_LEASE, updated_at=_NOW)
        .returning(_ACTIONS.c.id)
    )


def _holding_on(sqlite: bool) -> Executable:
    open_call = _ACTIONS.c.handed_off_at.is_not(None)
    held = update(_ACTIONS).where(among(_ACTIONS.c.id, sqlite), _TOKEN, _SENDING, open_call)  # type: ignore[arg-type]
    return held.values(lease_until=_LEASE).returning(_ACTIONS.c.id)


def _accepting(sqlite: bool) -> Executable:
    moved = f"""
        UPDATE actions SET state = '{ActionState.SENT}', reason = '{Reason.ACCEPTED}', detail = NULL, sent_at = :now,
        updated_at = :now, claim_token = NULL, claimed_by = NULL, lease_until = NULL, provider_id = kept.provider,
        sent_subject = kept.subject, sent_text = kept.words FROM ({_KEPT[sqlite]}) AS kept
        WHERE actions.id = kept.id AND claim_token = :token AND state = '{ActionState.SENDING}'
        AND handed_off_at IS NOT NULL RETURNING actions.id, workspace_id, campaign_id
        """  # noqa: S608
    return text(moved if sqlite else f"WITH moved AS ({moved}, customer_id), {_NOTED} SELECT * FROM moved")  # noqa: S608


# on PostgreSQL in the same statement: each one more is a way to the server and back
_NOTED = f"""
    told AS (
        INSERT INTO action_history (workspace_id, action_id, at, event, from_state, to_state, reason, actor)
        SELECT workspace_id, id, :now, '{ActionEvent.ACCEPT}', '{ActionState.SENDING}', '{ActionState.SENT}',
        '{Reason.ACCEPTED}', :actor FROM moved
    ), met AS (
        UPDATE customers SET last_contacted_at = :now FROM moved WHERE customers.id = moved.customer_id
        AND (last_contacted_at IS NULL OR last_contacted_at < :now)
    )"""  # noqa: S608


_HAND_OFF, _HOLD_ON = ByDialect(_handing_off), ByDialect(_holding_on)
_ACCEPT = ByDialect(_accepting)
_KEEP_TEXT = text("UPDATE actions SET sent_text = :text WHERE id = :id AND claim_token = :token")


def hand_off(
    session: Session, token: str, ids: Collection[int], *, to: Iterable[Envelope] = (), now: datetime, lease: timedelta
) -> set[int]:
    """Note, just before the provider is called, that it will be; return the ids that may go out, each only once.

    What is missing was claimed by somebody else meanwhile, handed off before, its campaign is no longer sending, or one
    of its addresses in `to` must not be contacted any more. The lease starts anew: it must outlast the longest call.
    The caller commits before it sends anything.
    """
    return ask_hand_off(session, token, ids, to=to, now=now, lease=lease)()


def ask_hand_off(
    session: Session, token: str, ids: Collection[int], *, to: Iterable[Envelope] = (), now: datetime, lease: timedelta
) -> Answer[set[int]]:
    """Ask for the same, and return what gives the ids: see `storage.by_dialect.together`."""
    if not ids:
        return set
    values = {"ids": ids, "token": token, "to": json.dumps(list(to)), "now": now, "lease": now + lease}
    found = _HAND_OFF.ask(session, **values)
    return lambda: {row[0] for row in found()}


def keep_text(session: Session, token: str, texts: Mapping[int, str]) -> None:
    """Keep what is about to be handed over, so that the provider can be asked for it after a crash."""
    if texts:
        rows = [{"id": action_id, "token": token, "text": words} for action_id, words in texts.items()]
        session.connection().execute(_KEEP_TEXT, rows)


def handed_off(session: Session, token: str, ids: Collection[int], *, now: datetime, lease: timedelta) -> set[int]:
    """Return those that are handed off under this token: for a worker whose commit was cut off without an answer.

    Their lease starts anew, as at the handoff: the calls have yet to begin.
    """
    return {row[0] for row in _HOLD_ON.run(session, ids=ids, token=token, lease=now + lease)}


def settle_sent(session: Session, token: str, sent: Sequence[SentAction], *, now: datetime, actor: str) -> list[int]:
    """Settle what the provider accepted, with what was sent; its customers count as contacted now."""
    return ask_settle_sent(session, token, sent, now=now, actor=actor)()


def ask_settle_sent(
    session: Session, token: str, sent: Sequence[SentAction], *, now: datetime, actor: str
) -> Answer[list[int]]:
    """Ask for the same, and return what gives the ids: see `storage.by_dialect.together`. Uncalled, it is half done."""
    whole = [row for row in sent if not row.refused]
    rows = json.dumps([[row.id, row.provider_id[:255], row.subject, row.text] for row in whole])
    values = {"rows": rows, "token": token, "now": now, "actor": actor[:100]}
    found = _ACCEPT.ask(session, **values) if whole else list

    def settled() -> list[int]:
        moved = [Moved(action_id, campaign_id) for action_id, _, campaign_id, *_ in found()]
        _tell_accepted(session, moved, now, actor)
        partly = [row.id for row in sent if row.refused and _accept_partly(session, token, row, now, actor)]
        return [*(row.id for row in moved), *partly]

    return settled


def _tell_accepted(session: Session, moved: Sequence[Moved], now: datetime, actor: str) -> None:
    if session.get_bind().dialect.name == "sqlite":
        cause = Cause(Reason.ACCEPTED, now, actor)
        record(session, moved, ActionEvent.ACCEPT.value, ActionState.SENDING, ActionState.SENT, cause)
        note_contacted(session, [row.id for row in moved], now)
    notifications.touch(session, {row.campaign_id for row in moved})


def _accept_partly(session: Session, token: str, sent: SentAction, now: datetime, actor: str) -> bool:
    handed = [Action.id == sent.id, Action.claim_token == token, Action.handed_off_at.is_not(None)]
    cause = Cause(Reason.PARTLY_REFUSED, now, actor, sent.refused)
    if not move(session, ActionEvent.ACCEPT, handed, cause, sent_at=now):
        return False
    keep_sent(session, [sent])
    note_contacted(session, [sent.id], now)
    return True
