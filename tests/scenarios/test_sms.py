"""SMS campaigns as a person goes through them, with a local Twilio: sending, receipts, STOP, answers, sending hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sandbox.person import Person
from storage import settings
from storage.db import utcnow
from storage.models import Action, Reply, Suppression
from tests.bot.dispatch.conftest import wait_until
from tests.scenarios.office import Office

ACME, BOLT, NEW = "+4915123456789", "+4915123456790", "+4915123456791"
TEXT = "{{customer.name}}: {{amounts.overdue}} is overdue."
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

pytestmark = pytest.mark.road("socket")


@pytest.fixture
def desk(closed_office: Office) -> Office:
    """An office with SMS set up: two mobile numbers, one landline, and the customers of the small book without any."""
    closed_office.with_sms()
    closed_office.book_phones(
        ("Acme Mobile", "0151 23456789", 12_345),
        ("Bolt Mobile", "+49 151 23456790", 70_000),
        ("Desk Phone AG", "030 901820", 5_000),
    )
    return closed_office


@pytest.fixture
def office(desk: Office) -> Office:
    return desk.start()


def send_sms(office: Office, person: Person, text: str = TEXT) -> None:
    result = office.write(person, channel="SMS", body=text).submit()
    assert not (result.errors or result.blocked or result.trouble), result


def test_from_the_channel_to_the_last_receipt(office: Office, alice: Person) -> None:
    office.sms.refuse(BOLT, 21408, "Permission to send an SMS has not been enabled")
    check = office.write(alice, channel="SMS", body=TEXT)
    assert "2 SMS will be sent" in check.text
    assert "1: the number gets no SMS: it is a landline" in check.text
    assert "2 SMS segments in all; the longest message has 1." in check.text
    assert "GSM-7, 31 of 160 characters: 1 SMS segment." in check.text
    check.submit()
    done = office.said(alice, "Partially successful: 1 sent, 5 not sent.")
    assert [(one.to, one.body) for one in office.sms.messages] == [(ACME, "Acme Mobile: €123.45 is overdue.")]
    assert "refused by Twilio" in done.rendered
    assert "Geo permissions" in done.rendered

    [sent] = office.sms.messages
    assert office.sms.receipt(sent, "delivered") == 200
    wait_until(lambda: state_of(office, ACME) == "delivered")


def state_of(office: Office, number: str) -> str | None:
    with office.db.read() as session:
        rows = session.scalars(select(Action).order_by(Action.id))
        return next((row.state for row in rows if number in str(row.recipients)), None)


def test_a_landline_is_mended_from_the_message(office: Office, alice: Person) -> None:
    send_sms(office, alice)
    office.said(alice, "Partially successful: 2 sent, 4 not sent.")
    alice.dm.last.click("All ")
    todo = alice.modal("Actions to do")
    todo.click("Fix contact", nth=todo.text.split("Desk Phone AG")[0].count("Fix contact"))
    fix = alice.modal("Fix contact")
    fix.type("fix_phone", "030 901821")
    assert "landline" in str(fix.submit().errors)
    fix.type("fix_phone", "0151 23456791")
    assert not fix.submit().errors
    office.said(alice, "3 sent, 3 not sent")
    assert [one.body for one in office.sms.to(NEW)] == ["Desk Phone AG: €50.00 is overdue."]


def test_what_comes_back_late_redraws_the_summary(office: Office, alice: Person) -> None:
    send_sms(office, alice)
    office.said(alice, "Partially successful: 2 sent, 4 not sent.")
    [sent] = office.sms.to(ACME)
    for status, code in (("sent", None), ("undelivered", 30005), ("undelivered", 30005), ("sent", None)):
        assert office.sms.receipt(sent, status, code) == 200
    done = office.said(alice, "Partially successful: 1 sent, 5 not sent.")
    assert "came back" in done.rendered
    assert "The number is not in use any more. Correct it with Fix contact. (Twilio 30005)" in done.rendered


def test_stop_is_respected_by_every_road_until_start(office: Office, alice: Person) -> None:
    send_sms(office, alice)
    office.said(alice, "Partially successful: 2 sent, 4 not sent.")
    assert office.sms.inbound(ACME, "Stopp!", sid="SM1") == 200
    assert office.sms.inbound(ACME, "Stopp!", sid="SM1") == 200
    with office.db.read() as session:
        [row] = session.scalars(select(Suppression)).all()
        assert (row.channel, row.address, row.cause, row.note) == ("sms", ACME, "opt_out", "STOP by SMS")
        assert [(r.kind, r.body) for r in session.scalars(select(Reply))] == [("stop", "Stopp!")]
    check = office.write(alice, channel="SMS", body=TEXT)
    assert "1: the phone number must not be contacted" not in check.text  # written to just now, so it is left out
    check.click("Put back: contacted")
    assert "1: the phone number must not be contacted" in check.text
    check.close()
    assert office.sms.inbound(ACME, "START") == 200
    with office.db.read() as session:
        assert session.scalars(select(Suppression)).all() == []
    assert office.sms.inbound(ACME, "We pay <tomorrow>") == 200

    alice.command("/campaign customer acme mob")
    shown = alice.modal("Customer")
    assert "*Acme Mobile*" in shown.text
    assert "EUR 123.45 outstanding, EUR 123.45 overdue" in shown.text
    told = [
        "*Answered*\n> We pay <tomorrow>",
        f"*SMS again to {ACME}*\nSTART by SMS",
        "*Asked to start again*\n> START",
        f"*No more SMS to {ACME}*\nasked not to be contacted: STOP by SMS",
        "*Asked to stop*\n> Stopp!",
        "by Alice Martin\nSent",
    ]
    places = [shown.text.find(each) for each in told]
    assert -1 not in places, shown.text
    assert places == sorted(places)


def test_an_answer_is_kept_with_its_customer_and_a_forged_one_is_refused(office: Office, alice: Person) -> None:
    send_sms(office, alice)
    office.said(alice, "Partially successful: 2 sent, 4 not sent.")
    assert office.sms.inbound(BOLT, "We pay on Friday.", token="forged") == 403
    assert office.sms.inbound(BOLT, "We pay on Friday.") == 200
    assert office.sms.inbound("+33612345678", "Who is this?") == 200
    with office.db.read() as session:
        known, unknown = session.scalars(select(Reply).order_by(Reply.id))
        action = session.get_one(Action, known.action_id)
        assert (known.kind, known.body, known.customer_id) == ("message", "We pay on Friday.", action.customer_id)
        assert BOLT in str(action.recipients)
        assert (unknown.customer_id, unknown.address) == (None, "+33612345678")


def test_who_is_asleep_waits_and_the_check_says_until_when(desk: Office) -> None:
    closed = DAYS[(utcnow() + timedelta(days=3)).weekday()]
    with desk.db.write() as session:
        settings.set_sending_hours(session, desk.build.workspace_id, {"sms": f"10:00-11:00 {closed}"})
    office = desk.start()
    check = office.write(office.alice, channel="SMS", body=TEXT)
    assert "2 recipients wait for the sending hours" in check.text
    assert f"10:00-11:00 {closed}, where they are" in check.text
    check.submit()
    office.said(office.alice, lambda one: "2 messages wait for the sending hours" in one.rendered)
    office.let_retries_fall_due()  # whoever lets them be due: the recheck puts them off again
    wait_until(lambda: all(due > utcnow() + timedelta(hours=24) for due in due_times(office)))
    assert office.sms.messages == []


def due_times(office: Office) -> list[object]:
    with office.db.read() as session:
        return list(session.scalars(select(Action.due_at).where(Action.state == "queued")))


def test_what_costs_is_shown_with_the_fix(desk: Office) -> None:
    with desk.db.write() as session:
        settings.set_sms(session, desk.build.workspace_id, prices="EUR DE 0.09", opt_out=True)
    office = desk.start()
    check = office.write(office.alice, channel="SMS", body="{{customer.name}}: it’s overdue.")
    assert "Estimated cost: 0.18 EUR." in check.text
    check.click("Next")  # the first customer has no number
    assert "A segment costs 0.09 EUR, this message 0.0900." in check.text
    assert "replace ’ by '" in check.text
    check.submit()
    office.said(office.alice, "2 sent")
    assert office.sms.to(ACME)[0].body == "Acme Mobile: it’s overdue.\nReply STOP to opt out"


def test_an_admin_sets_how_sms_leave_and_who_waits_goes_at_once(desk: Office) -> None:
    closed = DAYS[(utcnow() + timedelta(days=3)).weekday()]
    with desk.db.write() as session:
        settings.set_sending_hours(session, desk.build.workspace_id, {"sms": f"10:00-11:00 {closed}"})
    office, alice = desk.start(), desk.alice
    send_sms(office, alice)
    office.said(alice, lambda one: "2 messages wait for the sending hours" in one.rendered)

    alice.command("/campaign settings")
    alice.modal("Settings").click("Sending")
    form = alice.modal("Sending")
    form.type("sending_hours_sms", "late")
    form.type("sending_hours_email", "17:00-09:00")
    form.type("sending_sms_prices", "EUR Germany 0.09")
    assert form.submit().errors == {
        "Hours for SMS": "Write hours and days like 08:00-20:00 Mon-Sat.",
        "Hours for emails": "The hours must lie within one day, the first before the second, like 08:00-20:00.",
        "Price of an SMS segment by country": "Germany is no country of two letters such as DE, and not “other”.",
    }
    form.type("sending_hours_sms", "")
    form.type("sending_hours_email", "")
    form.type("sending_sms_prices", "EUR DE 0.09")
    form.choose("sending_sms_opt_out", "End every SMS with how to opt out")
    assert not form.submit().errors
    assert "Saved." in alice.modal("Sending").text
    alice.modal("Sending").close()

    office.said(alice, "Partially successful: 2 sent, 4 not sent.")
    assert office.sms.to(ACME)[0].body == "Acme Mobile: €123.45 is overdue.\nReply STOP to opt out"
    check = office.write(alice, channel="SMS", body=TEXT)
    check.click("Put back: contacted")
    assert "Estimated cost: 0.18 EUR." in check.text


def test_a_number_that_twilio_knows_has_opted_out_is_suppressed(office: Office, alice: Person) -> None:
    office.sms.opted_out(ACME)
    send_sms(office, alice)
    done = office.said(alice, "1 sent, 5 not sent")
    assert "the phone number must not be contacted" in done.rendered
    with office.db.read() as session:
        assert session.scalars(select(Suppression.address)).all() == [ACME]


def test_a_wrong_login_pauses_and_says_what_to_check(office: Office, alice: Person) -> None:
    office.sms.break_auth()
    send_sms(office, alice)
    office.said(alice, "Paused: Twilio refused our login. Ask an admin to check the TWILIO_ settings, then resume.")
    office.sms.heal()
    alice.dm.last.click("Resume")
    office.said(alice, "2 sent, 4 not sent")
    assert len(office.sms.messages) == 2
