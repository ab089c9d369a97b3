"""The freeze: a launched campaign's audience becomes actions, once, with the recipients of that moment."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot.campaigns import hours, plan
from bot.campaigns.plan import Planned
from bot.campaigns.selecting import Selecting
from bot.domain.access import Caller, Position, Role
from bot.domain.channels import CHANNELS
from bot.domain.states import ActionState, Reason
from storage import campaigns, frozen, notifications, users
from storage.db import Database
from storage.frozen import FrozenAction
from storage.models import Campaign, User

ACTOR = "worker:freeze"
_NO_DOMAIN = "campaign-bot.invalid"
"""Stands in a Message-ID when the sender is gone: such an action goes to a person before anything is sent."""


def freeze_due(db: Database, now: datetime | None = None) -> int:
    """Turn the audience of every launched campaign into actions, one transaction each; return how many campaigns.

    Safe to run in several workers at once and after a crash: a campaign is frozen whole, once. A fault in one campaign
    keeps no other from being frozen; it is raised at the end. Working out who is written to takes longest and locks
    nothing, and the campaign's row is written last: who undoes or pauses it meanwhile does not wait.
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
    with db.alone(f"freeze {campaign_id}") as is_alone:  # a second worker would work it out in vain
        if not is_alone:
            return False
        with db.read() as session:
            campaign = campaigns.to_freeze(session, campaign_id)
            if campaign is None:
                return False
            chunks, left_out = _made(session, campaign, now)
        return _keep(db, campaign, chunks, left_out, now)


def _keep(db: Database, campaign: Campaign, chunks: Sequence[str], left_out: dict[str, int], now: datetime) -> bool:
    """Write everything in one transaction; False, and nothing, when the campaign was changed since it was read."""
    with db.write() as session:
        seen = campaign.updated_at
        if campaigns.to_freeze(session, campaign.id, as_of=seen) is None:
            return False
        frozen.insert_packed(session, chunks, now=now, actor=ACTOR)
        if campaigns.freeze(session, campaign.id, now=now, as_of=seen) is None:
            session.rollback()
            return False
        campaigns.set_left_out(session, campaign.id, left_out)
        notifications.touch(session, [campaign.id], at_once=now)
        return True


def _made(session: Session, campaign: Campaign, now: datetime) -> tuple[list[str], dict[str, int]]:
    """Return the actions, ready to be written, and how many customers are left out by reason."""
    creator = users.by_id(session, campaign.workspace_id, campaign.creator_id)
    if creator is None or creator.role is None:
        return [], {}  # without access any more nobody sees customers: the campaign ends without any action
    selecting = Selecting.open(session, _caller(creator, creator.role), now)
    sender = campaigns.sender_of(session, campaign)
    domain = _domain(sender.facts.email) if sender else _NO_DOMAIN
    start = campaign.starts_at or now
    chunks: list[str] = []
    left_out: Counter[str] = Counter()
    for part in plan.in_parts(session, selecting, campaign):
        closed_until = hours.openings(session, campaign, part, start)
        rows = (_action(campaign, row, domain, start, closed_until.get(row.customer_id)) for row in part.going)
        chunks += frozen.packed(session, rows)
        left_out.update({reason.value: count for reason, count in part.left_out.items()})
    return chunks, dict(left_out)


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
