"""After a crash or a time-out in the call the provider is asked what it has, and what is certain settles the action.

Found: it went out, and the action is sent. Not there once no call of ours can be under way any more: it never went out,
and the action is queued anew. Anything else, and every provider that can't be asked, stays a person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.channels.base import Rejected, SendError, Sighting
from bot.dispatch import receipts as reports
from bot.dispatch.dispatcher import LEASE
from bot.domain.channels import CHANNELS, SMS
from bot.domain.states import CampaignState
from bot.log import get_logger
from storage import actions, campaign_states, receipts
from storage.db import Database
from storage.models import Action

_log = get_logger(__name__)
ACTOR = "worker:look-up"
AT_ONCE = 20
PATIENCE = timedelta(seconds=20)
"""A call that timed out may still be on its way into the provider's list."""
SURELY_OVER = LEASE + timedelta(minutes=2)
"""After a handoff: by then no call can be under way, so what is not there was never taken."""
GIVE_UP = timedelta(days=1)
_EARLY, _LATE = timedelta(minutes=2), LEASE
"""How far the provider's clock may be from ours, and how long after the handoff a call may have begun."""


class Asked(Protocol):
    """A way to ask a provider."""

    def look_up(self, to: str, since: datetime, until: datetime) -> Sequence[Sighting]:
        """Return our messages to an address between two moments; raise a SendError when it can't say."""

    def close(self) -> None:
        """End the connection."""


class CanBeAsked(Protocol):
    """A channel whose provider can be asked."""

    def open(self) -> Asked:
        """Return a way to ask."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider's list says of one action: the message it has, or whether it surely has none."""

    found: Sighting | None
    surely_not: bool


class LookUp:
    """Asks for the SMS whose outcome nobody knows, some each turn, the oldest first and then again."""

    def __init__(self, db: Database, channel: CanBeAsked) -> None:
        self._db, self._channel = db, channel
        self._after: tuple[datetime, int] | None = None

    def settle(self, *, now: datetime | None = None) -> int:
        """Ask for the next ones; return how many were settled. Safe in several workers at once."""
        now = now or self._db.now()
        since, before = now - GIVE_UP, now - PATIENCE
        with self._db.read() as session:
            found = receipts.unsettled(session, SMS.name, since=since, before=before, after=self._after, limit=AT_ONCE)
        return self._ask(found, now) if found else 0

    def _ask(self, found: Sequence[Action], now: datetime) -> int:
        asked, settled = self._channel.open(), 0
        try:
            for row in found:
                assert row.handed_off_at is not None
                self._after = row.handed_off_at, row.id  # also where nothing is settled: the next turn begins behind it
                settled += _settle(self._db, asked, row, now)
        except SendError as error:
            _log.warning("look_up_failed", error=type(error).__name__)
        finally:
            asked.close()
        return settled


def _settle(db: Database, asked: Asked, row: Action, now: datetime) -> bool:
    assert row.handed_off_at is not None
    to = CHANNELS[row.channel].address_of(row.recipients[0])  # nothing is handed off that goes to nobody
    try:
        seen = asked.look_up(to, row.handed_off_at - _EARLY, row.handed_off_at + _LATE)
    except Rejected as error:  # it says nothing of this number, and of the others all the same
        _log.warning("look_up_refused", action_id=row.id, error=type(error).__name__)
        return False
    with db.write() as session:
        ids = [each.provider_id for each in seen]
        taken = receipts.known_ids(session, row, ids, handed_off_at=row.handed_off_at)
        answer = judge([each for each in seen if each.provider_id not in taken], row.sent_text, row.handed_off_at, now)
        if answer.found is not None:
            return reports.settle_seen(session, row, answer.found, now)
        if not answer.surely_not:
            return False
        state = campaign_states.lock(session, row.workspace_id, row.campaign_id)
        if state in (None, CampaignState.CANCELLED):
            return False
        moved = actions.send_unsent(
            session, row.workspace_id, row.id, handed_off_at=row.handed_off_at, now=now, actor=ACTOR
        )
        campaign_states.reopen(session, row.workspace_id, row.campaign_id, now=now)
        return bool(moved)


def judge(seen: Sequence[Sighting], text: str | None, handed_off_at: datetime, now: datetime) -> Answer:
    """Decide by the messages that belong to no other action; only one with our very words is ours.

    A trial account of Twilio puts words of its own before ours.
    """
    ours = [each for each in seen if text and each.text.strip().endswith(text.strip())]
    if ours:
        return Answer(min(ours, key=lambda each: each.at), surely_not=False)
    return Answer(None, surely_not=not seen and bool(text) and now - handed_off_at > SURELY_OVER)
