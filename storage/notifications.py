"""Queries on notifications: what our own people are to be told in Slack, and how far they have been."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Executable,
    SQLColumnExpression,
    Update,
    bindparam,
    case,
    exists,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from storage.by_dialect import ByDialect
from storage.db import UtcDateTime
from storage.models import Campaign, Notification, NotificationKind, User, Workspace

_GATHERED = "campaign_bot_touched"


@dataclass(frozen=True, slots=True)
class Behind:
    """A notification that a drawer holds under `token`: what to draw, for whom, and where it was drawn before.

    `posting_since` is set when an earlier first post may have gone out without our learning of it.
    """

    id: int
    workspace_id: int
    team_id: str
    campaign_id: int | None
    user_id: int
    kind: NotificationKind
    detail: str | None
    version: int
    attempts: int
    slack_user_id: str | None
    channel_id: str | None
    ts: str | None
    posting_since: datetime | None
    due_at: datetime
    token: str


def touch(session: Session, campaign_ids: Iterable[int], *, at_once: datetime | None = None) -> None:
    """Say that these campaigns' living messages are behind, in the transaction that changed what they show.

    They are drawn at the pace that Slack allows; those that a person waits for, from `at_once` on, unless Slack refused
    the last try.
    """
    ids = sorted(set(campaign_ids))
    gathered: set[int] | None = session.info.get(_GATHERED)
    if gathered is not None and at_once is None:
        gathered.update(ids)
    elif ids:
        session.execute(_grown(_living(ids), **({"due_at": _from(at_once)} if at_once else {})))


@contextmanager
def gathering(session: Session) -> Iterator[set[int]]:
    """Gather the campaigns that are touched in this block instead, to be touched once at its end (see touch_free)."""
    gathered: set[int] = set()
    session.info[_GATHERED] = gathered
    try:
        yield gathered
    finally:
        del session.info[_GATHERED]


def touch_free(session: Session, campaign_ids: Collection[int]) -> set[int]:
    """Touch those of the campaigns whose message nobody else is touching; return the others, to be touched soon.

    Several workers on one campaign would otherwise wait for each other's commits.
    """
    if not campaign_ids:
        return set()
    free = select(Notification.id).where(*_living(sorted(campaign_ids))).with_for_update(skip_locked=True)
    touched = set(session.scalars(_grown([Notification.id.in_(free)]).returning(Notification.campaign_id)))
    left = set(campaign_ids) - touched
    if not left:
        return set()
    return set(session.scalars(select(Notification.campaign_id).where(*_living(sorted(left)))))


def _living(campaign_ids: Sequence[int]) -> list[ColumnElement[bool]]:
    return [Notification.campaign_id.in_(campaign_ids), Notification.kind == NotificationKind.CAMPAIGN.value]


def _from(at: datetime) -> ColumnElement[datetime]:
    """Return when a message is due that is to be drawn `at` once; one that is being drawn just now tells its drawer."""
    is_late = (Notification.attempts == 0) & (Notification.due_at > at)
    is_drawn = Notification.claim_token.is_not(None) & (Notification.due_at < at)
    return case((or_(is_late, is_drawn), literal(at, Notification.due_at.type)), else_=Notification.due_at)


def _grown(where: Sequence[ColumnElement[bool]], **values: Any) -> Update:
    grown = update(Notification).where(*where).values(version=Notification.version + 1, **values)
    return grown.execution_options(synchronize_session=False)


def create_living(session: Session, campaign: Campaign, user_id: int, now: datetime) -> None:
    """Make the one living message of a campaign; the unique key refuses a second one."""
    _create(session, campaign, NotificationKind.CAMPAIGN, user_id, now)


def create_notice(session: Session, campaign: Campaign, kind: NotificationKind, user_id: int, now: datetime) -> bool:
    """Have a user told something once; False when it was told (or is about to be) already."""
    told = select(Notification.id).where(
        Notification.campaign_id == campaign.id, Notification.kind == kind.value, Notification.user_id == user_id
    )
    if session.scalar(told) is not None:
        return False
    _create(session, campaign, kind, user_id, now)
    return True


def create_plain_notice(
    session: Session, workspace_id: int, user_id: int, kind: NotificationKind, *, detail: str, now: datetime
) -> None:
    """Have a user told something that is about no campaign; the caller sees to it that it is told once."""
    notice = Notification(workspace_id=workspace_id, user_id=user_id, kind=kind.value, detail=detail[:1000])
    notice.due_at = notice.created_at = now
    session.add(notice)
    session.flush()


def _due(_sqlite: bool) -> Executable:
    return select(exists().where(*_is_due(bindparam("now", type_=UtcDateTime()))))


def _is_due(now: SQLColumnExpression[datetime]) -> list[ColumnElement[bool]]:
    is_free = or_(Notification.lease_until.is_(None), Notification.lease_until < now)
    return [Notification.drawn_version < Notification.version, Notification.due_at <= now, is_free]


_DUE = ByDialect(_due)


def are_due(connection: Connection, *, now: datetime) -> bool:
    """Say whether any notification is behind, due and held by nobody."""
    return bool(_DUE.run(connection, now=now)[0][0])


def claim_behind(session: Session, *, now: datetime, limit: int, lease: timedelta) -> list[Behind]:
    """Take up to `limit` notifications that are behind and due, until `now + lease`."""
    token = str(uuid.uuid4())
    due = (
        select(Notification.id)
        .where(*_is_due(literal(now, UtcDateTime())))
        .order_by(Notification.due_at, Notification.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    session.execute(
        update(Notification)
        .where(Notification.id.in_(select(due.c.id)))
        .values(claim_token=token, lease_until=now + lease, attempts=Notification.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    return _claimed(session, token)


def _claimed(session: Session, token: str) -> list[Behind]:
    query = (
        select(Notification, Workspace.team_id, User.slack_user_id)
        .join(Workspace, Workspace.id == Notification.workspace_id)
        .join(User, User.id == Notification.user_id)
        .where(Notification.claim_token == token)
        .order_by(Notification.id)
        .execution_options(populate_existing=True)
    )
    return [
        Behind(
            id=row.id,
            workspace_id=row.workspace_id,
            team_id=team_id,
            campaign_id=row.campaign_id,
            user_id=row.user_id,
            kind=NotificationKind(row.kind),
            detail=row.detail,
            version=row.version,
            attempts=row.attempts,
            slack_user_id=slack_user_id,
            channel_id=row.channel_id,
            ts=row.ts,
            posting_since=row.posting_since,
            due_at=row.due_at,
            token=token,
        )
        for row, team_id, slack_user_id in session.execute(query)
    ]


def posting(session: Session, behind: Behind, channel_id: str, *, now: datetime) -> bool:
    """Note, just before the first post, that it will be made; False when the claim is no longer ours."""
    return _settle(session, behind, channel_id=channel_id, posting_since=now)


def drawn(session: Session, behind: Behind, channel_id: str, ts: str, *, next_at: datetime, soonest: datetime) -> bool:
    """Note what the person sees now. A version that grew meanwhile stays behind.

    It is not drawn again before `next_at`, or before `soonest` where a person waits for what changed meanwhile.
    """
    values = {"channel_id": channel_id, "ts": ts, "drawn_version": behind.version, "posting_since": None}
    is_awaited = Notification.due_at > behind.due_at
    at = case((is_awaited, literal(soonest, Notification.due_at.type)), else_=next_at)
    return _settle(session, behind, **values, **_RELEASED, due_at=at, attempts=0)


def lost(session: Session, behind: Behind, *, now: datetime) -> bool:
    """Note that the message, or its channel, is gone from Slack: it is posted anew at the next turn."""
    return _settle(session, behind, channel_id=None, ts=None, posting_since=None, **_RELEASED, due_at=now)


def put_off(session: Session, behind: Behind, *, until: datetime) -> bool:
    """Try again at `until`."""
    return _settle(session, behind, **_RELEASED, due_at=until)


def give_up(session: Session, behind: Behind) -> bool:
    """Take the version as drawn although it is not: its person can't be reached in Slack."""
    return _settle(session, behind, drawn_version=behind.version, **_RELEASED)


def living_of(session: Session, campaign_id: int) -> Notification | None:
    """Return the living message of a campaign."""
    return session.scalar(
        select(Notification).where(
            Notification.campaign_id == campaign_id, Notification.kind == NotificationKind.CAMPAIGN.value
        )
    )


_RELEASED: dict[str, Any] = {"claim_token": None, "lease_until": None}


def _create(session: Session, campaign: Campaign, kind: NotificationKind, user_id: int, now: datetime) -> None:
    session.add(
        Notification(
            workspace_id=campaign.workspace_id,
            campaign_id=campaign.id,
            user_id=user_id,
            kind=kind.value,
            due_at=now,
            created_at=now,
        )
    )
    session.flush()


def _settle(session: Session, behind: Behind, **values: Any) -> bool:
    held: tuple[ColumnElement[bool], ...] = (Notification.id == behind.id, Notification.claim_token == behind.token)
    moved: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Notification).where(*held).values(**values).execution_options(synchronize_session=False)
    )
    return moved.rowcount == 1
