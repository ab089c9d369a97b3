"""Writing: tags put in without losing what was typed, races with typing, drafts, windows that came too late."""

from __future__ import annotations

import pytest

from sandbox.modal import Modal
from sandbox.person import Person
from tests.scenarios.office import Office

ONE_ROAD = pytest.mark.road("socket")


def start_writing(alice: Person) -> Modal:
    alice.command("/campaign")
    who = alice.modal("Who")
    who.choose("who_all", "All 4 that match")
    who.submit()
    return alice.modal("What")


def test_inserting_a_tag_keeps_what_was_typed_everywhere(office: Office, alice: Person) -> None:
    what = start_writing(alice)
    what.type("what_name", "November round")
    what.type("what_cc", "boss@example.com")
    what.type("what_subject", "Hello")
    what.type("what_body", "Dear")
    what.choose("what_tag_body", "Customer name")
    assert what.value("what_body") == "Dear {{customer.name}}"
    assert "`{{customer.name}}` is at the end now; cut it out and paste it where it belongs." in what.text
    what.choose("what_tag_body", "Customer name")
    assert what.value("what_body") == "Dear {{customer.name}} {{customer.name}}"
    what.choose("what_tag_subject", "Customer name")
    assert what.value("what_subject") == "Hello {{customer.name}}"
    assert what.value("what_body") == "Dear {{customer.name}} {{customer.name}}"
    assert what.value("what_name") == "November round"
    assert what.value("what_cc") == "boss@example.com"
    assert not what.submit().errors


def test_typing_while_the_preview_is_drawn_loses_nothing(office: Office, alice: Person) -> None:
    what = start_writing(alice)
    what.type("what_subject", "Hello")
    office.slack.faults.error("views.update", "hash_conflict", times=1)
    what.type("what_body", "Dear all")
    assert what.value("what_body") == "Dear all"
    assert alice.troubles == []
    what.click("Update the preview")
    assert "Dear all" in what.text
    assert not what.submit().errors


@ONE_ROAD
def test_wrong_tags_are_refused_at_the_input_naming_the_right_one(office: Office, alice: Person) -> None:
    what = start_writing(alice)
    what.type("what_subject", "Hi {{customer.nmae}}")
    what.type("what_body", "Dear {{contact.frist_name}}, see [here](htps://x)")
    errors = what.submit().errors
    assert "Did you mean {{customer.name}}?" in errors["Subject"]
    assert "Did you mean {{contact.first_name}}?" in errors["Content"]
    assert what.value("what_subject") == "Hi {{customer.nmae}}"


def test_a_draft_survives_escape_and_is_resumed(office: Office, alice: Person) -> None:
    what = start_writing(alice)
    what.type("what_body", "Dear all")
    what.type("what_subject", "Hello {{customer.name}}")
    assert "*Hello Acme GmbH*" in what.text, "the preview follows the subject too"
    what.choose("what_statement", "Attach the account statement as PDF")
    assert "with statement-" in what.text
    what.escape()
    assert not alice.has_modal
    alice.command("/campaign")
    start = alice.modal()
    assert "Resume draft" in start.text
    start.click("Resume draft")
    who = alice.modal("Who")
    assert "*4 customers selected*" in who.text
    who.submit()
    what = alice.modal("What")
    assert what.value("what_subject") == "Hello {{customer.name}}"
    assert what.value("what_body") == "Dear all"


@ONE_ROAD
def test_a_draft_can_be_discarded(office: Office, alice: Person) -> None:
    start_writing(alice).escape()
    alice.command("/campaign")
    alice.modal().click("Discard")
    assert "Resume draft" not in alice.modal().text
    alice.modal().click("New campaign")
    assert "Nobody selected yet" in alice.modal("Who").text


def test_a_window_that_came_too_late_is_said(office: Office, alice: Person) -> None:
    office.slack.faults.error("views.open", "expired_trigger_id", times=1)
    reply = alice.command("/campaign")
    assert "That took longer than Slack waits for a window" in reply.text
    alice.command("/campaign")
    assert alice.has_modal


@ONE_ROAD
def test_a_late_window_from_the_message_is_said_there(office: Office, alice: Person) -> None:
    office.send(alice)
    done = office.said(alice, "1 action needs you")
    office.slack.faults.error("views.open", "expired_trigger_id", times=1)
    done.click("Fix contact")
    alice.wait_for_ephemeral("That took longer than Slack waits for a window")
    done.click("Fix contact")
    assert alice.modal("Fix contact").is_open


@ONE_ROAD
def test_back_and_forth_keeps_everything(office: Office, alice: Person) -> None:
    check = office.write(alice)
    check.click("Back to writing")
    what = alice.modal("What")
    assert what.value("what_subject") == "Reminder for {{customer.name}}"
    what.click("Back to customers")
    assert "*4 customers selected*" in alice.modal("Who").text
    assert not alice.modal("Who").submit().errors
    assert alice.modal("What").value("what_subject") == "Reminder for {{customer.name}}"


@ONE_ROAD
def test_a_test_mail_goes_to_the_creator_alone(office: Office, alice: Person) -> None:
    check = office.write(alice)
    check.click("Send me a test")
    assert "A test of this message is on its way to alice@example.com." in check.text
    office.mail.wait_for(1)
    assert [one.envelope_to for one in office.mail.messages] == [("alice@example.com",)]
    assert office.mail.messages[0].message["Subject"] == "[Test] Reminder for Acme GmbH"
