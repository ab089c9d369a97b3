"""Send: a draft becomes a campaign on its way, once, however often the button is pressed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.campaigns import plan
from bot.campaigns.check import problems_of
from bot.campaigns.drafts import CHANGED
from bot.campaigns.selecting import Selecting
from bot.campaigns.views import Launched
from bot.domain.access import Caller
from bot.domain.states import CampaignState
from bot.errors import Conflict, NotFound, UserError
from storage import campaigns, notifications
from storage.db import Database
from storage.models import Campaign


def launch(
    db: Database, caller: Caller, campaign_id: int, *, version: int, hold: timedelta, now: datetime | None = None
) -> Launched:
    """Send the caller's draft as it was shown at `version`: nothing goes out before the hold or the chosen time ends.

    A second call (double click, retry, another window) changes nothing and returns the same campaign, `first` being
    False. Raises Conflict when the draft was changed since `version`, and UserError with whatever stops it (see check).
    """
    with db.write() as session:
        selecting = Selecting.open(session, caller, now or db.now())
        row = campaigns.of_creator(session, caller.workspace_id, caller.user_id, campaign_id, lock=True)
        if row is None or row.state == CampaignState.DISCARDED.value:
            raise NotFound("There is no such campaign of yours.")
        if row.state != CampaignState.DRAFT.value:
            return _launched(session, selecting, row, first=False)
        if row.version != version:
            raise Conflict(CHANGED)
        found = plan.make(session, selecting, row)
        problems = problems_of(session, selecting, row, found)
        if problems:
            raise UserError("\n".join(problems))
        starts_at = max(selecting.now + hold, row.send_at or selecting.now)
        if not campaigns.launch(session, row, version=version, starts_at=starts_at, now=selecting.now):
            raise Conflict(CHANGED)
        notifications.create_living(session, row, caller.user_id, selecting.now)
        return Launched(row.id, row.name, row.send_at is not None, len(found.going), starts_at, first=True)


def _launched(session: Session, selecting: Selecting, row: Campaign, *, first: bool) -> Launched:
    frozen = row.frozen_at is not None
    customers = campaigns.actions_of(session, row) if frozen else len(plan.make(session, selecting, row).going)
    return Launched(row.id, row.name, row.send_at is not None, customers, row.starts_at or selecting.now, first=first)
