"""Who of a campaign must wait for the sending hours where they are, and until when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.campaigns.plan import Plan
from bot.campaigns.views import Waiting
from bot.channels.local_time import opening
from bot.domain.channels import CHANNELS
from bot.domain.sending_hours import parse_hours
from storage import settings, workspaces
from storage.models import Campaign


def openings(session: Session, campaign: Campaign, plan: Plan, at: datetime) -> dict[int, datetime]:
    """Return when the message of each customer may go who can't be written to at `at`; the others are absent."""
    kind = CHANNELS[campaign.channel]
    hours = parse_hours(settings.sending_hours(session, campaign.workspace_id).get(kind.name, ""))
    if hours is None:
        return {}
    workspace_zone = workspaces.get(session, campaign.workspace_id).time_zone
    found = {}
    for row in plan.going:
        if row.recipients.usable:
            to = row.recipients.usable[0]
            found[row.customer_id] = opening(
                hours,
                kind,
                str(to.address or ""),
                at,
                zone=to.time_zone,
                country=to.country,
                workspace_zone=workspace_zone,
            )
    return {customer_id: moment for customer_id, moment in found.items() if moment > at}


def waiting(session: Session, campaign: Campaign, plan: Plan, at: datetime) -> Waiting | None:
    """Sum up who waits when the campaign starts at `at`; None for nobody."""
    found = openings(session, campaign, plan, at).values()
    if not found:
        return None
    hours = settings.sending_hours(session, campaign.workspace_id)[campaign.channel]
    return Waiting(len(found), hours, min(found), max(found))
