"""An account manager sees, finds, selects and writes to assigned customers only, on every screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text

from bot.domain.states import ActionState, CampaignState
from sandbox.person import Person
from storage.db import utcnow
from storage.models import Assignment, Customer, User
from tests.scenarios.office import Office

THEIRS = ("Acme", "Bolt", "Cargo", "Paid up", "pat@acme.example", "gone@bolt.example")


@pytest.fixture
def cam(office: Office) -> Person:
    """Cam, to whom two customers of the book are assigned; the other four are nobody's."""
    office.alice.command("/campaign help")
    user = office.build.user(
        "Cam Roux",
        slack_user_id="U0CAM0001",
        position="account_manager",
        refreshed_at=utcnow(),
        email="cam@example.com",
    )
    today = utcnow().date()
    for name, email, country in (("Mine Ltd", "pay@mine.example", "GB"), ("My other Ltd", None, "CH")):
        customer = office.build.customer(name, overdue=None, email=email, account_managers=(user,), country=country)
        office.build.invoice(customer, today=today, outstanding=2_000)
    return office.slack.add_person("Cam Roux", "cam@example.com", "U0CAM0001")


def told(office: Office) -> str:
    """Return everything that the bot told Slack so far."""
    return "\n".join(str(one.args) for one in office.slack.traffic if one.direction != "delivery")


def test_assigned_customers_only_from_the_first_screen_to_the_last(office: Office, cam: Person) -> None:
    cam.command("/campaign")
    who = cam.modal("Who")
    assert "All 2 that match" in who.text
    assert "Account manager" not in who.text, "there is nothing to filter: all are Cam's"
    assert who.options("who_add", "a") == []
    assert who.options("who_add", "bolt") == []
    assert [one.split(" ·")[0] for one in who.options("who_add", "mine")] == ["Mine Ltd"]
    assert who.options("who_leave_out", "acme") == []
    who.click("More filters")
    assert cam.modals[-1].options("who_countries") == ["Switzerland", "United Kingdom"]
    cam.modals[-1].close()
    who.choose("who_all", "All 2 that match")
    assert "*2 customers selected*, EUR 40.00 overdue" in who.text
    who.click("Look through the list")
    listed = cam.modal("Customers")
    assert "Mine Ltd" in listed.text
    assert "2 customers, page 1 of 1" in listed.text
    listed.type("who_list_text", "acme", enter=True)
    assert "Acme" not in listed.text.replace("acme", "")
    listed.close()
    who.submit()
    what = cam.modal("What")
    what.type("what_subject", "For {{customer.name}}")
    what.type("what_body", "Please pay {{amounts.overdue}}.")
    what.submit()
    check = cam.modal("Check and send")
    assert "1 email will be sent, EUR 20.00 overdue in all." in check.text
    assert "customer 1 of 2" in check.text
    check.click("Longest")
    check.submit()
    office.said(cam, "1 sent, 1 not sent. 1 action needs you.")
    assert [one.envelope_to for one in office.mail.messages] == [("pay@mine.example",)]
    for secret in THEIRS:
        assert secret not in told(office)


@pytest.mark.road("socket")
def test_a_customers_timeline_is_for_those_who_see_the_customer(office: Office, cam: Person) -> None:
    user = user_of(office)
    with office.db.read() as session:
        mine = session.scalars(select(Customer).where(Customer.name == "Mine Ltd")).one()
    campaigns = [office.build.campaign(user, name=f"Reminder {n}", state=CampaignState.COMPLETED) for n in range(12)]
    for n, campaign in enumerate(campaigns):
        office.build.action(campaign, mine, state=ActionState.SENT, sent_at=utcnow() - timedelta(days=n))

    cam.command("/campaign customer acme")
    shown = cam.modal("Customer")
    assert "“acme” fits no customer of yours." in shown.text
    assert shown.options("timeline_customer", "acme") == []
    shown.choose("timeline_customer", "Mine Ltd", query="mine")
    shown = cam.modal("Customer")
    assert "EUR 20.00 outstanding, EUR 20.00 overdue, the oldest for 30 days." in shown.text
    assert "Account manager: Cam Roux" in shown.text
    assert "12 events, page 1 of 2" in shown.text
    assert "*Reminder 0*" in shown.text
    assert "*Reminder 10*" not in shown.text
    shown.click("Older")
    assert "*Reminder 11*" in cam.modal("Customer").text
    cam.modal("Customer").close()

    cam.command("/campaign customer my other")
    assert "Nothing was sent to this customer yet, and nothing came back." in cam.modal("Customer").text
    for secret in THEIRS:
        assert secret not in told(office).replace("“acme”", "")


