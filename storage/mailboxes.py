"""Queries on the mailboxes that bounces are read from: who reads now, how far it has come, when to look again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, or_, update
from sqlalchemy.orm import Session

from storage.models import Mailbox


@dataclass(frozen=True, slots=True)
class Reading:
    """A mailbox that a reader holds under `token`: what it has seen of it, and how often reading failed of late."""

    key: str
    token: str
    uid_validity: int | None
    last_uid: int
    failures: int
    is_told: bool


def is_due(session: Session, key: str, *, now: datetime) -> bool:
    """Say whether a mailbox may be looked into; looks only, so that waiting takes no lock."""
    row = session.get(Mailbox, key)
    return row is None or (row.due_at <= now and (row.lease_until is None or row.lease_until < now))


def claim(session: Session, key: str, *, now: datetime, lease: timedelta) -> Reading | None:
    """Take a mailbox that is due until `now + lease`; None while somebody else reads it. The first claim makes its row.

    Two first claims at once: the unique key refuses one of them with IntegrityError.
    """
    if session.get(Mailbox, key) is None:
        session.add(Mailbox(key=key, due_at=now))
        session.flush()
    token = str(uuid.uuid4())
    free = or_(Mailbox.lease_until.is_(None), Mailbox.lease_until < now)
    statement = (
        update(Mailbox)
        .where(Mailbox.key == key, Mailbox.due_at <= now, free)
        .values(claim_token=token, lease_until=now + lease)
        .returning(Mailbox.uid_validity, Mailbox.last_uid, Mailbox.failures, Mailbox.told_at)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    return Reading(key, token, row.uid_validity, row.last_uid, row.failures, row.told_at is not None)


def advance(session: Session, held: Reading, *, uid_validity: int, uid: int) -> bool:
    """Note that a mail needs nothing more; False when the claim is no longer ours: then stop reading."""
    return _settle(session, held, uid_validity=uid_validity, last_uid=uid)


def rest(session: Session, held: Reading, *, until: datetime) -> bool:
    """Let go of a mailbox that was read, until the next look; False when the claim is no longer ours."""
    return _settle(session, held, due_at=until, failures=0, told_at=None, **_RELEASED)


def put_off(session: Session, held: Reading, *, until: datetime, told_at: datetime | None = None) -> bool:
    """Let go of a mailbox that could not be read; `told_at` notes that admins are told. False when it isn't ours."""
    told = {} if told_at is None else {"told_at": told_at}
    return _settle(session, held, due_at=until, failures=Mailbox.failures + 1, **told, **_RELEASED)


def let_go(session: Session, held: Reading) -> bool:
    """Let go of a mailbox in the middle, for the next reader to go on; False when the claim is no longer ours."""
    return _settle(session, held, **_RELEASED)


_RELEASED: dict[str, Any] = {"claim_token": None, "lease_until": None}


def _settle(session: Session, held: Reading, **values: Any) -> bool:
    statement = update(Mailbox).where(Mailbox.key == held.key, Mailbox.claim_token == held.token).values(**values)
    settled: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        statement.execution_options(synchronize_session=False)
    )
    return settled.rowcount == 1
