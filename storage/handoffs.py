"""Handing off and settling as sent: the two transitions that every message goes through, so they are written for speed.

Both are one step of the engine (`exchange`), whose words are made once, with all rows in one parameter: building
expressions and binding each row anew for every commit costs more than the database takes to execute them. What they say
is held against the table of transitions by the same tests as everything else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Executable, bindparam, text, update
from sqlalchemy.orm import Session

from bot.domain.states import ActionEvent, ActionState, CampaignState, Reason
from storage.by_dialect import ByDialect, among, is_sqlite
from storage.db import UtcDateTime
from storage.models import Action
from storage.outcomes import SentAction, keep_sent, note_contacted
from storage.transitions import Cause, Moved, move, record

Envelope = tuple[int, int, str, str]
"""An action, its workspace and channel, and one of the addresses it goes to, folded."""
Held = tuple[str, int]
"""A claim: its token and the action. One worker may hold an old and a new claim on the same action."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim whose message is ready to go out: to whom, and its words where they are to be kept before it does."""

    held: Held
    to: Sequence[Envelope] = ()
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What an exchange came to: the actions that were settled, and the claims that may go out."""

    settled: frozenset[int]
    granted: frozenset[Held]


# the actions with an address that must not be contacted, given as rows of action, workspace, channel and address
_CLOSED = {
    True: "SELECT json_extract(value, '$[0]') FROM json_each(:to) JOIN suppressions AS s ON "
    "s.workspace_id = json_extract(value, '$[1]') AND s.channel = json_extract(value, '$[2]') "
    "AND s.address = json_extract(value, '$[3]')",
    False: "SELECT CAST(value ->> 0 AS bigint) FROM json_array_elements(CAST(:to AS json)) JOIN suppressions AS s ON "
    "s.workspace_id = CAST(value ->> 1 AS bigint) AND s.channel = value ->> 2 AND s.address = value ->> 3",
}

# what is kept of each accepted message, given as rows of claim token, action, provider's id, subject and text
_KEPT = {
    True: "SELECT json_extract(value, '$[0]') AS token, json_extract(value, '$[1]') AS id, "
    "json_extract(value, '$[2]') AS provider, json_extract(value, '$[3]') AS subject, "
    "json_extract(value, '$[4]') AS words FROM json_each(:accepted)",
    False: "SELECT value ->> 0 AS token, CAST(value ->> 1 AS bigint) AS id, value ->> 2 AS provider, "
    "value ->> 3 AS subject, value ->> 4 AS words FROM json_array_elements(CAST(:accepted AS json))",
}

# who asks, given as rows of claim token, action and the words to be kept
_ASKED = {
    True: "SELECT json_extract(value, '$[0]') AS token, json_extract(value, '$[1]') AS id, "
    "json_extract(value, '$[2]') AS words FROM json_each(:asked)",
    False: "SELECT value ->> 0 AS token, CAST(value ->> 1 AS bigint) AS id, value ->> 2 AS words "
    "FROM json_array_elements(CAST(:asked AS json))",
}


def _held_by(row: str, sqlite: bool) -> str:
    """Return the condition that an action is in the worker's hands under the claim of `row`.

    PostgreSQL is to find it by its id: by what it counted before the campaign began it expects next to nothing to be in
    anybody's hands, and would look through all that is. Source: the predicate of a partial index must be met word for
    word, https://www.postgresql.org/docs/current/indexes-partial.html
    """
    ids, state = ("", "state") if sqlite else (f"actions.id = ANY(CAST(:{row}_ids AS bigint[])) AND ", "state || ''")
    return f"{ids}actions.id = {row}.id AND claim_token = {row}.token AND {state} = '{ActionState.SENDING}'"


def _accepting(sqlite: bool) -> str:
    return f"""
        UPDATE actions SET state = '{ActionState.SENT}', reason = '{Reason.ACCEPTED}', detail = NULL, sent_at = :now,
        updated_at = :now, claim_token = NULL, claimed_by = NULL, lease_until = NULL, provider_id = kept.provider,
        sent_subject = kept.subject, sent_text = kept.words FROM ({_KEPT[sqlite]}) AS kept
        WHERE {_held_by("kept", sqlite)} AND handed_off_at IS NOT NULL
        RETURNING actions.id, actions.campaign_id"""  # noqa: S608


def _may_go(sqlite: bool) -> str:
    """Return the last gate: that the campaign is sending, and no address in `:to` must not be contacted.

    The state of its own campaign alone: else PostgreSQL begins with the campaigns, and looks through their actions.
    """
    state = "(SELECT c.state FROM campaigns AS c WHERE c.id = actions.campaign_id)"
    return f"{state} = '{CampaignState.SENDING}' AND actions.id NOT IN ({_CLOSED[sqlite]})"


def _handing_off(sqlite: bool) -> str:
    return f"""
        UPDATE actions SET handed_off_at = :now, attempts = attempts + 1, lease_until = :lease, updated_at = :now,
        sent_text = coalesce(asked.words, sent_text) FROM ({_ASKED[sqlite]}) AS asked
        WHERE {_held_by("asked", sqlite)} AND handed_off_at IS NULL AND {_may_go(sqlite)}
        RETURNING actions.id, actions.claim_token"""  # noqa: S608


# PostgreSQL does all of it in one statement: each one more is a way to the server and back
_WHOLE = text(f"""
    WITH moved AS ({_accepting(False)}, actions.workspace_id, actions.customer_id
    ), told AS (
        INSERT INTO action_history (workspace_id, action_id, at, event, from_state, to_state, reason, actor)
        SELECT workspace_id, id, :now, '{ActionEvent.ACCEPT}', '{ActionState.SENDING}', '{ActionState.SENT}',
        '{Reason.ACCEPTED}', :actor FROM moved
    ), met AS (
        UPDATE customers SET last_contacted_at = :now FROM moved WHERE customers.id = moved.customer_id
        AND (last_contacted_at IS NULL OR last_contacted_at < :now)
    ), handed AS ({_handing_off(False)})
    SELECT id, NULL FROM moved UNION ALL SELECT id, claim_token FROM handed
    """)  # noqa: S608


def _holding_on(sqlite: bool) -> Executable:
    table = Action.__table__
    held = [among(table.c.id, sqlite), table.c.claim_token == bindparam("token"), table.c.handed_off_at.is_not(None)]
    sending = table.c.state == ActionState.SENDING.value
    held_on = update(table).where(*held, sending, text(_may_go(sqlite)))  # type: ignore[arg-type]
    return held_on.values(lease_until=bindparam("lease", type_=UtcDateTime())).returning(table.c.id)


_EXCHANGE, _HOLD_ON = ByDialect(lambda _: _WHOLE), ByDialect(_holding_on)
_ACCEPT, _HAND_OFF = ByDialect(lambda _: text(_accepting(True))), ByDialect(lambda _: text(_handing_off(True)))


def exchange(
    within: Session | Connection,
    accepted: Sequence[tuple[str, SentAction]],
    asked: Sequence[Asked],
    *,
    now: datetime,
    lease: timedelta,
    actor: str,
) -> Exchanged:
    """Settle what the provider accepted, under the claim tokens beside it, and note who will be called next.

    What was accepted is kept with what was sent; its customers count as contacted now. A claim is granted once: what is
    missing was taken by somebody else meanwhile, handed off before, its campaign is no longer sending, or one of its
    addresses must not be contacted any more. A granted one's lease starts anew: it must outlast the longest call. The
    caller sends nothing before all of this is committed.
    """
    rows = [[token, sent.id, sent.provider_id[:255], sent.subject, sent.text] for token, sent in accepted]
    wanted = [[*one.held, one.words] for one in asked]
    to = json.dumps([envelope for one in asked for envelope in one.to])
    settling = {"accepted": json.dumps(rows)}
    handing = {"asked": json.dumps(wanted), "to": to, "lease": now + lease}
    if is_sqlite(within):
        settled = _ACCEPT.run(within, **settling, now=now) if rows else []
        _tell_accepted(within, [Moved(*row) for row in settled], now, actor)
        handed = _HAND_OFF.run(within, **handing, now=now) if wanted else []
    else:
        ids = {"kept_ids": [row[1] for row in rows], "asked_ids": [row[1] for row in wanted]}
        found = _EXCHANGE.run(within, **settling, **handing, **ids, now=now, actor=actor[:100])
        settled, handed = [row for row in found if row[1] is None], [row for row in found if row[1] is not None]
    return Exchanged(
        settled=frozenset(row[0] for row in settled),
        granted=frozenset((row[1], row[0]) for row in handed),
    )


def _tell_accepted(within: Session | Connection, moved: Sequence[Moved], now: datetime, actor: str) -> None:
    cause = Cause(Reason.ACCEPTED, now, actor)
    record(within, moved, ActionEvent.ACCEPT.value, ActionState.SENDING, ActionState.SENT, cause)
    note_contacted(within, [row.id for row in moved], now)


def handed_off(
    session: Session,
    token: str,
    ids: Collection[int],
    *,
    to: Sequence[Envelope] = (),
    now: datetime,
    lease: timedelta,
) -> set[int]:
    """Return those that are handed off under this token: for a worker whose commit was cut off without an answer.

    What may not go out any more is missing, as in `exchange`. Their lease starts anew, as at the handoff: the calls
    have yet to begin.
    """
    found = _HOLD_ON.run(session, ids=ids, token=token, to=json.dumps(list(to)), lease=now + lease)
    return {row[0] for row in found}


def settle_partly(session: Session, token: str, sent: SentAction, *, now: datetime, actor: str) -> bool:
    """Settle what was accepted for some of its recipients, with the words for the others; say whether it moved."""
    handed = [Action.id == sent.id, Action.claim_token == token, Action.handed_off_at.is_not(None)]
    cause = Cause(Reason.PARTLY_REFUSED, now, actor, sent.refused)
    if not move(session, ActionEvent.ACCEPT, handed, cause, sent_at=now):
        return False
    keep_sent(session, [sent])
    note_contacted(session, [sent.id], now)
    return True
