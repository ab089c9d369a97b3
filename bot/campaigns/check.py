"""The check before Send: who is written to, who needs a person, who is left out and why, and what stops it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bot.campaigns import compose, hours, letter_costs, plan, sms_costs
from bot.campaigns.drafts import CHANGED, draft_of
from bot.campaigns.gaps import Gaps, gaps_of
from bot.campaigns.plan import Plan, Planned
from bot.campaigns.selecting import Selecting
from bot.campaigns.views import CheckView, ReasonCount
from bot.domain.access import Caller
from bot.domain.audience import Audience
from bot.domain.channels import CHANNELS, AddressKind
from bot.domain.preflight import LeftOut, left_out_text
from bot.domain.states import Reason, reason_text
from bot.errors import Conflict, FieldErrors, NotFound
from bot.letters import printing_of
from storage import campaigns, customers
from storage.db import Database
from storage.models import Campaign

EXAMPLES = 3
"""How many customers of each reason are named."""
PASSED = "This time has passed. Choose a later one, or send now."


AT_ONCE = 5_000
"""Customers for which a click may wait until it is worked out who of them is written to (a few tenths of a second)."""
LETTERS_AT_ONCE = 50
"""The same for letters, as some are set in type to see that addresses fit, and to count pages."""


def at_once(channel: str) -> int:
    """Return for how many customers a click may wait for the check."""
    return LETTERS_AT_ONCE if CHANNELS[channel].address is AddressKind.POSTAL else AT_ONCE


def selected(db: Database, caller: Caller, campaign_id: int, now: datetime | None = None) -> tuple[int, bool]:
    """Count the customers whom one of the caller's drafts selects, and say whether a click may wait for the check.

    It is quick, however many there are.
    """
    with db.read() as session:
        selecting = Selecting.open(session, caller, now or db.now())
        draft = draft_of(session, caller, campaign_id)
        found = customers.count(session, selecting.selected(Audience.from_json(draft.audience)))
        return found, found <= at_once(draft.channel)


def run(db: Database, caller: Caller, campaign_id: int, now: datetime | None = None) -> CheckView:
    """Check one of the caller's drafts as it is now."""
    with db.read() as session:
        return _view(session, Selecting.open(session, caller, now or db.now()), draft_of(session, caller, campaign_id))


def put_back(
    db: Database, caller: Caller, campaign_id: int, reason: str, on: bool, *, now: datetime | None = None
) -> None:
    """Write to the customers left out for `reason` all the same, or no longer; a second call changes nothing."""
    if reason not in set(LeftOut):
        raise NotFound("There is no such group.")
    with db.write() as session:
        selecting = Selecting.open(session, caller, now or db.now())
        draft = draft_of(session, caller, campaign_id, lock=True)
        groups = [group.value for group in LeftOut if (group.value in draft.put_back if group != reason else on)]
        _store(session, selecting, draft, "put_back", groups)


def set_send_at(
    db: Database, caller: Caller, campaign_id: int, when: datetime | None, *, now: datetime | None = None
) -> int:
    """Choose when the campaign goes out, and return the draft's version; None means now, after the hold.

    Raises FieldErrors for a past moment.
    """
    with db.write() as session:
        selecting = Selecting.open(session, caller, now or db.now())
        draft = draft_of(session, caller, campaign_id, lock=True)
        if when is not None and when <= selecting.now:
            raise FieldErrors({"send_at": PASSED})
        return _store(session, selecting, draft, "send_at", when)


def problems_of(
    session: Session, selecting: Selecting, draft: Campaign, *, selected: int, going: int
) -> tuple[str, ...]:
    """Return what keeps the draft from being sent, in words; empty when Send may be pressed."""
    problems = []
    if not selected:
        problems.append("No customers are selected. Go back and pick some.")
    elif not going:
        problems.append("Every selected customer is left out. Put a group back, or pick others.")
    problems += compose.faults_of(session, draft).values()
    if CHANNELS[draft.channel].address is AddressKind.POSTAL and not printing_of(session, draft.workspace_id).is_whole:
        problems.append("Letters need our own postal address. An admin writes it down: /campaign settings, Sending.")
    if draft.send_at is not None and draft.send_at <= selecting.now:
        problems.append(PASSED)
    return tuple(problems)


def _store(session: Session, selecting: Selecting, draft: Campaign, column: str, value: object) -> int:
    if getattr(draft, column) != value and not campaigns.save_draft(session, draft, {column: value}, now=selecting.now):
        raise Conflict(CHANGED)
    return draft.version


def _view(session: Session, selecting: Selecting, draft: Campaign) -> CheckView:
    found = plan.make(session, selecting, draft)
    gaps = gaps_of(session, selecting, draft, found)
    return CheckView(
        campaign_id=draft.id,
        version=draft.version,
        name=draft.name,
        channel=draft.channel,
        to_send=found.to_send - gaps.count,
        manual=_manual(found, draft, gaps, _examples(session, selecting, found)),
        left_out=_left_out(found, draft),
        overdue=plan.asked_for(session, selecting, draft, found, but=gaps.customers),
        selected=len(found.rows),
        problems=problems_of(session, selecting, draft, selected=len(found.rows), going=len(found.going)),
        send_at=draft.send_at,
        notes=_notes(session, draft, found),
        waiting=hours.waiting(session, draft, found, max(draft.send_at or selecting.now, selecting.now)),
        going=tuple(row.customer_id for row in found.going),
    )


def _examples(session: Session, selecting: Selecting, found: Plan) -> dict[Reason, tuple[str, ...]]:
    """Return the first customers whose message needs a person, by reason, each with what is wrong."""
    rows: dict[Reason, list[Planned]] = {}
    for row in found.going:
        if row.recipients.reason is not None:
            rows.setdefault(row.recipients.reason, []).append(row)
    first = {reason: each[:EXAMPLES] for reason, each in rows.items()}
    ids = [row.customer_id for each in first.values() for row in each]
    names = {each.id: each.name for each in customers.names(session, selecting.scope, ids)}
    return {
        reason: tuple(": ".join(filter(None, (names.get(row.customer_id), row.recipients.detail))) for row in each)
        for reason, each in first.items()
    }


def _manual(
    found: Plan, draft: Campaign, gaps: Gaps, examples: Mapping[Reason, tuple[str, ...]]
) -> tuple[ReasonCount, ...]:
    kind = CHANNELS[draft.channel]
    rows = [
        ReasonCount(reason.value, reason_text(reason, kind), count, examples=examples.get(reason, ()))
        for reason, count in found.manual.items()
    ]
    if gaps.count:
        tags = ", ".join("`{{" + tag + "}}`" for tag in gaps.tags)
        least = ", at least" if gaps.at_least else ""
        words = f"nothing to say at {tags}{least}; see them with *Empty values*, or write a `default`"
        rows.append(ReasonCount(Reason.EMPTY_VALUE.value, words, gaps.count))
    return tuple(rows)


def _notes(session: Session, draft: Campaign, found: Plan) -> tuple[str, ...]:
    costs = sms_costs.costs_of(session, draft, found)
    if costs:
        return sms_costs.notes_of(costs)
    posted = letter_costs.costs_of(session, draft, found)
    return letter_costs.notes_of(posted) if posted else ()


def _left_out(found: Plan, draft: Campaign) -> tuple[ReasonCount, ...]:
    rows = []
    for reason in LeftOut:
        is_back = reason.value in draft.put_back
        count = found.put_back.get(reason, 0) if is_back else found.left_out.get(reason, 0)
        if count or is_back:
            rows.append(ReasonCount(reason.value, left_out_text(reason, found.recent_days), count, is_back))
    return tuple(rows)
