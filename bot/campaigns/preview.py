"""The preview: the real message for a real customer of the audience, while it is being written too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from bot.campaigns import letter_costs, sms_costs
from bot.campaigns.addressing import check_of
from bot.campaigns.compose import faults_of, positions
from bot.campaigns.drafts import draft_of, view_of
from bot.campaigns.selecting import Selecting
from bot.campaigns.views import PreviewView, WritingView
from bot.domain.access import Caller
from bot.domain.audience import Audience
from bot.domain.channels import CHANNELS, LETTER, SMS
from bot.domain.merge import MergeFacts, SenderFacts
from bot.domain.postal import PostalAddress
from bot.domain.recipients import Reachable, settle
from bot.errors import FieldErrors, NotFound
from bot.letters import envelope_of, printing_of
from bot.rendering.content import Content, Rendered, compile_content
from bot.rendering.preview import Shown, preview_of
from bot.rendering.statement import statement_name
from storage import audiences, campaigns, customers, merge_facts
from storage.customer_filter import Condition, among
from storage.db import Database
from storage.models import Campaign

Worst = Literal["longest", "most_invoices", "empty_tags"]
CANDIDATES = 200
"""Of a larger audience so many are rendered to find the worst case: those that the database says are likely."""
_NO_SENDER = SenderFacts("(no sender yet)", "")


@dataclass(frozen=True, slots=True)
class _Looking:
    """What one preview is looked for with."""

    session: Session
    selecting: Selecting
    draft: Campaign
    selected: Condition
    among: tuple[int, ...] = ()
    """Who is walked through, by name; empty for everybody selected."""


def writing(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> WritingView:
    """Return what the writing screen shows: the draft, the positions to choose from, and the first message as `show`.

    Of a draft that can't be sent as it is, what is wrong with it stands in place of the message: until then there is
    none to show, and nobody is looked for among the customers.
    """
    with db.read() as session:
        row = draft_of(session, caller, campaign_id)
        draft, offered = view_of(session, row), positions(session, caller)
        faults = tuple(faults_of(session, row).values())
        if faults:
            return WritingView(draft, offered, _without_message(row, faults))
    return WritingView(draft, offered, show(db, caller, campaign_id, now=now))


def show(
    db: Database,
    caller: Caller,
    campaign_id: int,
    *,
    index: int | None = None,
    worst: Worst | None = None,
    customer_id: int | None = None,
    among: tuple[int, ...] = (),
    now: datetime | None = None,
) -> PreviewView:
    """Return the message for one customer of the draft's audience: by `customer_id`, the worst case, or by `index`.

    `among` are the ids of those of the audience to choose from, in the order of names (a CheckView's `going`).
    The index wraps around at both ends; without any of the three it is the first by name. What keeps the message from
    being written is told in `faults`. Raises NotFound for a customer that the caller may not see or did not select.
    """
    with db.read() as session:
        selecting = Selecting.open(session, caller, now)
        draft = draft_of(session, caller, campaign_id)
        looking = _Looking(session, selecting, draft, selecting.selected(Audience.from_json(draft.audience)), among)
        total = len(among) or customers.count(session, looking.selected)
        content, faults = _compiled(looking)
        if not total:
            return _without_message(draft, ("No customers are selected yet.", *faults))
        chosen, at = _choose(looking, total, content, index=index, worst=worst, customer_id=customer_id)
        return _view(looking, chosen, at, total, content, faults)


def _compiled(looking: _Looking) -> tuple[Content | None, tuple[str, ...]]:
    faults = tuple(faults_of(looking.session, looking.draft).values())
    try:
        return compile_content(looking.draft.subject, looking.draft.body, CHANNELS[looking.draft.channel]), faults
    except FieldErrors:
        return None, faults


def _choose(
    looking: _Looking,
    total: int,
    content: Content | None,
    *,
    index: int | None,
    worst: str | None,
    customer_id: int | None,
) -> tuple[int, int]:
    """Return the customer and where it stands by name."""
    if worst is not None:
        customer_id = _worst(looking, worst, content)
    if customer_id is None:
        at = (index or 0) % total
        found = looking.among[at] if looking.among else customers.nth(looking.session, looking.selected, at)
        if found is not None:
            return found, at
        customer_id = -1
    position = customers.index_of(looking.session, looking.selected, customer_id)
    if position is None or (looking.among and customer_id not in looking.among):
        raise NotFound("There is no such customer in this campaign.")
    return customer_id, looking.among.index(customer_id) if looking.among else position


def _worst(looking: _Looking, worst: str, content: Content | None) -> int | None:
    if worst == "most_invoices" or content is None:
        return next(iter(_likely(looking, customers.with_most_invoices)), None)
    ids = _likely(looking, customers.with_most_gaps if worst == "empty_tags" else customers.with_most_invoices)
    rendered = _render(looking, ids, content)
    badness: Callable[[int], int] = (
        (lambda i: len(rendered[i].empty_tags)) if worst == "empty_tags" else (lambda i: len(rendered[i].text))
    )
    return max((i for i in ids if i in rendered), key=badness, default=None)


def _likely(looking: _Looking, find: Callable[[Session, Condition, date, int], list[int]]) -> list[int]:
    """Return the likeliest worst cases of those who are walked through."""
    most = len(looking.among) and customers.count(looking.session, looking.selected)
    ids = find(looking.session, looking.selected, looking.selecting.today, max(most, CANDIDATES))
    walked = set(looking.among or ids)
    return [each for each in ids if each in walked][:CANDIDATES]


def _recipients(looking: _Looking, ids: list[int]) -> dict[int, tuple[Reachable, ...]]:
    """Return whom the message of each customer would go to."""
    session, draft = looking.session, looking.draft
    kind, scope = CHANNELS[draft.channel], looking.selecting.scope
    contacts = audiences.contacts(session, scope, among(scope, ids), kind.address)
    suppressed = audiences.suppressed(session, draft.workspace_id, draft.channel)
    check = check_of(session, draft.workspace_id, kind.address)
    return {
        i: settle(
            contacts.get(i, ()),
            draft.to_positions,
            suppressed=suppressed,
            check=check,
            most=kind.most_recipients,
        ).usable
        for i in ids
    }


def _facts(looking: _Looking, ids: list[int]) -> dict[int, MergeFacts]:
    recipients = _recipients(looking, ids)
    sender = campaigns.sender_of(looking.session, looking.draft)
    return merge_facts.load(
        looking.session,
        looking.draft.workspace_id,
        ids,
        sender=sender.facts if sender else _NO_SENDER,
        contact_ids={i: found[0].id for i, found in recipients.items() if found},
        now=looking.selecting.now,
    )


def _render(looking: _Looking, ids: list[int], content: Content) -> dict[int, Rendered]:
    return {i: content.render(found) for i, found in _facts(looking, ids).items()}


def _view(
    looking: _Looking, customer_id: int, at: int, total: int, content: Content | None, faults: tuple[str, ...]
) -> PreviewView:
    named = customers.names(looking.session, looking.selecting.scope, [customer_id])
    recipients = _recipients(looking, [customer_id])[customer_id]
    sender = campaigns.sender_of(looking.session, looking.draft)
    rendered = _render(looking, [customer_id], content)[customer_id] if content else None
    return PreviewView(
        campaign_id=looking.draft.id,
        channel=looking.draft.channel,
        customer_id=customer_id,
        customer_name=named[0].name if named else "",
        index=at,
        total=total,
        to=tuple(f"{c.name} <{c.address}>".strip() for c in recipients),
        cc=tuple(looking.draft.cc),
        sender=f"{sender.facts.name} <{sender.facts.email}>" if sender else "",
        subject=rendered.subject if rendered else "",
        text=rendered.text if rendered else "",
        shown=preview_of(rendered) if rendered else Shown(),
        empty_tags=rendered.empty_tags if rendered else (),
        faults=faults,
        notes=_notes(looking, customer_id, content, rendered, recipients) if content and rendered else (),
        address=_envelope(looking, recipients),
        attachments=(statement_name(looking.selecting.today),) if looking.draft.attach_statement else (),
    )


def _notes(
    looking: _Looking, customer_id: int, content: Content, rendered: Rendered, recipients: tuple[Reachable, ...]
) -> tuple[str, ...]:
    if looking.draft.channel == LETTER.name:
        facts = _facts(looking, [customer_id])[customer_id]
        return letter_costs.notes_for(looking.session, looking.draft.workspace_id, content, facts, recipients)
    if looking.draft.channel != SMS.name:
        return ()
    to = str(recipients[0].address or "") if recipients else ""
    return sms_costs.notes_on(rendered, to, sms_costs.prices_of(looking.session, looking.draft.workspace_id))


def _envelope(looking: _Looking, recipients: tuple[Reachable, ...]) -> tuple[str, ...]:
    """Return the lines in the window of a letter; none of other channels."""
    to = recipients[0].address if recipients else None
    if not isinstance(to, PostalAddress):
        return ()
    return envelope_of(printing_of(looking.session, looking.draft.workspace_id), to)


def _without_message(draft: Campaign, faults: tuple[str, ...]) -> PreviewView:
    return PreviewView(
        campaign_id=draft.id,
        channel=draft.channel,
        customer_id=None,
        customer_name="",
        index=0,
        total=0,
        to=(),
        cc=tuple(draft.cc),
        sender="",
        subject="",
        text="",
        shown=Shown(),
        empty_tags=(),
        faults=faults,
    )
