"""Undo, a time to send at, pause, resume and cancel, from the buttons of the living message."""

from __future__ import annotations

from datetime import timedelta
from urllib.request import urlopen

import pytest

from sandbox.person import Person
from storage.db import utcnow
from tests.scenarios.office import Office


def test_undo_in_the_hold_sends_nothing_and_keeps_a_draft(closed_office: Office) -> None:
    office = closed_office.start(send_hold_seconds=600)
    alice = office.alice
    office.send(alice)
    office.said(alice, "On its way").click("Undo")
    undone = office.said(alice, "Cancelled: nothing was sent.")
    undone.click("Resume draft")
    assert "*4 customers selected*" in alice.modal("Who").text
    alice.modal("Who").close()
    alice.command("/campaign")
    alice.modal().click("Resume draft")
    assert "*4 customers selected*" in alice.modal("Who").text
    assert office.mail.messages == []


@pytest.mark.road("socket")
def test_a_draft_kept_by_undo_and_sent_since_is_not_opened_again(closed_office: Office) -> None:
    office = closed_office.start(send_hold_seconds=600)
    alice = office.alice
    office.send(alice)
    office.said(alice, "On its way").click("Undo")
    undone = office.said(alice, "Cancelled: nothing was sent.").snapshot()
    undone.click("Resume draft")
    alice.modal("Who").submit()
    alice.modal("What").submit()
    alice.modal("Check and send").submit()
    while alice.has_modal:
        alice.modals[-1].close()
    undone.click("Resume draft")
    alice.wait_for_ephemeral("This campaign was sent already")
    assert not alice.has_modal


def test_undo_that_comes_too_late_says_so(closed_office: Office) -> None:
    office = closed_office.start(send_hold_seconds=600)
    alice = office.alice
    office.mail.hold()
    office.send(alice)
    early = office.said(alice, "On its way to 2 customers: starts").snapshot()
    office.let_time_pass(minutes=10)
    office.said(alice, "Sending: 0 of 3 messages sent.")
    early.click("Undo")
    alice.wait_for_ephemeral("It is too late for Undo: it is being sent; you can pause or cancel it.")
    office.mail.release()
    office.said(alice, "2 sent")
    assert len(office.mail.messages) == 2


def test_a_campaign_waits_for_its_time(office: Office, alice: Person) -> None:
    check = office.write(alice)
    check.choose("check_send_at", utcnow() + timedelta(hours=5))
    check.submit()
    office.said(alice, "Scheduled to 2 customers: starts")
    assert office.mail.messages == []
    office.let_time_pass(hours=5)
    office.said(alice, "2 sent, 1 not sent")
    assert len(office.mail.messages) == 2


@pytest.mark.road("http")
@pytest.mark.database("postgresql")
def test_the_web_half_tells_how_late_messages_are_while_no_worker_runs(office: Office, alice: Person) -> None:
    assert oldest_due(office) == 0
    office.restart(worker=False)
    office.send(alice)
    office.let_time_pass(minutes=11)
    assert 660 <= oldest_due(office) < 900
    office.restart()
    office.said(alice, "2 sent, 1 not sent")
    assert oldest_due(office) == 0


def oldest_due(office: Office) -> float:
    """Return what /metrics says of the oldest due action, in seconds."""
    assert office.bot is not None
    with urlopen(f"http://127.0.0.1:{office.bot.web.port}/metrics") as answer:
        page = answer.read().decode()
    (line,) = [line for line in page.splitlines() if line.startswith("campaign_bot_oldest_due_action_seconds ")]
    return float(line.split()[1])


@pytest.mark.road("socket")
@pytest.mark.parametrize(
    ("click", "after", "mails"),
    [("Cancel, keep as draft", "Cancelled: nothing was sent.", 0), ("Send now", "2 sent, 1 not sent", 2)],
)
def test_a_scheduled_campaign_is_sent_now_or_taken_back(
    office: Office, alice: Person, click: str, after: str, mails: int
) -> None:
    check = office.write(alice)
    check.choose("check_send_at", utcnow() + timedelta(hours=5))
    check.submit()
    waiting = office.said(alice, "Scheduled to 2 customers: starts")
    assert waiting.buttons[:3] == ["Send now", "Pause", "Cancel, keep as draft"]
    waiting.click(click)
    office.said(alice, after)
    assert len(office.mail.messages) == mails


@pytest.mark.road("socket")
def test_a_time_missed_by_more_than_an_hour_asks_instead_of_sending(office: Office, alice: Person) -> None:
    check = office.write(alice)
    check.choose("check_send_at", utcnow() + timedelta(hours=5))
    check.submit()
    office.said(alice, "Scheduled to 2 customers: starts")
    office.stop()
    office.let_time_pass(hours=7)
    office.start()
    asked = office.said(alice, "its time passed while campaign-bot was not running. Send it now, or cancel it?")
    assert asked.buttons[:2] == ["Send now", "Cancel"]
    assert office.mail.messages == []
    asked.click("Send now")
    office.said(alice, "2 sent, 1 not sent")


def test_pause_resume_and_cancel_while_it_runs(closed_office: Office) -> None:
    closed_office.book_more(20)
    office = closed_office.start(smtp_url=f"{closed_office.mail.url}?connections=1")
    alice = office.alice
    office.mail.hold()
    office.send(alice)
    office.mail.wait_for(1)
    office.said(alice, "Sending: 0 of 23 messages sent.").click("Pause")
    office.said(alice, "Paused: nothing goes out until you resume it.")
    office.mail.release()
    paused = office.said(alice, "8%: 1 sent, 21 waiting, 1 not sent")
    assert len(office.mail.messages) == 1, "what was handed over settles, nothing else goes out"
    office.mail.hold()
    paused.click("Resume")
    office.mail.wait_for(2)
    office.said(alice, "Sending: 1 of 23 messages sent.").click("Cancel")
    office.said(alice, "Cancelled: 1 sent, 21 still being handed over")
    office.mail.release()
    done = office.said(alice, "Cancelled: 2 sent, 21 not sent.")
    assert "Pause" not in done.buttons
    assert len(office.mail.messages) == 2
    assert len(alice.dm.messages) == 1
