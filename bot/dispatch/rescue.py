"""Freeing what dead workers held: run every few seconds, in any number of workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.channels import CHANNELS
from bot.log import get_logger
from storage import actions
from storage.db import Database

_log = get_logger(__name__)
LATELY = timedelta(hours=1)
"""So long a cancelled campaign is looked at every second; what comes back to it later waits for the next rescue."""
REPEATABLE = tuple(kind.name for kind in CHANNELS.values() if kind.is_repeatable)


def rescue(db: Database, *, name: str, now: datetime | None = None) -> int:
    """Return expired claims to the queue, or to a person once they were handed off; return how many were freed.

    Where the channel takes a message only once, what was handed off is tried again.

    A second call finds nothing. A worker that was only slow can't settle what was taken from it, but its receipt still
    counts (storage.actions.settle_late).
    """
    now = now or db.now()
    with db.write() as session:
        queued, uncertain = actions.rescue_expired(session, now=now, actor=actions.worker(name), repeatable=REPEATABLE)
        # a cancellation and the return of a claimed action may pass each other unseen
        actions.cancel_strays(session, now=now, actor=actions.worker(name))
    if queued or uncertain:
        _log.warning("claims_rescued", queued=len(queued), uncertain=len(uncertain))
    return len(queued) + len(uncertain)


def cancel_waiting(db: Database, *, name: str, now: datetime | None = None, within: timedelta | None = LATELY) -> int:
    """Cancel what waits in campaigns cancelled `within` this time, or in all, and return how many.

    It takes many transactions, each so short that nobody has to wait for it.
    """
    now, done = now or db.now(), 0
    since = now - within if within is not None else None
    while True:
        with db.write() as session:
            moved = actions.cancel_strays(session, now=now, actor=actions.worker(name), since=since)
        done += len(moved)
        if not moved:
            return done
