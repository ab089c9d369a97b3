"""What workers tell of themselves, for people to look at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from storage.models import WorkerSeen

FORGET_AFTER = timedelta(days=1)


def seen(session: Session, name: str, doing: dict[str, Any], *, now: datetime) -> None:
    """Note that a worker is there and what it does; forget those that were not seen for a day."""
    name = name[:100]
    forget(session, seen_before=now - FORGET_AFTER)
    there = (
        update(WorkerSeen).where(WorkerSeen.name == name).values(seen_at=now, doing=doing).returning(WorkerSeen.name)
    )
    if session.scalar(there.execution_options(synchronize_session=False)) is None:
        session.add(WorkerSeen(name=name, started_at=now, seen_at=now, doing=doing))
        session.flush()


def gone(session: Session, name: str) -> None:
    """Note that a worker stopped in good order."""
    session.execute(delete(WorkerSeen).where(WorkerSeen.name == name[:100]))


def forget(session: Session, *, seen_before: datetime) -> None:
    """Forget the workers that have not told of themselves since; they are listed again once they do."""
    session.execute(delete(WorkerSeen).where(WorkerSeen.seen_at < seen_before))


def everyone(session: Session) -> list[WorkerSeen]:
    """Return every worker of the last day, by name."""
    return list(session.scalars(select(WorkerSeen).order_by(WorkerSeen.name)))
