"""The recheck: from claimed actions and fresh facts to jobs that may go out, or why they may not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from bot.channels.base import Address
from bot.channels.local_time import opening
from bot.domain.channels import CHANNELS, AddressKind, ChannelKind
from bot.domain.folding import fold_address
from bot.domain.merge import MergeFacts
from bot.domain.preflight import LeftOut, Standing, judge, reasons_to_leave_out
from bot.domain.sending_hours import SendingHours, parse_hours
from bot.domain.states import Reason
from bot.letters import Printing, printing_of
from storage import campaigns, merge_facts, outbox, settings, workspaces
from storage.actions import Claimed
from storage.models import Campaign

SKIPS = {
    LeftOut.PAUSED: Reason.PAUSED,
    LeftOut.NOTHING_OVERDUE: Reason.PAID,
    LeftOut.ALL_DISPUTED: Reason.ALL_DISPUTED,
    LeftOut.PROMISED: Reason.PROMISED,
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What the author wrote, the same for every customer of a campaign."""

    subject: str
    body: str
    attach_statement: bool
    printing: Printing | None = None
    """How it looks on paper, where it goes there."""


@dataclass(frozen=True, slots=True)
class Job:
    """One action that may go out, with everything its message is made of, as it was at `as_of`."""

    claimed: Claimed
    letter: Letter
    facts: MergeFacts
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    as_of: datetime

    @property
    def says(self) -> tuple[Letter, MergeFacts, tuple[Address, ...], tuple[Address, ...]]:
        """Return what decides every word of the message: when it changed, the message must be made anew."""
        return self.letter, self.facts, self.to, self.cc


@dataclass(frozen=True, slots=True)
class Refused:
    """One action that must not go out by itself; `skip` says that nobody needs to decide either."""

    claimed: Claimed
    reason: Reason
    skip: bool
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """One action whose recipient must not be written to before `due_at`: outside of the local sending hours."""

    claimed: Claimed
    due_at: datetime


Rechecked = Job | Refused | Later
Prepare = Callable[[Session, Sequence[Claimed], datetime], list[Rechecked]]
"""What turns claimed actions into jobs; runs in the database thread, within its transaction."""


def prepare(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Rechecked]:
    """Recheck claimed actions against what the database says now, a constant number of queries a campaign."""

    def key(row: Claimed) -> tuple[int, int]:
        return row.workspace_id, row.campaign_id

    checked: list[Rechecked] = []
    for _, rows in groupby(sorted(claimed, key=key), key):
        checked += _of_one_campaign(session, list(rows), now)
    order = {row.id: n for n, row in enumerate(claimed)}
    return sorted(checked, key=lambda c: order[c.claimed.id])


def _of_one_campaign(session: Session, rows: list[Claimed], now: datetime) -> list[Rechecked]:
    workspace_id, channel = rows[0].workspace_id, rows[0].channel
    campaign = outbox.campaign(session, workspace_id, rows[0].campaign_id)
    sender = campaigns.sender_of(session, campaign)
    if sender is None:
        return [Refused(row, Reason.SENDER_UNVERIFIED, skip=False) for row in rows]
    kind = CHANNELS[channel]
    letter = _letter(session, campaign, kind)
    addresses = {kind.address_of(r) for row in rows for r in row.recipients} | {a for row in rows for a in row.cc}
    suppressed = outbox.suppressed(session, workspace_id, channel, addresses)
    open_to = {row.id: [r for r in row.recipients if _may_have(kind.address_of(r), suppressed)] for row in rows}
    ids = [row.customer_id for row in rows]
    facts = merge_facts.load(
        session, workspace_id, ids, sender=sender.facts, contact_ids=_first_contacts(rows, open_to), now=now
    )
    paused = outbox.paused_until(session, workspace_id, ids)
    hours = _Hours.of(session, workspace_id, kind)
    checked: list[Rechecked] = []
    for row in rows:
        fresh, to = facts.get(row.customer_id), open_to[row.id]
        if fresh is None:
            checked.append(Refused(row, Reason.CUSTOMER_GONE, skip=True))
        elif refused := _refusal(row, kind, fresh, to, paused.get(row.customer_id), now):
            checked.append(refused)
        elif (due_at := hours.opening(to, fresh, now)) > now:
            checked.append(Later(row, due_at))
        else:
            cc = tuple(("", a) for a in row.cc if _may_have(a, suppressed))
            checked.append(Job(row, letter, fresh, tuple((r["name"] or "", kind.address_of(r)) for r in to), cc, now))
    return checked


def _letter(session: Session, campaign: Campaign, kind: ChannelKind) -> Letter:
    printing = None
    if kind.address is AddressKind.POSTAL:
        look = printing_of(session, campaign.workspace_id)
        printing = replace(look, campaign_id=campaign.id, campaign=campaign.name)
    return Letter(campaign.subject, campaign.body, campaign.attach_statement, printing)


@dataclass(frozen=True, slots=True)
class _Hours:
    """The sending hours of one channel in one workspace."""

    kind: ChannelKind
    hours: SendingHours | None
    zone: str

    @classmethod
    def of(cls, session: Session, workspace_id: int, kind: ChannelKind) -> _Hours:
        hours = parse_hours(settings.sending_hours(session, workspace_id).get(kind.name, ""))
        return cls(kind, hours, workspaces.get(session, workspace_id).time_zone)

    def opening(self, to: list[dict[str, Any]], facts: MergeFacts, now: datetime) -> datetime:
        """Return when the message may go to its first recipient."""
        if self.hours is None:
            return now
        address, customer = self.kind.address_of(to[0]), facts.customer
        return opening(
            self.hours,
            self.kind,
            address,
            now,
            zone=customer.time_zone,
            country=customer.country,
            workspace_zone=self.zone,
        )


def _refusal(
    row: Claimed,
    kind: ChannelKind,
    facts: MergeFacts,
    to: list[dict[str, Any]],
    paused: date | None,
    now: datetime,
) -> Refused | None:
    reason = _reason_to_skip(facts, paused, now, row.in_spite_of)
    if reason is not None:
        return Refused(row, reason, skip=True)
    if to:
        return None
    addresses = [kind.address_of(r) for r in row.recipients]
    reason = Reason.SUPPRESSED if any(addresses) else Reason.NO_CONTACT
    return Refused(row, reason, skip=False, detail=", ".join(addresses) or None)


def _reason_to_skip(
    facts: MergeFacts, paused: date | None, now: datetime, in_spite_of: Collection[str]
) -> Reason | None:
    """Return why nothing may go out, but for what the customer's group was put back in spite of."""
    overdue = [i for i in facts.invoices if i.due_date < facts.today]  # the facts hold what is outstanding
    undisputed = [i for i in overdue if i.status == "open"]
    collectible = [i for i in undisputed if i.promised_on is None or i.promised_on < facts.today]
    standing = Standing(len(overdue), len(undisputed), len(collectible), paused_until=paused)
    found = reasons_to_leave_out(standing, today=facts.today, now=now, recent_days=0)
    verdict = judge(found, in_spite_of)
    return SKIPS[verdict.reason] if verdict.reason and not verdict.goes else None


def _may_have(address: str, suppressed: set[str]) -> bool:
    return bool(address) and fold_address(address) not in suppressed


def _first_contacts(rows: list[Claimed], open_to: dict[int, list[dict[str, Any]]]) -> dict[int, int]:
    firsts = {row.customer_id: open_to[row.id][0].get("contact_id") for row in rows if open_to[row.id]}
    return {customer_id: contact_id for customer_id, contact_id in firsts.items() if contact_id}
