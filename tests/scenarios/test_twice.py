"""Everything pressed twice, by a nervous finger or by Slack's retries: nothing happens twice, every click answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.person import Person
from tests.scenarios.office import Office


def drafts(office: Office) -> int:
    return office.count("campaigns", "state = 'draft'")


def test_send_twice_makes_one_campaign(office: Office, alice: Person) -> None:
    check = office.write(alice)
    check.submit(times=2)
    office.said(alice, "2 sent, 1 not sent.")
    assert len(office.mail.messages) == 2
    assert max(office.mail.message_ids.values()) == 1
    assert office.count("campaigns") == 1
    assert len(alice.dm.messages) == 1


def test_send_in_two_windows_makes_one_campaign(office: Office, alice: Person) -> None:
    check = office.write(alice)
    held = check.view
    check.submit()
    office.said(alice, "2 sent, 1 not sent.")
    again = alice.forge_view_submission("check", held["private_metadata"], held["state"]["values"])
    assert "It was sent already, so nothing was sent twice" in str(again.body)
    assert len(office.mail.messages) == 2


WHO = ["Look through the list", "More filters", "Clear filters", "Save this audience"]
WHAT = ["Update the preview", "Back to customers"]
CHECK = ["Next", "Previous", "Longest", "Most invoices", "Empty values", "Put back: nothing overdue", "Back to writing"]


@pytest.mark.road("socket")
@pytest.mark.parametrize("name", WHO)
def test_buttons_of_who(office: Office, alice: Person, name: str) -> None:
    alice.command("/campaign")
    alice.modal("Who").choose("who_all", "All 4 that match")
    alice.modal("Who").click(name, times=2)
    office.slack.quiet()
    assert alice.troubles == []
    assert len(alice.modals) <= 2
    assert drafts(office) == 1


@pytest.mark.road("socket")
@pytest.mark.parametrize("name", WHAT)
def test_buttons_of_what(office: Office, alice: Person, name: str) -> None:
    alice.command("/campaign")
    alice.modal("Who").choose("who_all", "All 4 that match")
    alice.modal("Who").submit(times=2)
    what = alice.modal("What")
    what.type("what_subject", "Hello")
    what.type("what_body", "Dear all")
    what.click(name, times=2)
    office.slack.quiet()
    assert alice.troubles == []
    assert len(alice.modals) == 1
    assert office.count("campaigns", "subject = 'Hello' AND body = 'Dear all'") == 1


@pytest.mark.road("socket")
def test_a_tag_inserted_twice_by_one_click_is_there_once(office: Office, alice: Person) -> None:
    alice.command("/campaign")
    alice.modal("Who").choose("who_all", "All 4 that match")
    alice.modal("Who").submit()
    what = alice.modal("What")
    what.type("what_body", "Dear")
    alice.double(lambda: what.choose("what_tag_body", "Customer name"))
    office.slack.quiet()
    assert what.value("what_body") == "Dear {{customer.name}}"


@pytest.mark.road("socket")
@pytest.mark.parametrize("name", CHECK)
def test_buttons_of_check(office: Office, alice: Person, name: str) -> None:
    check = office.write(alice)
    check.click(name, times=2)
    office.slack.quiet()
    assert alice.troubles == []
    assert len(alice.modals) == 1
    assert office.mail.messages == []


@pytest.mark.road("socket")
def test_a_test_mail_asked_for_twice_by_one_click_comes_once(office: Office, alice: Person) -> None:
    office.write(alice).click("Send me a test", times=2)
    office.mail.wait_for(1)
    office.slack.quiet()
    office.stop()
    assert len(office.mail.messages) == 1


CONTROLS: list[tuple[str, str, str]] = [
    ("Undo", "On its way", "Cancelled: nothing was sent."),
    ("Pause", "On its way", "Paused: nothing goes out until you resume it."),
]


@pytest.mark.parametrize(("name", "before", "after"), CONTROLS)
def test_buttons_while_it_waits(closed_office: Office, name: str, before: str, after: str) -> None:
    office = closed_office.start(send_hold_seconds=600)
    office.send(office.alice)
    message = office.said(office.alice, lambda one: before in one.text and name in one.buttons)
    old = message.snapshot()
    message.click(name, times=2)
    office.said(office.alice, after)
    old.click(name)
    office.alice.wait_for_ephemeral("it is cancelled" if name == "Undo" else "it is paused")
    assert drafts(office) == (1 if name == "Undo" else 0)
    assert office.mail.messages == []


def decisions(office: Office, alice: Person) -> None:
    office.mail.refuse("pat@acme.example", code=550, text="5.1.1 No such user")
    office.send(alice)
    office.said(alice, "1 sent, 2 not sent. 2 actions need you.")
    office.mail.heal()


def test_send_on_a_manual_action(office: Office, alice: Person) -> None:
    decisions(office, alice)
    old = alice.dm.last.snapshot()
    old.click("Send", times=2)
    office.said(alice, "2 sent, 1 not sent. 1 action needs you.")
    old.click("Send")
    alice.wait_for_ephemeral("This was decided already by")
    office.slack.quiet()
    assert len(office.mail.to("pat@acme.example")) == 1


def test_ignore_and_undo_ignore(office: Office, alice: Person) -> None:
    decisions(office, alice)
    old = alice.dm.last.snapshot()
    old.click("Ignore", times=2)
    ignored = office.said(alice, "1 action needs you.").snapshot()
    old.click("Ignore")
    alice.wait_for_ephemeral("This was decided already by")
    ignored.click("Undo ignore", times=2)
    office.said(alice, "2 actions need you.")
    ignored.click("Undo ignore")
    office.slack.quiet()
    assert "2 actions need you." in alice.dm.last.text
    assert office.count("action_history", "event = 'undo_ignore'") == 1


@pytest.mark.road("socket")
def test_fix_contact_submitted_twice_sends_once(office: Office, alice: Person) -> None:
    decisions(office, alice)
    alice.dm.last.click("Fix contact", times=2)
    office.slack.quiet()
    assert len(alice.modals) == 1
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "right@acme.example")
    fix.submit(times=2)
    office.said(alice, "2 sent, 1 not sent.")
    office.slack.quiet()
    assert len(office.mail.to("right@acme.example")) == 1


@pytest.mark.road("socket")
@pytest.mark.parametrize("name", ["Send all 1", "Ignore all 1"])
def test_bulk_buttons(office: Office, alice: Person, name: str) -> None:
    decisions(office, alice)
    alice.dm.last.click("All 2")
    todo = alice.modal("Actions to do")
    todo.click(name, times=2)
    office.said(alice, "1 action needs you.")
    office.slack.quiet()
    assert alice.troubles == []
    assert len(office.mail.to("pat@acme.example")) == (1 if name.startswith("Send") else 0)


FAULTS: list[Callable[[Office], None]] = [
    lambda office: office.slack.faults.lose_answer("chat.postMessage"),
    lambda office: office.slack.faults.rate_limit("chat.postMessage", times=2),
    lambda office: office.slack.faults.error("chat.postMessage", "internal_error", status=503, times=2),
    lambda office: office.slack.faults.lose_answer("chat.update", times=2),
    lambda office: office.slack.faults.rate_limit("chat.update", times=2),
    lambda office: office.slack.faults.error("chat.update", "fatal_error", status=500, times=2),
    lambda office: office.slack.faults.deliver_twice(10),
]


@pytest.mark.road("socket")
@pytest.mark.parametrize("fault", FAULTS, ids=["lost post", "429 post", "503 post", "lost", "429", "500", "twice"])
def test_slack_failing_while_the_message_is_drawn(
    office: Office, alice: Person, fault: Callable[[Office], None]
) -> None:
    check = office.write(alice)
    fault(office)
    check.submit()
    office.said(alice, "2 sent, 1 not sent.", timeout=40)
    assert len(alice.dm.messages) == 1
    assert max(office.mail.message_ids.values()) == 1


@pytest.mark.road("socket")
def test_the_connection_to_slack_lost_and_renewed(office: Office, alice: Person) -> None:
    check = office.write(alice)
    office.slack.faults.drop_sockets()
    office.slack.wait_connected()
    check.submit()
    office.said(alice, "2 sent, 1 not sent.")
    office.slack.faults.refresh_connections()
    office.slack.wait_connected()
    alice.dm.last.click("Ignore")
    office.said(alice, "Ignored by")
