"""Who is to be told what, and how far they have been: the notifications as the notifier works through them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage import notifications
from storage.db import Database
from storage.models import NotificationKind
from storage.notifications import Behind

LEASE = timedelta(minutes=2)
REDRAW_AFTER = timedelta(seconds=1.5)
"""Slack takes about one message a second a channel, and fifty updates a minute: https://docs.slack.dev/apis/web-api/rate-limits."""
COUNTED_A_SECOND = 50_000
"""A message that counts a large campaign is drawn less often, by a second for so many messages, up to `LONGEST_PAUSE`:
what is sent, and what people click on, comes first."""
LONGEST_PAUSE = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Told:
    """One message to draw: where it was drawn before, and (for a notice) under which message it goes."""

    behind: Behind
    thread_ts: str | None = None

    @property
    def is_living(self) -> bool:
        """Say whether this is a campaign's one living message; else it is a notice, posted once."""
        return self.behind.kind is NotificationKind.CAMPAIGN


def claim(db: Database, *, limit: int, now: datetime | None = None) -> list[Told]:
    """Take what is behind and due; a campaign's notice waits until its living message is there to go under."""
    now = now or db.now()
    with db.look() as connection:  # mostly there is none, and to write costs ten times as much
        if not notifications.are_due(connection, now=now):
            return []
    with db.write() as session:
        found = []
        for behind in notifications.claim_behind(session, now=now, limit=limit, lease=LEASE):
            living = None if behind.campaign_id is None else notifications.living_of(session, behind.campaign_id)
            if behind.kind is NotificationKind.CAMPAIGN or living is None or living.user_id != behind.user_id:
                found.append(Told(behind, None))
            elif living.ts is None:
                notifications.put_off(session, behind, until=now + REDRAW_AFTER)
            else:
                found.append(Told(behind, living.ts))
        return found


def posting(db: Database, told: Told, channel_id: str, *, now: datetime | None = None) -> bool:
    """Note that the first post is about to be made; False when another worker has the row now: then don't post."""
    with db.write() as session:
        return notifications.posting(session, told.behind, channel_id, now=now or db.now())


def drawn(db: Database, told: Told, channel_id: str, ts: str, *, counted: int = 0, now: datetime | None = None) -> None:
    """Note what the person sees now, for which so many messages were `counted`."""
    with db.write() as session:
        now = now or db.now()
        pause = min(REDRAW_AFTER + timedelta(seconds=counted / COUNTED_A_SECOND), LONGEST_PAUSE)
        soonest = now + REDRAW_AFTER
        notifications.drawn(session, told.behind, channel_id, ts, next_at=now + pause, soonest=soonest)


def lost(db: Database, told: Told, *, now: datetime | None = None) -> None:
    """Note that the message is gone from Slack, so that it is posted anew."""
    with db.write() as session:
        notifications.lost(session, told.behind, now=now or db.now())


def put_off(db: Database, told: Told, *, at_least: timedelta, now: datetime | None = None) -> None:
    """Try again later: after what Slack asked for, and longer with every failure."""
    growing = min(timedelta(seconds=2.0 ** min(told.behind.attempts, 10)), LONGEST_WAIT)
    with db.write() as session:
        notifications.put_off(session, told.behind, until=(now or db.now()) + max(at_least, growing))


def give_up(db: Database, told: Told) -> None:
    """Stop trying to draw this version: its person can't be reached."""
    with db.write() as session:
        notifications.give_up(session, told.behind)
