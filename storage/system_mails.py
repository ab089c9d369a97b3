"""The queue of mails to our own people: tests of a campaign, and the codes that verify aliases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, and_, or_, select, update
from sqlalchemy.orm import Session

from storage.models import SystemMail, SystemMailKind, SystemMailState


@dataclass(frozen=True, slots=True)
class DueMail:
    """A mail that a worker has claimed; `attempts` counts this one. `subject_id` is its campaign or alias."""

    id: int
    workspace_id: int
    kind: SystemMailKind
    requested_by: int
    to_address: str
    subject_id: int
    payload: dict[str, Any]
    attempts: int


def is_anything_to_do(session: Session, *, now: datetime) -> bool:
    """Say whether a mail is due, or was left behind by a dead worker; looks only, so that waiting takes no lock."""
    due = and_(SystemMail.state == SystemMailState.QUEUED.value, SystemMail.due_at <= now)
    left = and_(SystemMail.state == SystemMailState.SENDING.value, SystemMail.lease_until < now)
    return session.scalar(select(SystemMail.id).where(or_(due, left)).limit(1)) is not None


def claim(session: Session, *, now: datetime, limit: int, lease: timedelta) -> list[DueMail]:
    """Take up to `limit` due mails of any workspace, oldest first, until `now + lease`."""
    due = (
        select(SystemMail.id)
        .where(SystemMail.state == SystemMailState.QUEUED.value, SystemMail.due_at <= now)
        .order_by(SystemMail.due_at, SystemMail.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    columns = [getattr(SystemMail, name) for name in DueMail.__slots__]
    statement = (
        update(SystemMail)
        .where(SystemMail.id.in_(select(due.c.id)), SystemMail.state == SystemMailState.QUEUED.value)
        .values(state=SystemMailState.SENDING.value, lease_until=now + lease, attempts=SystemMail.attempts + 1)
        .returning(*columns)
        .execution_options(synchronize_session=False)
    )
    rows = [dict(row) for row in session.execute(statement).mappings()]
    return sorted((DueMail(**{**r, "kind": SystemMailKind(r["kind"])}) for r in rows), key=lambda mail: mail.id)


def settle(session: Session, mail: DueMail, state: SystemMailState, *, detail: str | None = None) -> bool:
    """Settle a claimed mail as sent or failed; False when its lease had run out."""
    return _settle(session, mail, state=state.value, detail=detail)


def retry(session: Session, mail: DueMail, *, due_at: datetime, detail: str) -> bool:
    """Queue a claimed mail again for `due_at`; False when its lease had run out."""
    return _settle(session, mail, state=SystemMailState.QUEUED.value, due_at=due_at, detail=detail)


def fail_expired(session: Session, *, now: datetime) -> int:
    """Fail what dead workers were sending: it may have gone out, and people can ask for another one."""
    statement = update(SystemMail).where(
        SystemMail.state == SystemMailState.SENDING.value, SystemMail.lease_until < now
    )
    values = {"state": SystemMailState.FAILED.value, "lease_until": None, "detail": "The worker stopped while sending."}
    failed: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        statement.values(values).execution_options(synchronize_session=False)
    )
    return failed.rowcount


def _settle(session: Session, mail: DueMail, **values: Any) -> bool:
    held = (SystemMail.id == mail.id, SystemMail.state == SystemMailState.SENDING.value)
    settled: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(SystemMail)
        .where(*held, SystemMail.attempts == mail.attempts)
        .values(lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return settled.rowcount == 1
