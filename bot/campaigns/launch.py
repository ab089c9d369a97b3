"""Send: a draft becomes a campaign on its way, once, however often the button is pressed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.campaigns import plan
from bot.campaigns.check import at_once, problems_of
from bot.campaigns.drafts import CHANGED
from bot.campaigns.selecting import Selecting
from bot.campaigns.views import Launched
from bot.domain.access import Caller
from bot.domain.audience import Audience
from bot.domain.states import CampaignState
from bot.errors import Conflict, NotFound, UserError
from storage import campaigns, customers, notifications
from storage.db import Database
from storage.models import Campaign


def launch(
    db: Database, caller: Caller, campaign_id: int, *, version: int, hold: timedelta, now: datetime | None = None
) -> Launched:
    """Send the caller's draft as it was shown at `version`: nothing goes out before the hold or the chosen time ends.

    A second call (double click, retry, another window) changes nothing and returns the same campaign, `first` being
    False. Raises Conflict when the draft was changed since `version`, and UserError with whatever stops it (see check).
    It answers at once, however many customers are selected: they become actions in the background (see freeze).
    """
    with db.write() as session:
        selecting = Selecting.open(session, caller, now or db.now())
        row = campaigns.of_creator(session, caller.workspace_id, caller.user_id, campaign_id, lock=True)
        if row is None or row.state == CampaignState.DISCARDED.value:
            raise NotFound("There is no such campaign of yours.")
        if row.state != CampaignState.DRAFT.value:
            return _again(session, selecting, row)
        if row.version != version:
            raise Conflict(CHANGED)
        selected, going = _counted(session, selecting, row)
        problems = problems_of(session, selecting, row, selected=selected, going=selected if going is None else going)
        if problems:
            raise UserError("\n".join(problems))
        starts_at = max(selecting.now + hold, row.send_at or selecting.now)
        if not campaigns.launch(session, row, version=version, starts_at=starts_at, now=selecting.now):
            raise Conflict(CHANGED)
        notifications.create_living(session, row, caller.user_id, selecting.now)
        return _launched(row, selected, going, first=True)


def _again(session: Session, selecting: Selecting, row: Campaign) -> Launched:
    if row.frozen_at is not None:
        made = campaigns.actions_of(session, row)
        return _launched(row, made, made, first=False)
    return _launched(row, *_counted(session, selecting, row), first=False)


def _launched(row: Campaign, selected: int, going: int | None, *, first: bool) -> Launched:
    assert row.starts_at is not None
    later, surely = row.send_at is not None, going is not None
    return Launched(row.id, row.name, later, selected if going is None else going, row.starts_at, first, surely)


def _counted(session: Session, selecting: Selecting, row: Campaign) -> tuple[int, int | None]:
    """Count the customers that are selected, and those of them who are written to: None where that takes too long."""
    selected = customers.count(session, selecting.selected(Audience.from_json(row.audience)))
    return selected, len(plan.make(session, selecting, row).going) if selected <= at_once(row.channel) else None
