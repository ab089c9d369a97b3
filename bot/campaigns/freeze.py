"""The freeze: a launched campaign's audience becomes actions, once, with the recipients of that moment."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime

from sqlalchemy.orm import Session

from bot.campaigns import hours, plan
from bot.campaigns.plan import Planned
from bot.campaigns.selecting import Selecting
from bot.domain.access import Caller, Position, Role
from bot.domain.channels import CHANNELS
from bot.domain.states import ActionState, Reason
from storage import actions, campaigns, notifications, users
from storage.actions import FrozenAction
from storage.db import Database
from storage.models import Campaign, User

ACTOR = "worker:freeze"
_NO_DOMAIN = "campaign-bot.invalid"
"""Stands in a Message-ID when the sender is gone: such an action goes to a person before anything is sent."""


def freeze_due(db: Database, now: datetime | None = None) -> int:
    """Turn the audience of every launched campaign into actions, one transaction each; return how many campaigns.

    Safe to run in several workers at once and after a crash: a campaign is frozen whole, once. A fault in one campaign
    keeps no other from being frozen; it is raised at the end.
    """
    now = now or db.now()
    with db.read() as session:
        waiting = campaigns.unfrozen(session)
    done, faults = 0, []
    for campaign_id in waiting:
        try:
            done += _freeze(db, campaign_id, now)
        except Exception as fault:
            faults.append(fault)
    if faults:
        raise ExceptionGroup("campaigns could not be frozen", faults)
    return done


def _freeze(db: Database, campaign_id: int, now: datetime) -> bool:
    with db.write() as session:
        campaign = campaigns.freeze(session, campaign_id, now=now)
        if campaign is None:
            return False
        creator = users.by_id(session, campaign.workspace_id, campaign.creator_id)
        if creator is not None and creator.role is not None:
            _insert(session, campaign, Selecting.open(session, _caller(creator, creator.role), now))
        # a creator without access any more sees no customers: the campaign ends without any action
        notifications.touch(session, [campaign_id], at=now)
        return True


def _insert(session: Session, campaign: Campaign, selecting: Selecting) -> None:
    sender = campaigns.sender_of(session, campaign)
    domain = _domain(sender.facts.email) if sender else _NO_DOMAIN
    start = campaign.starts_at or selecting.now
    left_out: Counter[str] = Counter()
    for part in plan.in_parts(session, selecting, campaign):
        closed_until = hours.openings(session, campaign, part, start)
        rows = (_action(campaign, row, domain, start, closed_until.get(row.customer_id)) for row in part.going)
        actions.insert_frozen(session, rows, now=selecting.now, actor=ACTOR)
        left_out.update({reason.value: count for reason, count in part.left_out.items()})
    campaigns.set_left_out(session, campaign.id, dict(left_out))


def _action(campaign: Campaign, row: Planned, domain: str, start: datetime, opens_at: datetime | None) -> FrozenAction:
    usable, kind = row.recipients.usable, CHANNELS[campaign.channel]
    return FrozenAction(
        workspace_id=campaign.workspace_id,
        campaign_id=campaign.id,
        customer_id=row.customer_id,
        owner_id=campaign.creator_id,
        channel=campaign.channel,
        state=ActionState.QUEUED if usable else ActionState.MANUAL,
        reason=row.recipients.reason or (Reason.OUTSIDE_HOURS if opens_at else Reason.FROZEN),
        recipients=[kind.recipient(c.id, c.name, c.address or "") for c in usable],
        cc=list(campaign.cc),
        message_id=f"<{uuid.uuid4().hex}@{domain}>",
        due_at=(opens_at or start) if usable else None,
        in_spite_of=row.verdict.in_spite_of,
        detail=row.recipients.detail,
    )


def _domain(address: str) -> str:
    domain = address.rpartition("@")[2].encode("idna").decode()
    return domain if 0 < len(domain) <= 200 else _NO_DOMAIN


def _caller(user: User, role: str) -> Caller:
    return Caller(user.workspace_id, user.id, user.slack_user_id or "", user.name, Role(role), Position(user.position))
