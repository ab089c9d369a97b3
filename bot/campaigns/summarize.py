"""How a campaign stands, as its creator's DM tells it: read from the rows, and from nothing kept beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.access import Caller, Position, Role, Scope, may_decide
from bot.domain.channels import CHANNELS, ChannelKind
from bot.domain.preflight import LeftOut, left_out_text
from bot.domain.states import (
    PUT_OFF,
    ActionState,
    CampaignState,
    Outcome,
    PauseReason,
    Reason,
    outcome,
    reason_text,
)
from bot.errors import NotAllowed, NotFound
from storage import campaigns, manual_actions, settings, users
from storage.db import Database
from storage.manual_actions import ActionRow

SHOWN = 3
"""Manual actions shown in the message itself; the rest is a click away."""
PAGE = 10
"""Actions on a page of the list."""


@dataclass(frozen=True, slots=True)
class ManualRow:
    """One action for a person: `why` in words, `address` that it would go to, `uncertain` when it may have gone out."""

    id: int
    campaign_id: int
    customer_name: str
    why: str
    detail: str | None
    address: str
    message_id: str
    uncertain: bool
    state: ActionState
    decided_by: str | None
    decided_at: datetime | None
    is_returned: bool = False
    """The address is the likeliest fault: it is better mended than written to again."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many actions a reason holds, in words."""

    reason: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class CampaignMessage:
    """What the living message shows.

    `not_sent` counts manual, ignored, skipped and cancelled actions, but not the `uncertain` ones, which may have been
    sent. `to_decide` and `to_undo` count the manual and ignored ones of customers that the creator may (still) see; the
    same goes for `rows`, `decided` and `refused`. `partly_refused` were sent, though not to every recipient.
    """

    campaign_id: int
    name: str
    state: CampaignState
    frozen: bool
    starts_at: datetime | None
    chosen_time: bool
    total: int
    sent: int
    waiting: int
    manual: int
    ignored: int
    not_sent: int
    uncertain: int
    to_decide: int
    to_undo: int
    partly_refused: int
    outcome: Outcome | None
    reasons: tuple[Counted, ...]
    left_out: tuple[Counted, ...]
    pause_reason: PauseReason | None
    pause_detail: str | None
    rows: tuple[ManualRow, ...]
    decided: tuple[ManualRow, ...]
    refused: tuple[ManualRow, ...]
    channel: str = "email"
    outside_hours: int = 0
    put_off: int = 0
    """How many of `waiting` were tried and wait to be tried again."""
    put_off_detail: str | None = None
    """The provider's latest words on one of those."""
    draft_id: int | None = None
    """After Undo: the draft that kept what was written, while it is one."""


@dataclass(frozen=True, slots=True)
class ManualPage:
    """One page (0-based) of a campaign's manual actions, then the `ignored` ones; `reasons` are for bulk decisions."""

    campaign_id: int
    campaign_name: str
    rows: tuple[ManualRow, ...]
    reasons: tuple[Counted, ...]
    page: int
    pages: int
    total: int
    ignored: int
    sendable: bool


