"""What would come of sending a campaign now: the one computation behind the check, Send and the freeze."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.campaigns.addressing import check_of
from bot.campaigns.selecting import Selecting
from bot.domain.audience import Audience
from bot.domain.channels import CHANNELS
from bot.domain.money import Money, by_currency
from bot.domain.preflight import LeftOut, Verdict, judge, reasons_to_leave_out
from bot.domain.recipients import Check, Recipients, settle
from bot.domain.states import Reason
from storage import audiences, customer_filter, customers, settings
from storage.customer_filter import Condition
from storage.models import Campaign

PART = 2_000
"""Customers looked at together where the whole plan is not needed at once."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One selected customer: whether a message goes, and to whom; `recipients` say why a person must decide."""

    customer_id: int
    verdict: Verdict
    recipients: Recipients


@dataclass(frozen=True, slots=True)
class Plan:
    """The selected customers, in the order of names."""

    rows: tuple[Planned, ...]
    recent_days: int

    @property
    def going(self) -> tuple[Planned, ...]:
        """Return those who become actions, queued or manual."""
        return tuple(row for row in self.rows if row.verdict.goes)

    @property
    def to_send(self) -> int:
        """Count those whose message goes out by itself."""
        return sum(1 for row in self.going if row.recipients.usable)

    @property
    def manual(self) -> dict[Reason, int]:
        """Count those whose message needs a person, by reason, the most frequent first."""
        found = Counter(row.recipients.reason for row in self.going)
        return {reason: count for reason, count in found.most_common() if reason is not None}

    @property
    def left_out(self) -> dict[LeftOut, int]:
        """Count those who are left out, by reason."""
        return _counted(row.verdict.reason for row in self.rows if not row.verdict.goes)

    @property
    def put_back(self) -> dict[LeftOut, int]:
        """Count those who are written to only because their group was put back, by reason."""
        return _counted(row.verdict.reason for row in self.rows if row.verdict.is_put_back)


def make(session: Session, selecting: Selecting, campaign: Campaign) -> Plan:
    """Work the plan out, in a constant number of queries; it holds one small row for each selected customer."""
    condition = selecting.selected(Audience.from_json(campaign.audience))
    return _plan(session, selecting, _Rules.read(session, campaign), condition)


def in_parts(session: Session, selecting: Selecting, campaign: Campaign) -> Iterator[Plan]:
    """Yield the same plan in parts of a few thousand customers, so that a large one is never in memory as a whole."""
    condition = selecting.selected(Audience.from_json(campaign.audience))
    ids = audiences.ids(session, condition)
    rules = _Rules.read(session, campaign)
    for start in range(0, len(ids), PART):
        part = customer_filter.among(selecting.scope, ids[start : start + PART])
        yield _plan(session, selecting, rules, part)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is the same for every customer of a campaign."""

    campaign: Campaign
    recent_days: int
    suppressed: Mapping[str, str]
    check: Check

    @classmethod
    def read(cls, session: Session, campaign: Campaign) -> _Rules:
        of = campaign.workspace_id
        return cls(
            campaign,
            settings.recent_contact_days(session, of),
            audiences.suppressed(session, of, campaign.channel),
            check_of(session, of, CHANNELS[campaign.channel].address),
        )


def _plan(session: Session, selecting: Selecting, rules: _Rules, condition: Condition) -> Plan:
    campaign, days = rules.campaign, rules.recent_days
    standings = audiences.standings(session, selecting.scope, condition, selecting.today)
    kind = CHANNELS[campaign.channel]
    contacts = audiences.contacts(session, selecting.scope, condition, kind.address)
    rows = []
    for customer_id, standing in standings.items():
        reasons = reasons_to_leave_out(standing, today=selecting.today, now=selecting.now, recent_days=days)
        recipients = settle(
            contacts.get(customer_id, ()),
            campaign.to_positions,
            suppressed=rules.suppressed,
            check=rules.check,
            most=kind.most_recipients,
        )
        rows.append(Planned(customer_id, judge(reasons, campaign.put_back), recipients))
    return Plan(tuple(rows), days)


def asked_for(
    session: Session, selecting: Selecting, campaign: Campaign, plan: Plan, *, but: Collection[int] = ()
) -> tuple[Money, ...]:
    """Sum what those whose message goes out by itself are asked for: overdue and undisputed, per currency.

    `but` are customers whose message will need a person for a reason that the plan does not know.
    """
    condition = selecting.selected(Audience.from_json(campaign.audience))
    amounts = customers.asked_for(session, selecting.scope, condition, selecting.today)
    sent = (row.customer_id for row in plan.going if row.recipients.usable and row.customer_id not in but)
    return by_currency(money for customer_id in sent for money in amounts.get(customer_id, ()))


def _counted(reasons: Iterable[LeftOut | None]) -> dict[LeftOut, int]:
    found = Counter(reasons)
    return {reason: found[reason] for reason in LeftOut if found[reason]}
