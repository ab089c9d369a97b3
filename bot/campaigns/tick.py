"""What time alone brings about: campaigns start, missed ones ask, finished ones complete, late ones are told of."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import campaign_states, notifications
from storage import campaigns as campaign_rows
from storage.db import Database
from storage.models import NotificationKind

MISSED_AFTER = timedelta(hours=1)
"""A start that lies further back than this (the bot was down) asks its creator instead of firing."""
LATE_AFTER = timedelta(minutes=10)
"""Actions are promised to go out within ten minutes of Send; past it the creator is told why."""


def is_due(db: Database, *, now: datetime | None = None) -> bool:
    """Say whether `tick` has anything to do at `now`; asked five times a second, it costs a tenth of it."""
    now = now or db.now()
    with db.look() as connection:
        return campaign_states.are_due(connection, now=now)


def tick(db: Database, *, now: datetime | None = None) -> int:
    """Bring every campaign to where it should be at `now`; return how many changed. Safe in several workers at once."""
    now = now or db.now()
    with db.write() as session:
        missed = campaign_states.pause_missed(session, now=now, not_before=now - MISSED_AFTER)
        for campaign_id in missed:
            _tell(session, campaign_id, NotificationKind.MISSED_SCHEDULE, now)
        started = campaign_states.start_due(session, now=now, not_before=now - MISSED_AFTER)
        finished = campaign_states.complete_finished(session, now=now)
        return len(missed) + len(started) + len(finished)


def tell_delays(db: Database, *, now: datetime | None = None) -> int:
    """Tell the creators of campaigns with a message over ten minutes late, once each; return how many were told."""
    now = now or db.now()
    with db.write() as session:
        late = campaign_rows.late(session, before=now - LATE_AFTER)
        return sum(_tell(session, campaign_id, NotificationKind.DELAYED, now) for campaign_id in late)


def _tell(session: Session, campaign_id: int, kind: NotificationKind, now: datetime) -> bool:
    row = campaign_rows.by_id(session, campaign_id)
    return notifications.create_notice(session, row, kind, row.creator_id, now)
