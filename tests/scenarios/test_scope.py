"""An account manager sees, finds, selects and writes to assigned customers only, on every screen."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from sandbox.person import Person
from storage.db import utcnow
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
    assert cam.modals[-1].options("who_countries") == ["CH", "GB"]
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
    assert "1 email will be sent, EUR 40.00 overdue in all." in check.text
    assert "customer 1 of 2" in check.text
    check.click("Longest")
    check.submit()
    office.said(cam, "1 sent, 1 not sent. 1 action needs you.")
    assert [one.envelope_to for one in office.mail.messages] == [("pay@mine.example",)]
    for secret in THEIRS:
        assert secret not in told(office)


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
