"""Drafts: start one, find it again, throw it away, copy it. A draft is its creator's alone."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from babel.dates import format_date
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from bot.campaigns.selecting import Selecting
from bot.campaigns.views import DraftSummary, DraftView, SenderChoice
from bot.domain.access import Caller
from bot.domain.audience import Audience
from bot.domain.channels import CHANNELS
from bot.domain.preflight import day_in
from bot.domain.states import CampaignState
from bot.errors import Conflict, NotFound
from storage import campaigns, customers, workspaces
from storage import drafts as draft_rows
from storage.db import Database
from storage.models import Campaign

MOST_DRAFTS = 20
"""How many drafts are offered for resuming."""

CHANGED = "This draft was changed in another window meanwhile. Open it again from /campaign: nothing was overwritten."
_GONE = "There is no such campaign of yours."
_Row = TypeVar("_Row", Campaign, draft_rows.Chosen)
_ON_ITS_WAY = "This campaign was sent already, so it can't be changed any more."


def start(db: Database, caller: Caller, *, channel: str = "email", now: datetime | None = None) -> DraftView:
    """Start a draft under a proper name that the caller has not used yet, written to nobody yet, from the caller where
    the caller's email is verified.

    Raises NotFound for a channel that there is not.
    """
    if channel not in CHANNELS:
        raise NotFound("There is no such channel.")
    now = now or db.now()
    with db.write() as session:
        today = day_in(workspaces.get(session, caller.workspace_id).time_zone, now)
        own = campaigns.sender(session, caller.workspace_id, user_id=caller.user_id)
        name = f"Overdue reminder, {format_date(today, 'd MMMM yyyy', locale='en')}"
        draft = Campaign(
            workspace_id=caller.workspace_id,
            creator_id=caller.user_id,
            channel=channel,
            state=CampaignState.DRAFT.value,
            name=campaigns.free_name(session, caller.workspace_id, caller.user_id, name),
            sender_user_id=own.user_id if own else None,
            audience=Audience().to_json(),
            created_at=now,
            updated_at=now,
        )
        campaigns.add(session, draft)
        return view_of(session, draft)


def open_drafts(
    db: Database, caller: Caller, *, counted: bool = True, now: datetime | None = None
) -> tuple[DraftSummary, ...]:
    """Return the caller's drafts, the latest touched first, each with the customers that it selects now.

    Unless they are to be `counted`, which takes as long as the customers are many: then None stands for every number
    that is not known to be 0 all the same.
    """
    with db.look() as connection:
        rows = draft_rows.latest(connection, caller.workspace_id, caller.user_id, MOST_DRAFTS)
    audiences = [Audience.from_json(row.audience) for row in rows]
    counts = _counted(db, caller, {a for a in audiences if a.may_hold_anybody}, now) if counted else {}
    return tuple(
        DraftSummary(r.id, r.name, r.updated_at, counts.get(a) if a.may_hold_anybody else 0, r.channel)
        for r, a in zip(rows, audiences, strict=True)
    )


def _counted(db: Database, caller: Caller, audiences: set[Audience], now: datetime | None) -> dict[Audience, int]:
    if not audiences:
        return {}
    with db.read() as session:
        selecting = Selecting.open(session, caller, now)
        return {audience: customers.count(session, selecting.selected(audience)) for audience in audiences}


def load(db: Database, caller: Caller, campaign_id: int) -> DraftView:
    """Return one of the caller's drafts; raise NotFound, or Conflict once it was sent."""
    with db.read() as session:
        return view_of(session, draft_of(session, caller, campaign_id))


def is_launched(db: Database, caller: Caller, campaign_id: int) -> bool:
    """Say whether one of the caller's campaigns was sent already; raise NotFound where there is none."""
    with db.read() as session:
        row = campaigns.of_creator(session, caller.workspace_id, caller.user_id, campaign_id)
        if row is None:
            raise NotFound(_GONE)
        return row.launched_at is not None


def discard(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> None:
    """Throw one of the caller's drafts away; a second call changes nothing. Raise Conflict once it was sent."""
    with db.write() as session:
        row = campaigns.of_creator(session, caller.workspace_id, caller.user_id, campaign_id)
        if row is None:
            raise NotFound(_GONE)
        if not campaigns.discard(session, row, now=now or db.now()) and row.state != CampaignState.DISCARDED.value:
            raise Conflict(_ON_ITS_WAY)


def copy_of(session: Session, campaign: Campaign, now: datetime) -> int:
    """Make a fresh draft of all that was picked and written, and return its id; used by Undo, so that nothing is lost.

    The chosen time to send is left out: the copy is to be sent when its creator says so again.
    """
    copied = (
        "workspace_id creator_id channel name sender_user_id sender_alias_id to_positions cc subject body "
        "attach_statement audience put_back"
    ).split()
    values = {name: getattr(campaign, name) for name in copied}
    return campaigns.add(
        session, Campaign(**values, state=CampaignState.DRAFT.value, left_out={}, created_at=now, updated_at=now)
    )


def draft_of(session: Session, caller: Caller, campaign_id: int, *, lock: bool = False) -> Campaign:
    """Return the caller's draft, locked where it is to be changed; raise NotFound, or Conflict once it was sent."""
    row = campaigns.of_creator(session, caller.workspace_id, caller.user_id, campaign_id, lock=lock)
    return _still_draft(row)


def chosen_in(
    session: Session | Connection, caller: Caller, campaign_id: int, *, lock: bool = False
) -> tuple[Audience, int]:
    """Return whom the caller's draft goes to, and at which version; quicker than `draft_of`, with its errors."""
    row = _still_draft(draft_rows.chosen(session, caller.workspace_id, caller.user_id, campaign_id, lock=lock))
    return Audience.from_json(row.audience), row.version


def _still_draft(row: _Row | None) -> _Row:
    if row is None or row.state == CampaignState.DISCARDED.value:
        raise NotFound(_GONE)
    if row.state != CampaignState.DRAFT.value:
        raise Conflict(_ON_ITS_WAY)
    return row


def view_of(session: Session, row: Campaign) -> DraftView:
    """Return a draft as its creator sees it."""
    sender = campaigns.sender_of(session, row)
    return DraftView(
        id=row.id,
        version=row.version,
        name=row.name,
        channel=row.channel,
        audience=Audience.from_json(row.audience),
        sender=choice_of(sender) if sender else None,
        to_positions=tuple(row.to_positions),
        cc=tuple(row.cc),
        subject=row.subject,
        body=row.body,
        attach_statement=row.attach_statement,
        put_back=tuple(row.put_back),
        send_at=row.send_at,
    )


def choice_of(sender: campaigns.Sender) -> SenderChoice:
    """Return a sender as an option."""
    value = f"user:{sender.user_id}" if sender.user_id is not None else f"alias:{sender.alias_id}"
    return SenderChoice(value, f"{sender.facts.name} <{sender.facts.email}>", sender.facts.email)