@pytest.mark.road("socket")
def test_what_is_taken_away_before_send_is_not_written_to(office: Office, cam: Person) -> None:
    check = office.write(cam, audience="all 2")
    with office.db.write() as session:
        session.execute(
            text("DELETE FROM assignments WHERE customer_id = (SELECT id FROM customers WHERE name = 'Mine Ltd')")
        )
    check.submit()
    office.said(cam, "Failed: 0 sent, 1 not sent.")
    assert office.mail.messages == []


@pytest.mark.road("socket")
def test_a_manual_action_of_a_customer_taken_away_is_nobodys_business(office: Office, cam: Person) -> None:
    office.mail.refuse("pay@mine.example", code=550, text="5.1.1 No such user")
    office.send(cam, audience="all 2")
    done = office.said(cam, "Failed: 0 sent, 2 not sent. 2 actions need you.").snapshot()
    office.mail.heal()
    with office.db.write() as session:
        session.execute(text("DELETE FROM assignments"))
    done.click("Send")
    cam.wait_for_ephemeral("This action is no longer there.")
    office.slack.quiet()
    assert office.mail.messages == []


@pytest.mark.road("socket")
def test_settings_are_for_admins(office: Office, cam: Person) -> None:
    cam.command("/campaign settings")
    settings = cam.modal("Settings")
    assert settings.buttons == []
    assert "For admins" not in settings.text


def test_a_saved_audience_finds_only_who_is_still_assigned(office: Office, cam: Person) -> None:
    cam.command("/campaign")
    who = cam.modal("Who")
    who.choose("who_add", "Mine Ltd", query="mine")
    who.choose("who_add", "My other Ltd", query="other")
    who.click("Save this audience")
    save = cam.modals[-1]
    save.type("who_save_name", "Both of mine")
    save.submit()
    take_away(office, "Mine Ltd")
    who.choose("who_use_saved", "Both of mine")
    assert "*1 customer selected*, EUR 20.00 overdue" in who.text
    assert "Mine Ltd" not in who.text


def test_the_list_of_manual_actions_shows_and_sends_only_what_is_still_assigned(office: Office, cam: Person) -> None:
    third = office.build.customer("Own Ltd", overdue=None, email="pay@own.example", account_managers=(user_of(office),))
    office.build.invoice(third, today=utcnow().date(), outstanding=3_000)
    for address in ("pay@mine.example", "pay@own.example"):
        office.mail.refuse(address, code=550, text="5.1.1 No such user")
    office.send(cam, audience="all 3")
    done = office.said(cam, "3 actions need you.").snapshot()
    office.mail.heal()
    take_away(office, "Mine Ltd")
    done.click("All 3")
    todo = cam.modal("Actions to do")
    assert "Own Ltd" in todo.text
    assert "Mine Ltd" not in todo.text
    todo.click("Send all 1")
    office.mail.wait_for(1)
    office.slack.quiet()
    assert [one.envelope_to for one in office.mail.messages] == [("pay@own.example",)]


@pytest.mark.road("socket")
def test_an_admins_saved_audience_and_draft_stay_the_admins(office: Office, alice: Person, cam: Person) -> None:
    alice.command("/campaign")
    who = alice.modal("Who")
    who.choose("who_add", "Acme GmbH", query="acme")
    who.click("Save this audience")
    save = alice.modals[-1]
    save.type("who_save_name", "Secret selection")
    save.submit()
    before = len(told(office))
    cam.command("/campaign")
    assert "Nobody selected yet" in cam.modal("Who").text, "a new draft: there is none to resume"
    assert "Secret selection" not in told(office)[before:]


def user_of(office: Office) -> User:
    with office.db.read() as session:
        return session.scalars(select(User).where(User.slack_user_id == "U0CAM0001")).one()


def take_away(office: Office, customer: str) -> None:
    """Let nobody look after a customer from now on."""
    named = select(Customer.id).where(Customer.name == customer).scalar_subquery()
    with office.db.write() as session:
        session.execute(delete(Assignment).where(Assignment.customer_id == named))
