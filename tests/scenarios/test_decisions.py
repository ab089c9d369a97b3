"""What a person decides about manual actions: Send, Ignore, Fix contact, one by one and all of a reason at once."""

from __future__ import annotations

import pytest

from sandbox.person import Person
from tests.scenarios.office import Office


def refused(office: Office, alice: Person) -> None:
    """End a campaign with two refused addresses and one customer without a contact."""
    office.mail.refuse("pat@acme.example", code=550, text="5.1.1 No such user")
    office.mail.refuse("gone@bolt.example", code=550, text="5.1.1 No such user")
    office.send(alice)
    office.said(alice, "Failed: 0 sent, 3 not sent. 3 actions need you.")
    office.mail.heal()


def test_ignore_and_its_undo(office: Office, alice: Person) -> None:
    refused(office, alice)
    alice.dm.last.click("Ignore")
    done = office.said(alice, "2 actions need you.")
    assert "Ignored by @Alice Martin" in done.rendered or "Ignored by Alice Martin" in done.rendered
    done.click("Undo ignore")
    done = office.said(alice, "3 actions need you.")
    assert "Ignored by" not in done.rendered


def test_all_of_a_reason_are_sent_at_once(office: Office, alice: Person) -> None:
    refused(office, alice)
    alice.dm.last.click("All 3")
    todo = alice.modal("Actions to do")
    assert "*Refused by the mail server* (2)" in todo.text
    todo.click("Send all 2")
    assert "Cargo Ltd" in todo.text
    office.said(alice, "Partially successful: 2 sent, 1 not sent. 1 action needs you.")
    assert sorted(office.mail.message_ids.values()) == [1, 1]


def test_all_of_a_reason_are_ignored_at_once_after_a_question(office: Office, alice: Person) -> None:
    refused(office, alice)
    alice.dm.last.click("All 3")
    todo = alice.modal("Actions to do")
    todo.click("Ignore all 2", confirm=False)
    assert "Ignore all 2" in todo.buttons
    todo.click("Ignore all 2")
    office.said(alice, "Failed: 0 sent, 3 not sent. 1 action needs you.")
    assert todo.text.count("Undo ignore") == 2
    todo.click("Undo all 2")
    assert "Waiting for a decision again: 2." in todo.text
    assert "Undo" not in todo.text
    office.said(alice, "3 actions need you.")
    assert office.mail.messages == []


@pytest.mark.road("socket")
def test_the_list_has_pages(closed_office: Office) -> None:
    closed_office.book_more(23)
    office = closed_office.start()
    for n in range(23):
        office.mail.refuse(f"pay@more{n}.example", code=550, text="5.1.1 No such user")
    office.send(office.alice)
    office.said(office.alice, "24 actions need you.").click("All 24")
    todo = office.alice.modal("Actions to do")
    assert "24 actions, page 1 of 3" in todo.text
    todo.click("Next page")
    assert "page 2 of 3" in todo.text
    todo.click("Next page")
    assert "page 3 of 3" in todo.text
    assert "Next page" not in todo.buttons
    todo.click("Previous page")
    assert "page 2 of 3" in todo.text


def test_a_corrected_address_for_this_action_only(office: Office, alice: Person) -> None:
    refused(office, alice)
    alice.dm.last.click("Fix contact")
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "other@acme.example")
    fix.submit()
    office.said(alice, "1 sent, 2 not sent")
    assert office.mail.to("other@acme.example")
    assert office.emails_of("Acme GmbH") == ["pat@acme.example"]


@pytest.mark.road("socket")
def test_a_corrected_address_saved_to_the_customer(office: Office, alice: Person) -> None:
    refused(office, alice)
    alice.dm.last.click("Fix contact")
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "other@acme.example")
    fix.choose("fix_keep", "Save to the customer, for next time too")
    fix.submit()
    office.said(alice, "1 sent, 2 not sent")
    assert office.emails_of("Acme GmbH") == ["other@acme.example"]


@pytest.mark.road("socket")
def test_another_contact_of_the_customer(closed_office: Office) -> None:
    closed_office.add_contact("Acme GmbH", "boss@acme.example")
    office = closed_office.start()
    refused(office, office.alice)
    office.alice.dm.last.click("Fix contact")
    fix = office.alice.modal("Fix contact")
    fix.choose("fix_contact", "boss@acme.example")
    fix.submit()
    office.said(office.alice, "1 sent, 2 not sent")
    assert [one.envelope_to for one in office.mail.messages] == [("boss@acme.example",)]
    assert office.main_contact_of("Acme GmbH") == "pat@acme.example"


@pytest.mark.road("socket")
def test_another_contact_is_kept_as_the_main_one(closed_office: Office) -> None:
    closed_office.add_contact("Acme GmbH", "boss@acme.example")
    office = closed_office.start()
    refused(office, office.alice)
    office.alice.dm.last.click("Fix contact")
    fix = office.alice.modal("Fix contact")
    fix.choose("fix_contact", "boss@acme.example")
    fix.choose("fix_keep", "Save to the customer, for next time too")
    fix.submit()
    office.said(office.alice, "1 sent, 2 not sent")
    assert office.main_contact_of("Acme GmbH") == "boss@acme.example"
    assert office.emails_of("Acme GmbH") == ["boss@acme.example", "pat@acme.example"]


@pytest.mark.road("socket")
def test_the_list_under_the_form_is_redrawn(office: Office, alice: Person) -> None:
    refused(office, alice)
    alice.dm.last.click("All 3")
    alice.modal("Actions to do").click("Fix contact")
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "other@acme.example")
    fix.submit()
    (todo,) = alice.modals
    assert "On its way: Acme GmbH." in todo.text
    assert "2 actions, page 1 of 1" in todo.text


@pytest.mark.road("socket")
def test_a_wrong_address_is_said_at_its_input(office: Office, alice: Person) -> None:
    refused(office, alice)
    alice.dm.last.click("Fix contact")
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "pat@acme")
    result = fix.submit()
    assert result.errors or result.blocked
    assert fix.is_open
    assert office.mail.messages == []
