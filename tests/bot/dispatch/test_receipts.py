"""Reports of providers: duplicates, out of order, before our own call is settled, of an attempt gone by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.base import Sighting
from bot.dispatch.look_up import SURELY_OVER, judge
from bot.dispatch.receipts import SmsReport, apply_pending, report
from bot.domain.states import ActionState, CampaignState
from storage.db import Database, utcnow
from storage.models import Action, ActionHistory, ProviderReceipt, Suppression
from tests.builders import NOW, Builder

SID = "SM1"


class Sent:
    """One SMS, in whatever state."""

    def __init__(self, db: Database, build: Builder, state: ActionState = ActionState.SENT, **values: Any) -> None:
        self.db = db
        campaign = build.campaign(build.user(), state=CampaignState.SENDING, channel="sms")
        customer = build.customer(email=None, phone="+4915123456789")
        given = {"provider_id": SID} if state is ActionState.SENT else {}
        self.id = build.action(campaign, customer, state=state, **(given | values)).id

    @property
    def now(self) -> Action:
        with self.db.read() as session:
            return session.scalars(select(Action).where(Action.id == self.id)).one()

    def events(self) -> list[str]:
        with self.db.read() as session:
            query = select(ActionHistory.event).where(ActionHistory.action_id == self.id).order_by(ActionHistory.id)
            return list(session.scalars(query))


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
        assert session.scalars(select(Suppression.address)).all() == ["+4915123456789"]


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
    sent = Sent(db, build, ActionState.MANUAL, reason="uncertain", handed_off_at=NOW, sent_text="please pay")
    assert report(db, SmsReport(SID, "sent", ref=sent.now.message_id))
    row = sent.now
    assert (row.state, row.reason, row.provider_id, row.sent_text) == ("sent", "late_receipt", SID, "please pay")


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
