"""Reports of providers: duplicates, out of order, before our own call is settled, of an attempt gone by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.channels.base import Sighting
from bot.channels.postgrid import Fate, Status
from bot.dispatch import letter_receipts
from bot.dispatch.look_up import SURELY_OVER, judge
from bot.dispatch.receipts import BATCH, SmsReport, apply_pending, report, settle_seen
from bot.domain.states import ActionState, CampaignState
from storage.db import Database, utcnow
from storage.models import Action, ActionHistory, ProviderReceipt, Suppression
from tests.builders import NOW, Builder

SID = "SM1"
LATER = NOW + timedelta(hours=1)
UNCERTAIN = {"reason": "uncertain", "handed_off_at": NOW}


class Sent:
    """One SMS, or a letter, in whatever state."""

    def __init__(
        self,
        db: Database,
        build: Builder,
        state: ActionState = ActionState.SENT,
        *,
        channel: str = "sms",
        **values: Any,
    ) -> None:
        self.db = db
        campaign = build.campaign(build.user(), state=CampaignState.SENDING, channel=channel)
        customer = build.customer(email=None, phone="+4915123456789")
        given = {"provider_id": SID} if state is ActionState.SENT else {}
        self.id = build.action(campaign, customer, state=state, **(given | values)).id

    @property
    def now(self) -> Action:
        with self.db.read() as session:
            return session.scalars(select(Action).where(Action.id == self.id)).one()

    def history(self) -> list[tuple[str, str, datetime]]:
        with self.db.read() as session:
            query = select(ActionHistory).where(ActionHistory.action_id == self.id).order_by(ActionHistory.id)
            return [(row.event, row.actor, row.at) for row in session.scalars(query)]

    def events(self) -> list[str]:
        return [event for event, _, _ in self.history()]

    def kept(self) -> list[ProviderReceipt]:
        with self.db.read() as session:
            query = select(ProviderReceipt).where(ProviderReceipt.action_id == self.id)
            return list(session.scalars(query.order_by(ProviderReceipt.id)))


def test_delivered_once_however_often_and_in_whatever_order_it_is_told(db: Database, build: Builder) -> None:
    sent = Sent(db, build)
    for status in ("delivered", "sent", "delivered", "queued"):
        assert report(db, SmsReport(SID, status))
    assert (sent.now.state, sent.events()) == ("delivered", ["deliver"])


def test_what_came_back_is_a_persons_with_the_words_and_the_code(db: Database, build: Builder) -> None:
    sent = Sent(db, build)
    report(db, SmsReport(SID, "undelivered", 30003))
    report(db, SmsReport(SID, "undelivered", 30003))
    assert (sent.now.state, sent.now.reason) == ("manual", "bounced")
    assert (
        sent.now.detail
        == "The phone could not be reached: switched off, or out of service. Try again later. (Twilio 30003)"
    )
    assert sent.events() == ["bounce"]


def test_an_opt_out_that_is_told_late_suppresses(db: Database, build: Builder) -> None:
    Sent(db, build)
    report(db, SmsReport(SID, "undelivered", 21610))
    with db.read() as session:
        [kept] = session.scalars(select(Suppression))
    assert (kept.channel, kept.address, kept.cause) == ("sms", "+4915123456789", "opt_out")
    assert kept.note == "The recipient answered STOP and must not be written to. (Twilio 21610)"


def test_a_report_before_our_own_call_is_settled_waits(db: Database, build: Builder) -> None:
    sent = Sent(db, build, ActionState.SENDING, handed_off_at=NOW)
    assert report(db, SmsReport(SID, "delivered", ref=sent.now.message_id))
    assert sent.now.state == "sending"
    with db.write() as session:
        row = session.get_one(Action, sent.id)
        row.state, row.provider_id, row.claim_token, row.sent_at = "sent", SID, None, NOW
    assert apply_pending(db) == 1
    assert sent.now.state == "delivered"
    assert apply_pending(db) == 0


def test_an_uncertain_one_is_settled_by_its_report(db: Database, build: Builder) -> None:
    sent = Sent(db, build, ActionState.MANUAL, **UNCERTAIN, sent_text="please pay")
    assert report(db, SmsReport(SID, "sent", ref=sent.now.message_id), now=LATER)
    row = sent.now
    assert (row.state, row.reason, row.provider_id) == ("sent", "late_receipt", SID)
    assert (row.sent_subject, row.sent_text) == ("", "please pay")
    assert sent.history() == [("settle", "provider:twilio", LATER)]
    assert sent.kept()[0].applied_at == LATER


@pytest.mark.database("sqlite")
def test_a_letter_nobody_knew_of_is_settled_by_what_the_post_reports(db: Database, build: Builder) -> None:
    sent = Sent(db, build, ActionState.MANUAL, channel="letter", **UNCERTAIN, sent_subject="A letter")
    told = Status("letter_1", Fate.DELIVERED, "completed")
    assert letter_receipts.report(db, told, message_id=sent.now.message_id, now=LATER)
    assert apply_pending(db, now=LATER) == 1
    row = sent.now
    assert (row.state, row.provider_id, row.sent_at) == ("delivered", "letter_1", LATER)
    assert (row.sent_subject, row.sent_text) == ("A letter", "")
    assert sent.history() == [("settle", "provider:post", LATER), ("deliver", "provider:post", LATER)]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("channel", ["sms", "letter"])
def test_a_report_of_the_attempt_before_does_not_settle_an_uncertain_one(
    db: Database, build: Builder, channel: str
) -> None:
    """It came back, a person sent it again, and the worker was killed in the call."""
    sent = Sent(db, build, ActionState.MANUAL, channel=channel, **UNCERTAIN, provider_id=SID)
    if channel == "sms":
        assert report(db, SmsReport(SID, "undelivered", 30003, ref=sent.now.message_id))
    else:
        assert letter_receipts.report(db, Status(SID, Fate.RETURNED, "returned_to_sender"))
        assert apply_pending(db) == 1
    assert (sent.now.state, sent.now.reason, sent.events()) == ("manual", "uncertain", [])


@pytest.mark.database("sqlite")
def test_a_report_of_any_attempt_gone_by_does_not_settle_an_uncertain_one(db: Database, build: Builder) -> None:
    """The first came back, so did the second, and of the third nobody knows; then more is said of the first."""
    sent = Sent(db, build, ActionState.MANUAL, reason="uncertain", handed_off_at=LATER, provider_id="SM2")
    kept = {"workspace_id": build.workspace_id, "action_id": sent.id, "recipient": "", "applied_at": NOW}
    build.save(ProviderReceipt(provider_id=SID, status="undelivered", received_at=NOW, **kept))
    assert report(db, SmsReport(SID, "delivered", ref=sent.now.message_id), now=LATER)
    assert (sent.now.state, sent.events()) == ("manual", [])
    assert report(db, SmsReport("SM3", "delivered", ref=sent.now.message_id), now=LATER)
    assert (sent.now.state, sent.now.provider_id, sent.events()) == ("delivered", "SM3", ["settle", "deliver"])


@pytest.mark.database("sqlite")
def test_of_two_reports_at_once_the_later_finds_what_the_earlier_one_did(db: Database, build: Builder) -> None:
    sent = Sent(db, build, ActionState.MANUAL, **UNCERTAIN, provider_id=SID)
    kept = {"workspace_id": build.workspace_id, "action_id": sent.id, "received_at": NOW, "recipient": ""}
    build.save(ProviderReceipt(provider_id="SM2", status="sent", **kept))
    build.save(ProviderReceipt(provider_id=SID, status="undelivered", **kept))
    assert apply_pending(db) == 2
    assert (sent.now.state, sent.now.provider_id, sent.events()) == ("sent", "SM2", ["settle"])
    letter = Sent(db, build, channel="letter", provider_id="letter_1")
    for fate in (Fate.DELIVERED, Fate.RETURNED):
        assert letter_receipts.report(db, Status("letter_1", fate, ""), now=NOW)
    assert apply_pending(db) == 2
    assert (letter.now.state, letter.events()) == ("manual", ["deliver", "bounce_late"])


@pytest.mark.database("sqlite")
def test_what_a_person_has_decided_meanwhile_is_not_settled_by_what_was_seen(db: Database, build: Builder) -> None:
    sent = Sent(db, build, ActionState.MANUAL, **UNCERTAIN)
    with db.write() as session:
        row = session.get_one(Action, sent.id)
        session.execute(update(Action).values(state="queued", due_at=NOW, handed_off_at=None))
        assert not settle_seen(session, row, Sighting(SID, "please pay", NOW, status="delivered"), LATER)
    assert (sent.now.state, sent.events()) == ("queued", [])


@pytest.mark.database("sqlite")
def test_a_word_of_the_provider_that_we_do_not_know_is_kept_as_far_as_it_fits(db: Database, build: Builder) -> None:
    sent = Sent(db, build)
    assert report(db, SmsReport(SID, "x" * 41))
    assert [row.status for row in sent.kept()] == ["x" * 40]
    assert sent.now.state == "sent"


@pytest.mark.database("sqlite")
def test_reports_are_applied_some_at_a_time(db: Database, build: Builder) -> None:
    sent = Sent(db, build)
    with db.write() as session:
        for n in range(BATCH + 1):
            values = {"workspace_id": build.workspace_id, "action_id": sent.id, "received_at": NOW, "recipient": ""}
            session.add(ProviderReceipt(provider_id=SID, status=f"new {n}", **values))
    assert [apply_pending(db), apply_pending(db), apply_pending(db)] == [200, 1, 0]


def test_a_report_of_an_attempt_gone_by_changes_nothing(db: Database, build: Builder) -> None:
    sent = Sent(db, build, provider_id="SM2")
    assert report(db, SmsReport(SID, "undelivered", 30003, ref=sent.now.message_id))
    assert (sent.now.state, sent.events()) == ("sent", [])


def test_a_report_that_is_not_ours_is_left_alone(db: Database, build: Builder) -> None:
    Sent(db, build)
    assert not report(db, SmsReport("SM9", "delivered", ref="<unknown@example.com>"))
    with db.read() as session:
        assert session.scalars(select(ProviderReceipt)).all() == []


@pytest.mark.parametrize(("texts", "passed", "found", "surely_not"), [
    (["please pay"], 1, True, False),
    (["Sent from your Twilio trial account - please pay"], 1, True, False),
    ([], 1, False, False),  # our call may still be under way
    ([], 20, False, True),
    (["something else"], 20, False, False),  # who wrote that? a person decides
])  # fmt: skip
def test_only_what_is_certain_is_settled(texts: list[str], passed: int, found: bool, surely_not: bool) -> None:
    now = utcnow()
    seen = [Sighting(f"SM{n}", text, now) for n, text in enumerate(texts)]
    answer = judge(seen, "please pay", now - timedelta(minutes=passed), now)
    assert (answer.found is not None, answer.surely_not) == (found, surely_not)
    assert timedelta(minutes=20) > SURELY_OVER