def campaign_message(db: Database, workspace_id: int, campaign_id: int) -> CampaignMessage:
    """Return how a campaign stands; for the one who draws its message, on nobody's behalf."""
    with db.read() as session:
        row = campaigns.launched(session, workspace_id, campaign_id)
        if row is None:
            raise NotFound("This campaign is no longer there.")
        counts = manual_actions.counts(session, workspace_id, campaign_id)
        state = CampaignState(row.state)
        sent = _sum(counts, ActionState.SENT, ActionState.DELIVERED)
        waiting = _sum(counts, *_waiting_in(state))
        total = sum(counts.values())
        uncertain = counts.get((ActionState.MANUAL, Reason.UNCERTAIN), 0)
        put_off = any(counts.get((ActionState.QUEUED, reason)) for reason in PUT_OFF)
        shown = _shown(session, _scope_of(session, workspace_id, row.creator_id), campaign_id)
        days = settings.recent_contact_days(session, workspace_id)
        return CampaignMessage(
            campaign_id=row.id,
            name=row.name,
            channel=row.channel,
            outside_hours=counts.get((ActionState.QUEUED, Reason.OUTSIDE_HOURS), 0),
            put_off=counts.get((ActionState.QUEUED, Reason.TRANSIENT), 0),
            put_off_detail=manual_actions.put_off(session, workspace_id, campaign_id) if put_off else None,
            draft_id=campaigns.kept_by_undo(session, row) if state is CampaignState.CANCELLED else None,
            state=state,
            frozen=row.frozen_at is not None,
            starts_at=row.starts_at,
            chosen_time=row.send_at is not None,
            total=total,
            sent=sent,
            waiting=waiting,
            manual=_sum(counts, ActionState.MANUAL),
            ignored=_sum(counts, ActionState.IGNORED),
            not_sent=total - sent - waiting - uncertain,
            uncertain=uncertain,
            to_decide=shown.to_decide,
            to_undo=shown.to_undo,
            partly_refused=counts.get((ActionState.SENT, Reason.PARTLY_REFUSED), 0),
            outcome=outcome(sent, total - sent) if state is CampaignState.COMPLETED else None,
            reasons=_grouped(counts, CHANNELS[row.channel], *_NOT_SENT),
            left_out=tuple(
                Counted(reason, left_out_text(LeftOut(reason), days), count) for reason, count in row.left_out.items()
            ),
            pause_reason=PauseReason(row.pause_reason) if row.pause_reason else None,
            pause_detail=row.pause_detail,
            rows=shown.rows,
            decided=shown.decided,
            refused=shown.refused,
        )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What names customers, as far as the creator sees them."""

    to_decide: int = 0
    to_undo: int = 0
    rows: tuple[ManualRow, ...] = ()
    decided: tuple[ManualRow, ...] = ()
    refused: tuple[ManualRow, ...] = ()


def _shown(session: Session, scope: Scope | None, campaign_id: int) -> _Shown:
    if scope is None:
        return _Shown()
    counts = manual_actions.to_decide(session, scope, campaign_id)
    rows = manual_actions.of_campaign(session, scope, campaign_id, [ActionState.MANUAL], limit=SHOWN)
    refused = manual_actions.of_campaign(
        session, scope, campaign_id, [ActionState.SENT], reason=Reason.PARTLY_REFUSED, limit=SHOWN
    )
    return _Shown(
        to_decide=_sum(counts, ActionState.MANUAL),
        to_undo=_sum(counts, ActionState.IGNORED),
        rows=tuple(_manual(each) for each in rows),
        decided=tuple(_manual(each) for each in manual_actions.decided(session, scope, campaign_id, SHOWN)),
        refused=tuple(_manual(each) for each in refused),
    )


def _scope_of(session: Session, workspace_id: int, user_id: int) -> Scope | None:
    """Return which customers a user may see now, or None for one whose access was taken away."""
    user = users.by_id(session, workspace_id, user_id)
    if user is None or user.role is None:
        return None
    role, position = Role(user.role), Position(user.position)
    return Caller(workspace_id, user.id, user.slack_user_id or "", user.name, role, position).scope


def manual_page(db: Database, caller: Caller, campaign_id: int, *, page: int = 0) -> ManualPage:
    """Return one page of a campaign's manual and ignored actions; for its creator and admins.

    A page past the end is the last.
    """
    with db.read() as session:
        row = campaigns.launched(session, caller.workspace_id, campaign_id)
        if row is None:
            raise NotFound("This campaign is no longer there.")
        if not may_decide(caller, row.creator_id):
            raise NotAllowed("Only the campaign's creator or an admin can do this.")
        counts = manual_actions.to_decide(session, caller.scope, campaign_id)
        total = sum(counts.values())
        pages = max(-(-total // PAGE), 1)
        page = min(max(page, 0), pages - 1)
        rows = manual_actions.of_campaign(
            session, caller.scope, campaign_id, list(_OPEN_TO_PEOPLE), offset=page * PAGE, limit=PAGE
        )
        reasons = _grouped(counts, CHANNELS[row.channel], ActionState.MANUAL)
        sendable = CampaignState(row.state) is not CampaignState.CANCELLED
        shown, ignored = tuple(_manual(r) for r in rows), _sum(counts, ActionState.IGNORED)
        return ManualPage(row.id, row.name, shown, reasons, page, pages, total, ignored, sendable)


_OPEN_TO_PEOPLE = (ActionState.MANUAL, ActionState.IGNORED)


def _manual(row: ActionRow) -> ManualRow:
    return ManualRow(
        id=row.id,
        campaign_id=row.campaign_id,
        customer_name=row.customer_name,
        why=reason_text(row.reason, CHANNELS[row.channel]),
        detail=row.detail,
        address=", ".join(CHANNELS[row.channel].address_of(each) for each in row.recipients),
        message_id=row.message_id,
        uncertain=row.reason is Reason.UNCERTAIN,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        is_returned=row.reason is Reason.RETURNED,
    )


def _waiting_in(state: CampaignState) -> tuple[ActionState, ...]:
    """Return what still goes out: of a cancelled campaign only what is being handed over, the queue is emptied."""
    return (ActionState.SENDING,) if state is CampaignState.CANCELLED else (ActionState.QUEUED, ActionState.SENDING)


_NOT_SENT = (ActionState.MANUAL, ActionState.SKIPPED, ActionState.IGNORED, ActionState.CANCELLED)


def _grouped(
    counts: dict[tuple[ActionState, Reason], int], kind: ChannelKind, *states: ActionState
) -> tuple[Counted, ...]:
    grouped: dict[Reason, int] = {}
    for (state, reason), count in counts.items():
        if state in states:
            grouped[reason] = grouped.get(reason, 0) + count
    ordered = sorted(grouped.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Counted(reason.value, reason_text(reason, kind), count) for reason, count in ordered)


def _sum(counts: dict[tuple[ActionState, Reason], int], *states: ActionState) -> int:
    return sum(count for (state, _), count in counts.items() if state in states)
