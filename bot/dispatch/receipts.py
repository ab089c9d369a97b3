"""What providers report after they took a message: kept first, then applied; in any order, any number of times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.channels.base import Sighting
from bot.channels.twilio_errors import Kind, detail_of, meaning_of
from bot.dispatch import bounces, letter_receipts
from bot.domain.channels import CHANNELS, EMAIL, LETTER, SMS
from bot.log import get_logger
from storage import actions, receipts, suppressions
from storage.actions import SentAction
from storage.db import Database
from storage.models import Action
from storage.receipts import Pending

_log = get_logger(__name__)
ACTOR = "provider:twilio"
BATCH = 200
_ARRIVED, _FAILED = ("delivered", "read"), ("undelivered", "failed")


@dataclass(frozen=True, slots=True)
class SmsReport:
    """One status callback; `ref` is the Message-ID that we had put into its address.

    Source: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
    """

    provider_id: str
    status: str
    error_code: int | None = None
    ref: str | None = None


def report(db: Database, told: SmsReport, *, now: datetime | None = None) -> bool:
    """Keep one report and apply it as far as the action can move by it now; False for a message that is not ours."""
    now = now or db.now()
    with db.write() as session:
        action = receipts.action_of(session, SMS.name, provider_id=told.provider_id, message_id=told.ref)
        if action is None:
            return False
        receipts.keep(
            session,
            action,
            provider_id=told.provider_id,
            status=told.status[:40],
            error_code=told.error_code,
            now=now,
        )
    apply_pending(db, now=now)
    return True


def apply_pending(db: Database, *, now: datetime | None = None) -> int:
    """Apply the reports that came before our own call was settled; return how many. Safe in several workers at once."""
    now = now or db.now()
    with db.read() as session:
        if not receipts.pending(session, limit=1):
            return 0
    with db.write() as session:
        found = receipts.pending(session, limit=BATCH)
        for one in found:
            _apply(session, one, now)
            receipts.applied(session, one.id, now)
        return len(found)


def _apply(session: Session, told: Pending, now: datetime) -> None:
    row = told.action
    session.refresh(row)  # it may have moved by the report before this one
    if row.handed_off_at is not None and row.provider_id != told.provider_id:
        _settle_told(session, row, row.handed_off_at, told.provider_id, now)
        session.refresh(row)
    _APPLY[row.channel](session, told, now)


def _settle_told(session: Session, row: Action, handed_off_at: datetime, provider_id: str, now: datetime) -> None:
    """Where we never got an answer the report is one: who bounces a mail was given it, and an id is of this attempt."""
    if row.channel == EMAIL.name:
        _settle(session, row, "", now)
    elif not receipts.known_ids(session, row, [provider_id], handed_off_at=handed_off_at):
        _settle(session, row, provider_id, now)


def _apply_sms(session: Session, told: Pending, now: datetime) -> None:
    if told.action.provider_id == told.provider_id:  # else of an earlier attempt
        _go_on(session, told.action, told.status, told.error_code, now)


_APPLY = {EMAIL.name: bounces.apply, SMS.name: _apply_sms, LETTER.name: letter_receipts.apply}
_ACTORS = {EMAIL.name: bounces.ACTOR, SMS.name: ACTOR, LETTER.name: letter_receipts.ACTOR}


def settle_seen(session: Session, row: Action, seen: Sighting, now: datetime) -> bool:
    """Settle an uncertain SMS by what the provider says it has: sent, and how it went on from there.

    False when somebody decided meanwhile.
    """
    if not _settle(session, row, seen.provider_id, now):
        return False
    _go_on(session, row, seen.status, seen.error_code, now)
    return True


def _settle(session: Session, row: Action, provider_id: str, now: datetime) -> bool:
    """Settle an action as sent, because the provider has it, if nobody knows its outcome; say whether that was so."""
    sent = SentAction(row.id, provider_id, row.sent_subject or "", row.sent_text or "")
    return bool(actions.settle_late(session, sent, message_id=row.message_id, now=now, actor=_ACTORS[row.channel]))


def _go_on(session: Session, row: Action, status: str, code: int | None, now: datetime) -> None:
    if status in _ARRIVED:
        actions.deliver(session, row.workspace_id, [row.id], now=now, actor=ACTOR)
    elif status in _FAILED:
        _came_back(session, row, code, now)


def _came_back(session: Session, row: Action, code: int | None, now: datetime) -> None:
    actions.bounce(session, row.workspace_id, row.id, detail=detail_of(code), now=now, actor=ACTOR)
    if meaning_of(code).kind is Kind.OPTED_OUT:
        kind = CHANNELS[row.channel]
        for recipient in row.recipients[: kind.most_recipients]:
            cause, address = suppressions.OPT_OUT, kind.address_of(recipient)
            suppressions.add(
                session, row.workspace_id, row.channel, address, cause=cause, note=detail_of(code), now=now
            )
