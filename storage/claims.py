"""Claiming: how a worker takes due actions, fairly between workspaces and campaigns, and within the rate limits."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import sample
from typing import Any

from sqlalchemy import Executable, Row, Select, bindparam, exists, func, select, tuple_, update
from sqlalchemy.orm import Session

from bot.domain.fairness import in_turns, shares
from bot.domain.rates import Limits
from bot.domain.states import ActionEvent, ActionState, CampaignState, Reason
from storage import notifications, rates
from storage.by_dialect import ByDialect, among, as_json
from storage.db import UtcDateTime
from storage.models import Action, Campaign
from storage.transitions import Cause, Moved, is_queued, record, worker

MOST_CAMPAIGNS = 50
"""Campaigns that one claim takes from; where more wait, which ones is left to chance, as many of each workspace."""
_ROUNDS = 3
"""How often what some campaigns left over is offered to the others."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An action that a worker holds under `token` until its lease ends."""

    id: int
    workspace_id: int
    campaign_id: int
    customer_id: int
    channel: str
    recipients: list[dict[str, Any]]
    cc: list[str]
    message_id: str
    attempts: int
    in_spite_of: list[str]
    unanswered: bool
    provider_id: str | None
    """Of an earlier message of this action, that came back and was sent again."""
    token: str


_NAMES = [name for name in Claimed.__slots__ if name != "token"]
_NOW, _LEASE = bindparam("now", type_=UtcDateTime()), bindparam("lease", type_=UtcDateTime())


def _taking(sqlite: bool) -> Executable:
    table = Action.__table__
    held = {"claim_token": bindparam("token"), "claimed_by": bindparam("worker"), "lease_until": _LEASE}
    changes = {"state": ActionState.SENDING.value, "reason": Reason.CLAIMED.value, "detail": None, "updated_at": _NOW}
    taken = update(table).where(table.c.state == ActionState.QUEUED.value, among(table.c.id, sqlite))  # type: ignore[arg-type]
    return taken.values(**changes, **held).returning(*(table.c[name] for name in _NAMES))


_TAKE = ByDialect(_taking)


