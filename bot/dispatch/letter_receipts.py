"""What the post reports of letters: asked for in turns, or told by a webhook; delivered, returned or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from bot.channels.base import Rejected, SendError
from bot.channels.postgrid import Fate, Status
from bot.domain.channels import LETTER
from bot.domain.states import ActionState, Reason
from bot.log import get_logger
from storage import actions, receipts
from storage.db import Database
from storage.receipts import Pending

_log = get_logger(__name__)
ACTOR = "provider:post"
AT_ONCE = 100
"""Letters asked for in one turn."""
WATCHED = timedelta(days=60)
"""How long a letter is asked for: a returned one may take weeks."""
_MEANS = {Fate.RETURNED: Reason.RETURNED, Fate.CANCELLED: Reason.WITHDRAWN}


class Asked(Protocol):
    """A way to ask how letters stand."""

    def status(self, provider_id: str) -> Status:
        """Return how a letter stands; raise a SendError when the provider can't say."""

    def close(self) -> None:
        """End the connection."""


class CanBeAsked(Protocol):
    """A channel whose provider can be asked."""

    def open(self) -> Asked:
        """Return a way to ask."""


def report(db: Database, told: Status, *, message_id: str | None = None, now: datetime | None = None) -> bool:
    """Keep what became of a letter; False for one that is not ours, or of which there is nothing to tell yet.

    `message_id` finds a letter whose provider's id we never heard. What is kept is applied by
    bot.dispatch.receipts.apply_pending.
    """
    if told.fate is Fate.UNDER_WAY or not told.provider_id:
        return False
    now = now or db.now()
    with db.write() as session:
        action = receipts.action_of(session, LETTER.name, provider_id=told.provider_id, message_id=message_id)
        if action is None or action.state == ActionState.QUEUED.value:  # its next attempt will be told of this letter
            return False
        status, detail = told.fate.value, told.detail or None
        return receipts.keep(session, action, provider_id=told.provider_id, status=status, detail=detail, now=now)


class Watch:
    """Asks for letters that are under way, some each turn, the oldest first and then again."""

    def __init__(self, db: Database, channel: CanBeAsked, *, at_once: int = AT_ONCE) -> None:
        self._db, self._channel, self._at_once, self._after = db, channel, at_once, 0

    def look(self, *, now: datetime | None = None) -> int:
        """Ask for the next letters; return how many had something new to tell."""
        now = now or self._db.now()
        found = self._next(now)
        return self._ask(found, now) if found else 0

    def _next(self, now: datetime) -> list[tuple[int, str]]:
        with self._db.read() as session:
            for after in (self._after, 0):
                found = receipts.under_way(session, LETTER.name, after=after, since=now - WATCHED, limit=self._at_once)
                if found:
                    return found
        return []

    def _ask(self, found: Sequence[tuple[int, str]], now: datetime) -> int:
        asked, told = self._channel.open(), 0
        try:
            for action_id, provider_id in found:
                self._after = action_id  # also where the provider can't say: the next turn begins behind it
                told += self._report(asked, provider_id, now)
        except SendError as error:
            _log.warning("letters_not_asked_for", error=type(error).__name__)
        finally:
            asked.close()
        return told

    def _report(self, asked: Asked, provider_id: str, now: datetime) -> bool:
        try:
            return report(self._db, asked.status(provider_id), now=now)
        except Rejected as error:  # of another key, or removed: the provider knows the others all the same
            _log.warning("letter_not_known", provider_id=provider_id, error=type(error).__name__)
            return False


def apply(session: Session, told: Pending, now: datetime) -> None:
    """Move a letter's action by one report; one of an earlier letter of the same action changes nothing."""
    row, fate = told.action, Fate(told.status)
    if row.provider_id != told.provider_id:
        return
    if fate is Fate.DELIVERED:
        actions.deliver(session, row.workspace_id, [row.id], now=now, actor=ACTOR)
    elif fate in _MEANS:
        detail = told.detail or ""
        came_back = actions.bounce_late if row.state == ActionState.DELIVERED.value else actions.bounce
        came_back(session, row.workspace_id, row.id, detail=detail, now=now, actor=ACTOR, reason=_MEANS[fate])
