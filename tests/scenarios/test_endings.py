"""How a campaign ends: fully, partially or not at all, and what is said about it."""

from __future__ import annotations

from sandbox.person import Person
from tests.scenarios.office import Office


def test_all_sent_is_fully_successful(office: Office, alice: Person) -> None:
    office.send(alice)
    office.said(alice, "2 sent, 1 not sent. 1 action needs you.")
    alice.dm.click("Fix contact")
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "new@cargo.example")
    fix.submit()
    done = office.said(alice, "Fully successful: 3 sent, 0 not sent.")
    assert done.text.endswith("Fully successful: 3 sent, 0 not sent.")


def test_none_sent_is_failed_with_the_servers_words(office: Office, alice: Person) -> None:
    office.mail.refuse("pat@acme.example", code=550, text="5.1.1 Mailbox unavailable")
    office.mail.refuse("gone@bolt.example", code=550, text="5.1.1 Mailbox unavailable")
    office.send(alice)
    done = office.said(alice, "Failed: 0 sent, 3 not sent. 3 actions need you.")
    assert "• 2: refused by the mail server" in done.rendered
    assert "• 1: no contact to write to" in done.rendered
    assert "550 5.1.1 Mailbox unavailable" in done.rendered
    assert office.mail.messages == []


def test_a_transient_refusal_is_tried_again_and_not_handed_to_a_person(office: Office, alice: Person) -> None:
    office.mail.refuse("gone@bolt.example", code=451, text="4.7.1 Try again later", times=1)
    office.send(alice)
    sending = office.said(alice, "Sending: 1 of 3 messages sent.")
    assert sending.buttons[:2] == ["Pause", "Cancel"]
    office.let_retries_fall_due()
    office.said(alice, "Partially successful: 2 sent, 1 not sent. 1 action needs you.")
    assert max(office.mail.message_ids.values()) == 1


def test_an_answer_that_never_came_is_uncertain_and_never_sent_again_by_itself(office: Office, alice: Person) -> None:
    office.mail.drop_after_data("gone@bolt.example")
    office.send(alice)
    done = office.said(alice, "1 may have been sent")
    message_id = next(one.message["Message-ID"] for one in office.mail.to("gone@bolt.example"))
    assert f"Look for Message-ID {message_id} before sending again." in done.rendered
    assert len(office.mail.messages) == 2
    done.click("Send")
    office.said(alice, "Partially successful: 2 sent, 1 not sent.")
    assert len(office.mail.to("gone@bolt.example")) == 2, "sent again because a person said so"
