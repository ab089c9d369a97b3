"""The freeze: a launched campaign's audience becomes actions, once, with the recipients of that moment."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
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
from storage.frozen import FrozenAction, FrozenCampaign
from storage.models import Campaign, User

ACTOR = "worker:freeze"
_NO_DOMAIN = "campaign-bot.invalid"
"""Stands in a Message-ID when the sender is gone: such an action goes to a person before anything is sent."""


def freeze_due(db: Database, now: datetime | None = None) -> int:
    """Turn the audience of every launched campaign into actions, one transaction each; return how many campaigns.

    Safe to run in several workers at once and after a crash: a campaign is frozen whole, once. A fault in one campaign
    keeps no other from being frozen; it is raised at the end. The campaign's row is written last: who undoes or pauses
    it meanwhile does not wait. On SQLite nothing is locked while who is written to is worked out; on PostgreSQL actions
    are written meanwhile, which only keeps the customers and users they are about from being deleted.
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
    # a second worker would work it out in vain
    with db.alone(f"freeze {campaign_id}") as is_alone, ExitStack() as reading:
        session = reading.enter_context(db.read())
        campaign = campaigns.to_freeze(session, campaign_id) if is_alone else None
        if campaign is None:
            return False
        making = _Making(session, campaign, now)
        if not db.is_sqlite:
            with closing(_ahead(making.chunks())) as chunks:
                return _keep(db, campaign, chunks, making.left_out, now)
        made = deque(making.chunks())  # SQLite's one writer must not hold up the others while we work it out
        reading.close()
        return _keep(db, campaign, (made.popleft() for _ in range(len(made))), making.left_out, now)


def _ahead(chunks: Iterator[str]) -> Generator[str]:
    """Yield the same, and work the next one out while the last one is written; to be closed, which waits for that."""
    with ThreadPoolExecutor(1, thread_name_prefix="freeze") as beside:
        coming = beside.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = beside.submit(next, chunks, None)
            yield chunk


def _keep(db: Database, campaign: Campaign, chunks: Iterable[str], left_out: Counter[str], now: datetime) -> bool:
    """Write everything in one transaction; False, and nothing, when the campaign was changed since it was read."""
    with db.write() as session:
        seen = campaign.updated_at
        if campaigns.to_freeze(session, campaign.id, as_of=seen) is None:
            return False
        of_all = FrozenCampaign(
            campaign.workspace_id, campaign.id, campaign.creator_id, campaign.channel, list(campaign.cc)
        )
        frozen.insert_packed(session, of_all, chunks, now=now, actor=ACTOR)
        if campaigns.freeze(session, campaign.id, now=now, as_of=seen) is None:
            session.rollback()
            return False
        campaigns.set_left_out(session, campaign.id, dict(left_out))
        notifications.touch(session, [campaign.id], at_once=now)
        return True


class _Making:
    """The actions of a campaign, worked out part by part."""

    def __init__(self, session: Session, campaign: Campaign, now: datetime) -> None:
        self._session, self._campaign, self._now = session, campaign, now
        self._kind, self._start = CHANNELS[campaign.channel], campaign.starts_at or now
        self.left_out: Counter[str] = Counter()
        """How many customers are left out by reason, of the parts that are done."""

    def chunks(self) -> Iterator[str]:
        """Yield the actions, ready to be written."""
        session, campaign = self._session, self._campaign
        creator = users.by_id(session, campaign.workspace_id, campaign.creator_id)
        if creator is None or creator.role is None:
            return  # without access any more nobody sees customers: the campaign ends without any action
        selecting = Selecting.open(session, _caller(creator, creator.role), self._now)
        sender = campaigns.sender_of(session, campaign)
        domain = _domain(sender.facts.email) if sender else _NO_DOMAIN
        for part in plan.in_parts(session, selecting, campaign):
            closed_until = hours.openings(session, campaign, part, self._start)
            rows = (self._action(row, domain, closed_until.get(row.customer_id)) for row in part.going)
            yield from frozen.packed(session, rows)
            self.left_out.update({reason.value: count for reason, count in part.left_out.items()})

    def _action(self, row: Planned, domain: str, opens_at: datetime | None) -> FrozenAction:
        usable = row.recipients.usable
        return FrozenAction(
            customer_id=row.customer_id,
            state=ActionState.QUEUED if usable else ActionState.MANUAL,
            reason=row.recipients.reason or (Reason.OUTSIDE_HOURS if opens_at else Reason.FROZEN),
            recipients=[self._kind.recipient(c.id, c.name, c.address or "") for c in usable],
            message_id=f"<{secrets.token_hex(16)}@{domain}>",
            due_at=(opens_at or self._start) if usable else None,
            in_spite_of=row.verdict.in_spite_of,
            detail=row.recipients.detail,
        )


def _domain(address: str) -> str:
    domain = address.rpartition("@")[2].encode("idna").decode()
    return domain if 0 < len(domain) <= 200 else _NO_DOMAIN


def _caller(user: User, role: str) -> Caller:
    return Caller(user.workspace_id, user.id, user.slack_user_id or "", user.name, Role(role), Position(user.position))
