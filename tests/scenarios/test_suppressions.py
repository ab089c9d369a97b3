"""Suppressions as admins go through them in Slack, and what they stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.person import Person
from storage.db import utcnow
from tests.scenarios.office import Office

pytestmark = pytest.mark.road("socket")


def test_from_adding_to_lifting_and_what_it_means_for_a_campaign(office: Office, alice: Person) -> None:
    alice.command("/campaign suppressions")
    shown = alice.modal("Suppressions")
    assert "Everybody may be contacted." in shown.text
    shown.click("Add addresses")
    form = alice.modal("Add addresses")
    form.type("suppress_addresses", "Pat@Acme.example\nno address")
    form.type("suppress_reason", "Lawyers speak")
    assert form.submit().errors == {
        "Email addresses and phone numbers": (
            "Neither an email address nor a phone number like +49 151 12345678: no address."
        )
    }
    form.type("suppress_addresses", "Pat@Acme.example, +49 151 23456789")
    assert not form.submit().errors
    shown = alice.modal("Suppressions")
    assert "2 addresses added." in shown.text
    assert "*pat@acme.example*\nemail · added by an admin" in shown.text
    shown.close()

    check = office.write(alice)
    assert "1 email will be sent" in check.text
    assert "1: the address must not be contacted" in check.text
    check.submit()
    office.said(alice, "Partially successful: 1 sent, 2 not sent.")
    assert [one.envelope_to for one in office.mail.messages] == [("gone@bolt.example",)]

    alice.command("/campaign suppressions")
    shown = alice.modal("Suppressions")
    shown.type("suppressions_text", "acme", enter=True)
    assert "1 address, page 1 of 1" in shown.text
    shown.click("Open")
    one = alice.modal("Suppressed address")
    assert "Address of Acme GmbH" in one.text
    one.type("suppression_reason", "Settled")
    one.submit()
    shown = alice.modal("Suppressions")
    assert "pat@acme.example may be contacted again." in shown.text
    shown.click("History")
    assert "by Alice Martin (added by an admin): Settled" in alice.modal("History").text
    alice.modal("History").close()
    alice.dm.last.click("All ")
    todo = alice.modal("Actions to do")
    todo.click("Fix contact", nth=todo.text.split("Acme GmbH")[0].count("Fix contact"))
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "pat@acme.example")
    assert not fix.submit().errors
    office.said(alice, "2 sent, 1 not sent")
    assert [one.envelope_to for one in office.mail.messages] == [("gone@bolt.example",), ("pat@acme.example",)]


@pytest.mark.database("sqlite")
def test_a_postal_address_is_added_by_hand_found_and_lifted(closed_office: Office, tmp_path: Path) -> None:
    place = {"street": "Hauptstr. 5", "postcode": "10115", "city": "Berlin", "country": "DE"}
    closed_office.book_places(("Delta Post", place, 12_345), ("Echo Post", {**place, "street": "Ring 1"}, 6_000))
    office = closed_office.with_letters(tmp_path / "letters").start(worker=False)
    alice = office.alice
    alice.command("/campaign suppressions")
    alice.modal("Suppressions").click("Add a postal address")
    form = alice.modal("Add a postal address")
    form.type("suppress_street", "HAUPTSTR. 5")
    form.type("suppress_city", "Berlin")
    form.type("suppress_reason", "Court order")
    assert "its country is missing" in str(form.submit().errors)
    form.choose("suppress_country", "Germany", query="ger")
    assert form.submit().errors == {"Street, or PO box": "HAUPTSTR. 5, Berlin, DE: no postcode."}
    form.type("suppress_postcode", "10115")
    assert not form.submit().errors
    shown = alice.modal("Suppressions")
    assert "*Hauptstr 5 10115 Berlin DE*\nletter · added by an admin" in shown.text
    shown.close()

    check = office.write(alice, channel="letter", body="Please pay.")
    assert "1 letter will be sent" in check.text
    assert "1: the postal address must not be contacted" in check.text
    assert "Delta Post: Hauptstr. 5, 10115 Berlin, DE (by admin: Court order)" in check.text
    check.close()

    alice.command("/campaign customer Delta")
    assert "*No more letters to Hauptstr 5 10115 Berlin DE*\nadded by an admin by Alice Martin: Court order" in (
        alice.modal("Customer").text
    )
    alice.modal("Customer").close()
    alice.command("/campaign suppressions")
    shown = alice.modal("Suppressions")
    shown.type("suppressions_text", "Hauptstr.", enter=True)
    assert "1 address, page 1 of 1" in shown.text
    shown.click("Open")
    one = alice.modal("Suppressed address")
    assert "*Hauptstr 5 10115 Berlin DE* gets no letters." in one.text
    assert "Address of Delta Post" in one.text
    one.type("suppression_reason", "Settled")
    one.submit()
    assert "Hauptstr 5 10115 Berlin DE may be contacted again." in alice.modal("Suppressions").text


def test_members_are_told_whom_to_ask(office: Office, alice: Person) -> None:
    alice.command("/campaign help")
    office.build.suppression("pat@acme.example")
    office.build.user("Bob Berg", slack_user_id="U0BOB0001", email="bob@example.com", refreshed_at=utcnow())
    bob = office.slack.add_person("Bob Berg", "bob@example.com", "U0BOB0001")
    assert bob.command("/campaign suppressions").text.startswith("Only an admin can do this.")
    assert not bob.has_modal
    assert (
        "`/campaign suppressions` says who must not be contacted, and changes it (admins)"
        in bob.command("/campaign help").text
    )


def test_a_test_does_not_go_to_a_suppressed_colleague(office: Office, alice: Person) -> None:
    check = office.write(alice)
    office.build.suppression("alice@example.com")
    check.click("Send me a test")
    assert "Your own address must not be contacted." in alice.modals[-1].text
    assert office.mail.messages == []
