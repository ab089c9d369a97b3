"""What became of messages once they had left: sent, delivered, come back. `storage.actions` offers it with the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, or_, select, text, update
from sqlalchemy.orm import Session

from bot.domain.states import ActionEvent, Reason
from storage.by_dialect import ByDialect, among
from storage.db import UtcDateTime
from storage.models import Action, Customer
from storage.transitions import Cause, ids_of, in_workspace, move


@dataclass(frozen=True, slots=True)
class SentAction:
    """What is kept of an accepted message; `refused` names the recipients that the provider refused, else None."""

    id: int
    provider_id: str
    subject: str
    text: str
    refused: str | None = None

    @property
    def kept(self) -> dict[str, Any]:
        """Return what goes into the action's row."""
        return {"id": self.id, "provider": self.provider_id[:255], "subject": self.subject, "text": self.text}


_KEEP = text("UPDATE actions SET provider_id = :provider, sent_subject = :subject, sent_text = :text WHERE id = :id")


def _contacting(sqlite: bool) -> Executable:
    written_to = select(Action.customer_id).where(among(Action.id, sqlite))
    now = bindparam("now", type_=UtcDateTime())
    earlier = or_(Customer.last_contacted_at.is_(None), Customer.last_contacted_at < now)
    contacted = update(Customer.__table__).where(Customer.id.in_(written_to), earlier)  # type: ignore[arg-type]
    return contacted.values(last_contacted_at=now)


_CONTACTED = ByDialect(_contacting)


def keep_sent(session: Session, sent: Sequence[SentAction]) -> None:
    """Keep the words of messages that are settled as sent."""
    if sent:
        session.connection().execute(_KEEP, [row.kept for row in sent])


def note_contacted(within: Session | Connection, ids: Collection[int], now: datetime) -> None:
    """Note that the customers of these actions were contacted."""
    if ids:
        _CONTACTED.run(within, ids=ids, now=now)


def deliver(session: Session, workspace_id: int, ids: Collection[int], *, now: datetime, actor: str) -> list[int]:
    """Settle sent actions as delivered, because the provider said so."""
    cause = Cause(Reason.DELIVERED, now, actor)
    return ids_of(move(session, ActionEvent.DELIVER, in_workspace(workspace_id, ids), cause))


def bounce(
    session: Session,
    workspace_id: int,
    action_id: int,
    *,
    detail: str,
    now: datetime,
    actor: str,
    reason: Reason = Reason.BOUNCED,
) -> list[int]:
    """Give a sent action that came back to a person, with the words of the bounce."""
    cause = Cause(reason, now, actor, detail)
    return ids_of(move(session, ActionEvent.BOUNCE, in_workspace(workspace_id, [action_id]), cause, handed_off_at=None))


def bounce_late(
    session: Session, workspace_id: int, action_id: int, *, detail: str, now: datetime, actor: str, reason: Reason
) -> list[int]:
    """Give an action to a person that came back after it had been said to be delivered."""
    where, cause = in_workspace(workspace_id, [action_id]), Cause(reason, now, actor, detail)
    return ids_of(move(session, ActionEvent.BOUNCE_LATE, where, cause, handed_off_at=None))


def bounce_partly(
    session: Session, workspace_id: int, action_id: int, *, detail: str, now: datetime, actor: str
) -> list[int]:
    """Note on a sent action that it came back from some of its recipients, with the words; it stays sent."""
    cause = Cause(Reason.PARTLY_REFUSED, now, actor, detail)
    return ids_of(move(session, ActionEvent.BOUNCE_PARTLY, in_workspace(workspace_id, [action_id]), cause))


def settle_late(session: Session, sent: SentAction, *, message_id: str, now: datetime, actor: str) -> list[int]:
    """Settle as sent an uncertain action whose receipt came after its lease had run out.

    `message_id` and the still open handoff say that the receipt is for this very message; once a person has pressed
    Send again, it changes nothing.
    """
    where = [Action.id == sent.id, Action.message_id == message_id, Action.handed_off_at.is_not(None)]
    cause = Cause(Reason.LATE_RECEIPT, now, actor, sent.refused)
    moved = move(session, ActionEvent.SETTLE, where, cause, sent_at=now)
    if moved:
        keep_sent(session, [sent])
        note_contacted(session, [sent.id], now)
    return ids_of(moved)


def send_unsent(
    session: Session, workspace_id: int, action_id: int, *, handed_off_at: datetime, now: datetime, actor: str
) -> list[int]:
    """Queue an uncertain action anew, because its provider says that it never got it; the caller reopens the campaign.

    The handoff it is about must still be the latest one: once a person has decided, this changes nothing.
    """
    where = [*in_workspace(workspace_id, [action_id]), Action.reason == Reason.UNCERTAIN.value]
    same = [*where, Action.handed_off_at == handed_off_at]
    cause = Cause(Reason.NOT_TAKEN, now, actor)
    return ids_of(move(session, ActionEvent.SEND, same, cause, due_at=now, handed_off_at=None))
