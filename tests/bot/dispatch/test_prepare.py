"""The recheck: what facts of today keep a claimed action from going out, whom it goes to, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from bot.dispatch.prepare import Job, Later, Rechecked, Refused, prepare
from bot.domain.states import CampaignState, Reason
from storage import actions, settings
from storage.actions import Claimed
from storage.db import Database
from storage.models import Campaign, Customer, User, Workspace
from tests.builders import NOW, TODAY, Builder

pytestmark = pytest.mark.database("sqlite")
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
PAT, BOSS = "pat@acme.example", "boss@acme.example"


class Ground:
    def __init__(self, db: Database, build: Builder) -> None:
        self.db, self.build = db, build
        self.alice: User = build.user()
        self.campaign: Campaign = build.campaign(self.alice, state=CampaignState.SENDING)

    def customer(self, *invoices: dict[str, Any], **values: Any) -> Customer:
        customer = self.build.customer(overdue=None, email=None, **values)
        for each in invoices:
            self.build.invoice(customer, **each)
        return customer

    def action(
        self, customer: Customer | None = None, *to: str, campaign: Campaign | None = None, **values: Any
    ) -> int:
        campaign = campaign or self.campaign
        kind = "phone" if campaign.channel == "sms" else "email"
        recipients = [{"contact_id": None, "name": "Pat", kind: address} for address in to or (PAT,)]
        made = {"due_at": NOW, "recipients": recipients} | values
        return self.build.action(campaign, customer or self.customer({}), **made).id

    def claimed(self, channel: str = "email") -> list[Claimed]:
        with self.db.write() as session:
            return actions.claim_due(
                session, worker_name="w", now=NOW, limit=50, lease=timedelta(minutes=5), channels=[channel]
            )

    def prepare(self, rows: list[Claimed] | None = None, channel: str = "email") -> list[Rechecked]:
        rows = self.claimed(channel) if rows is None else rows
        with self.db.read() as session:
            return prepare(session, rows, NOW)

    def only(self, channel: str = "email") -> Rechecked:
        [found] = self.prepare(channel=channel)
        return found


@pytest.fixture
def ground(db: Database, build: Builder) -> Ground:
    return Ground(db, build)


def test_jobs_come_in_the_order_of_the_claim_whatever_their_campaign_and_workspace(
    ground: Ground, build: Builder
) -> None:
    customer = ground.customer({})
    second = build.campaign(ground.alice, state=CampaignState.SENDING, subject="Second", body="Two")
    for campaign in (ground.campaign, second):
        ground.action(customer, campaign=campaign)
        ground.action(campaign=campaign)
    build.workspace()
    elsewhere = build.campaign(build.user("Bob Stone"), state=CampaignState.SENDING, subject="Third")
    ground.action(campaign=elsewhere)
    rows = sorted(ground.claimed(), key=lambda row: row.customer_id % 3)
    jobs = ground.prepare(rows)
    assert [job.claimed.id for job in jobs] == [row.id for row in rows]
    for job in jobs:
        assert isinstance(job, Job)
        campaign = next(c for c in (ground.campaign, second, elsewhere) if c.id == job.claimed.campaign_id)
        assert (job.letter.subject, job.letter.body) == (campaign.subject, campaign.body)
        assert (job.facts.customer.id, job.as_of) == (job.claimed.customer_id, NOW)
        assert job.facts.sender.name == ("Bob Stone" if campaign is elsewhere else "Alice Martin")
        assert (job.letter.attach_statement, job.letter.printing) == (False, None)


def test_many_actions_of_a_campaign_are_rechecked_with_as_many_queries_as_one(ground: Ground) -> None:
    for _ in range(5):
        ground.action()
    rows, asked = ground.claimed(), []
    event.listen(ground.db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    ground.prepare(rows[:1])
    one = len(asked)
    ground.prepare(rows)
    assert one > 0
    assert len(asked) == 2 * one


@pytest.mark.parametrize(("invoices", "reason"), [
    ([], Reason.PAID),
    ([{"outstanding": 0, "total": 5, "status": "paid"}], Reason.PAID),
    ([{"outstanding": 0, "total": 5}], Reason.PAID),  # nothing is owed, whatever its status says
    ([{"outstanding": 1}], None),
    ([{"days_overdue": 0}], Reason.PAID),  # due today is not overdue
    ([{"days_overdue": 1}], None),
    ([{"status": "disputed"}], Reason.ALL_DISPUTED),
    ([{"status": "disputed"}, {"days_overdue": 0}], Reason.ALL_DISPUTED),
    ([{"status": "disputed"}, {}], None),
    ([{"promised_on": TODAY}], Reason.PROMISED),  # the day is not over
    ([{"promised_on": YESTERDAY}], None),  # a promise that was broken
    ([{"promised_on": TOMORROW}, {"status": "disputed"}], Reason.PROMISED),
    ([{"promised_on": TOMORROW}, {}], None),
])  # fmt: skip
def test_what_may_be_collected_today_decides(
    ground: Ground, invoices: list[dict[str, Any]], reason: Reason | None
) -> None:
    ground.action(ground.customer(*invoices))
    found = ground.only()
    if reason is None:
        assert isinstance(found, Job)
    else:
        assert isinstance(found, Refused)
        assert (found.reason, found.skip, found.detail) == (reason, True, None)


def test_a_pause_holds_until_its_day_and_counts_before_all_else(ground: Ground) -> None:
    ground.action(ground.customer({}, paused_until=TODAY))
    ground.action(ground.customer(paused_until=TOMORROW))
    ground.action(ground.customer({}, paused_until=TOMORROW), in_spite_of=["paused"])
    ground.action(ground.customer(paused_until=TOMORROW), in_spite_of=["paused"])
    first, second, third, fourth = ground.prepare()
    assert isinstance(first, Job)
    assert isinstance(second, Refused) and second.reason is Reason.PAUSED
    assert isinstance(third, Job)
    assert isinstance(fourth, Refused) and fourth.reason is Reason.PAID  # put back of one reason, not of all


def test_a_customer_that_is_gone_is_skipped(ground: Ground) -> None:
    ground.action()
    [row] = ground.claimed()
    gone = replace(row, customer_id=row.customer_id + 99)
    assert ground.prepare([gone]) == [Refused(gone, Reason.CUSTOMER_GONE, skip=True)]


def test_whoever_must_not_be_contacted_is_left_out_of_to_and_cc(ground: Ground, build: Builder) -> None:
    for address in ("gone@acme.example", "copy@acme.example"):
        build.suppression(address)
    build.suppression(PAT, channel="sms")
    first = build.contact(ground.customer(), first_name="Gone").id
    customer = ground.customer({})
    second = build.contact(customer, first_name="Quinn", is_main=False).id
    to = [
        {"contact_id": first, "name": "Gone", "email": "Gone@Acme.example"},
        {"contact_id": second, "name": None, "email": PAT},
    ]
    ground.action(customer, recipients=to, cc=["COPY@acme.example", BOSS])
    job = ground.only()
    assert isinstance(job, Job)
    assert (job.to, job.cc) == ((("", PAT),), (("", BOSS),))
    assert job.facts.contact is not None and job.facts.contact.first_name == "Quinn"
    assert job.says == (job.letter, job.facts, job.to, job.cc)


def test_where_nobody_may_be_written_to_it_is_a_persons(ground: Ground, build: Builder) -> None:
    build.suppression(PAT)
    build.suppression(BOSS)
    ground.action(None, PAT, BOSS)
    ground.action(None, recipients=[])
    closed, nobody = ground.prepare()
    assert isinstance(closed, Refused) and isinstance(nobody, Refused)
    assert (closed.reason, closed.skip, closed.detail) == (Reason.SUPPRESSED, False, f"{PAT}, {BOSS}")
    assert (nobody.reason, nobody.skip, nobody.detail) == (Reason.NO_CONTACT, False, None)


def test_a_sender_whose_address_is_no_longer_verified_sends_nothing(ground: Ground) -> None:
    ground.action()
    ground.action()
    with ground.db.write() as session:
        session.execute(update(User).values(email_verified=False))
    found = ground.prepare()
    assert [(r.reason, r.skip) for r in found if isinstance(r, Refused)] == [(Reason.SENDER_UNVERIFIED, False)] * 2


@pytest.mark.parametrize(("customer", "number", "now", "due_at"), [
    ({"time_zone": "Europe/Berlin"}, "+12025550143", "2026-03-10T09:00", None),  # 10:00 there
    ({"time_zone": "Europe/Berlin"}, "+4915123456789", "2026-03-10T08:59", "2026-03-10T09:00"),
    ({"time_zone": "America/Los_Angeles"}, "+12025550143", "2026-03-10T09:00", "2026-03-10T17:00"),
    ({}, "+81312345678", "2026-03-10T09:00", None),  # by the number: 18:00 in Tokyo
    ({}, "+81312345678", "2026-03-10T11:00", "2026-03-11T01:00"),
    ({}, "", "2026-03-10T11:00", "2026-03-10T14:00"),  # by the workspace: 07:00 in New York
    ({"country": "DE"}, "", "2026-12-25T17:00", "2026-12-28T15:00"),  # Christmas, the day after, and Sunday
])  # fmt: skip
def test_outside_the_recipients_hours_it_waits_for_them(
    ground: Ground, build: Builder, customer: dict[str, Any], number: str, now: str, due_at: str | None
) -> None:
    """The hours are those of the channel in the workspace, on the clock of the first recipient."""
    with ground.db.write() as session:
        settings.set_sending_hours(session, build.workspace_id, {"sms": "10:00-20:00 Mon-Sat"})
        session.execute(update(Workspace).values(time_zone="America/New_York"))
    campaign = build.campaign(ground.alice, state=CampaignState.SENDING, channel="sms")
    values = {"country": None} | customer
    ground.action(ground.customer({}, **values), number or "+4410000000000000", "+4915123456789", campaign=campaign)
    rows, at = ground.claimed("sms"), datetime.fromisoformat(now).replace(tzinfo=UTC)
    with ground.db.read() as session:
        [found] = prepare(session, rows, at)
    if due_at is None:
        assert isinstance(found, Job)
    else:
        assert found == Later(rows[0], datetime.fromisoformat(due_at).replace(tzinfo=UTC))
    ground.action()
    assert isinstance(ground.only(), Job)  # an email goes at any time


def test_a_letter_is_told_how_it_looks_and_of_which_campaign_it_is(ground: Ground, build: Builder) -> None:
    campaign = build.campaign(ground.alice, state=CampaignState.SENDING, channel="letter", name="By post")
    postal = {"name": "Acme", "street": "Hauptstraße 5", "postcode": "10115", "city": "Berlin", "country": "DE"}
    ground.action(campaign=campaign, recipients=[{"contact_id": None, "name": "Acme", "postal": postal}])
    job = ground.only("letter")
    assert isinstance(job, Job) and job.letter.printing is not None
    assert (job.letter.printing.campaign_id, job.letter.printing.campaign) == (campaign.id, "By post")
