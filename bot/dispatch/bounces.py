"""What a bounce or a complaint does: the address is suppressed or counted against, the action becomes a person's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.bounces import FAILURES, SOFT_LIMIT, SOFT_WITHIN, MailStatus
from bot.domain.channels import EMAIL
from bot.domain.folding import fold_address
from storage import actions, receipts, suppressions
from storage.models import Action
from storage.receipts import Pending

ACTOR = "provider:mail"


def apply(session: Session, told: Pending, now: datetime) -> None:
    """Apply one report on an email; a report on somebody whom the action does not go to any more changes nothing."""
    row, status = told.action, MailStatus(told.status)
    to = {fold_address(EMAIL.address_of(recipient)) for recipient in row.recipients}
    if told.recipient and told.recipient not in to | {fold_address(each) for each in row.cc}:
        return
    _suppress(session, told, status, now)
    if status in FAILURES and (not told.recipient or told.recipient in to):
        _came_back(session, told, to, now)


def _suppress(session: Session, told: Pending, status: MailStatus, now: datetime) -> None:
    workspace_id, address = told.action.workspace_id, told.recipient
    cause = {MailStatus.HARD: suppressions.HARD_BOUNCE, MailStatus.COMPLAINT: suppressions.COMPLAINT}.get(status)
    if status is MailStatus.SOFT and address:
        count = receipts.count(session, workspace_id, address, status.value, since=now - SOFT_WITHIN)
        cause = suppressions.SOFT_BOUNCES if count >= SOFT_LIMIT else None
    if cause is not None and address:
        note = told.detail or ""
        suppressions.add(session, workspace_id, EMAIL.name, address, cause=cause, note=note, now=now)


def _came_back(session: Session, told: Pending, to: set[str], now: datetime) -> None:
    row, words = told.action, told.detail or ""
    failed = _failed(session, row) | {told.recipient}
    if not told.recipient or to <= failed:
        actions.bounce(session, row.workspace_id, row.id, detail=words, now=now, actor=ACTOR)
        return
    said = f"{told.recipient}: {words}"
    detail = f"{row.detail}; {said}" if row.detail else said  # a sent action's detail names who did not get it
    actions.bounce_partly(session, row.workspace_id, row.id, detail=detail, now=now, actor=ACTOR)


def _failed(session: Session, row: Action) -> set[str]:
    """Return the recipients of this attempt who did not get it: it came back, or was refused when it was sent."""
    since = row.sent_at or row.created_at
    failed = receipts.recipients_with(session, row, [status.value for status in FAILURES], since=since)
    return failed | {each.partition(": ")[0] for each in (row.detail or "").casefold().split("; ")}