def _claimed(row: Sequence[Any], token: str) -> Claimed:
    values = dict(zip(_NAMES, row, strict=True))
    values |= {name: as_json(values[name]) for name in ("recipients", "cc", "in_spite_of")}
    return Claimed(**values, token=token)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A sending campaign with something due; `sender` names whose rate limit counts."""

    id: int
    workspace_id: int
    sender: str


def claim_due(
    session: Session,
    *,
    worker_name: str,
    now: datetime,
    limit: int,
    lease: timedelta,
    channels: Collection[str],
    limits: Limits | None = None,
    token: str | None = None,
) -> list[Claimed]:
    """Take up to `limit` due actions of campaigns that are sending, until `now + lease`.

    Every workspace gets an equal part, and within it every campaign, oldest due first; the rows come in turns, so that
    no campaign waits behind another one's. Several workers never get the same row: PostgreSQL skips rows that another
    one is locking, SQLite has one writer. With `limits` the channel must be one.
    """
    token = token or str(uuid.uuid4())
    ids = in_turns(_found(session, sorted(channels), now, limit, limits or Limits()))
    if not ids:
        return []
    rows = _TAKE.run(session, ids=ids, token=token, worker=worker_name[:100], now=now, lease=now + lease)
    claimed = {row[0]: _claimed(row, token) for row in rows}
    moved = [Moved(row.id, row.campaign_id) for row in claimed.values()]
    cause = Cause(Reason.CLAIMED, now, worker(worker_name))
    record(session, moved, ActionEvent.CLAIM.value, ActionState.QUEUED, ActionState.SENDING, cause)
    notifications.touch(session, {row.campaign_id for row in moved})
    return [claimed[i] for i in ids if i in claimed]


def next_due(session: Session, channels: Collection[str]) -> datetime | None:
    """Return when the next queued action of a campaign that is sending falls due, in any workspace; None for none."""
    earliest = select(func.min(Action.due_at)).where(Action.campaign_id == Campaign.id, is_queued())
    if channels:
        earliest = earliest.where(Action.channel.in_(sorted(channels)))
    # one step into the index a campaign, however many actions wait
    first = earliest.correlate(Campaign).scalar_subquery()
    query = select(first.label("due_at")).where(Campaign.state == CampaignState.SENDING.value).subquery()
    found: datetime | None = session.scalar(select(func.min(query.c.due_at)))
    return found


def _found(session: Session, channels: list[str], now: datetime, limit: int, limits: Limits) -> list[list[int]]:
    """Return ids of due actions, a list for each campaign."""
    waiting = {row.id: row for row in _waiting(session, channels, now)}
    if not waiting:
        return []
    everything = rates.lock(session, channels[0], limits.provider, now)
    left = min(limit, everything.free) if everything is not None else limit
    for key in sorted({_key_of(row, channels) for row in waiting.values()}):  # all workers in one order
        rates.lock(session, key, limits.sender, now)
    taken: dict[int, list[Row[int, datetime | None]]] = {campaign_id: [] for campaign_id in waiting}
    hungry = dict.fromkeys(waiting)
    for _ in range(_ROUNDS):
        parts = shares({i: waiting[i].workspace_id for i in hungry}, left)
        for campaign_id, part in parts.items():
            rows = _of_campaign(session, waiting[campaign_id], channels, now, part, taken[campaign_id], limits)
            taken[campaign_id] += rows
            left -= len(rows)
            if len(rows) < part:
                del hungry[campaign_id]
        if not left or not hungry:
            break
    total = sum(map(len, taken.values()))
    if everything is not None and total:
        everything.spend(total)
    return [[row[0] for row in rows] for rows in taken.values()]


def _of_campaign(
    session: Session,
    campaign: _Waiting,
    channels: list[str],
    now: datetime,
    part: int,
    taken: list[Row[int, datetime | None]],
    limits: Limits,
) -> list[Row[int, datetime | None]]:
    bucket = rates.lock(session, _key_of(campaign, channels), limits.sender, now)
    part = min(part, bucket.free) if bucket is not None else part
    if part <= 0:
        return []
    query = _due(campaign.id, channels, now)
    if taken:
        query = query.where(tuple_(Action.due_at, Action.id) > tuple_(taken[-1][1], taken[-1][0]))
    rows = list(session.execute(query.limit(part).with_for_update(skip_locked=True)))
    if bucket is not None and rows:
        bucket.spend(len(rows))
    return rows


def _key_of(campaign: _Waiting, channels: list[str]) -> str:
    return f"{channels[0]}:{campaign.workspace_id}:{campaign.sender}"


def _due(campaign_id: int, channels: list[str], now: datetime) -> Select[int, datetime | None]:
    query = select(Action.id, Action.due_at).where(
        Action.campaign_id == campaign_id, is_queued(), Action.channel.in_(channels), Action.due_at <= now
    )
    return query.order_by(Action.due_at, Action.id)


def _waiting(session: Session, channels: list[str], now: datetime) -> list[_Waiting]:
    something = exists().where(
        Action.campaign_id == Campaign.id, is_queued(), Action.channel.in_(channels), Action.due_at <= now
    )
    query = select(Campaign.id, Campaign.workspace_id, Campaign.sender_user_id, Campaign.sender_alias_id)
    query = query.where(Campaign.state == CampaignState.SENDING.value, something)
    rows = [
        _Waiting(campaign_id, workspace_id, f"user-{user_id}" if user_id is not None else f"alias-{alias_id}")
        for campaign_id, workspace_id, user_id, alias_id in session.execute(query)
    ]
    return _by_lot(rows)[:MOST_CAMPAIGNS]


def _by_lot(rows: list[_Waiting]) -> list[_Waiting]:
    """Put workspaces, and the campaigns of each, into an order of chance, and let the workspaces take turns.

    Whoever comes first gets what can't be divided. Where a rate limit lets one message through at a time, that is
    everything: in an order of their own, the first campaign would hold up all others to its end.
    """
    by_workspace: dict[int, list[_Waiting]] = {}
    for row in sample(rows, len(rows)):
        by_workspace.setdefault(row.workspace_id, []).append(row)
    return in_turns(sample(list(by_workspace.values()), len(by_workspace)))
