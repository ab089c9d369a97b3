"""A new bot over the same database between any two steps: windows and messages from before go on as if nothing was."""

from __future__ import annotations

from tests.scenarios.office import Office


def test_a_restart_after_every_single_step(closed_office: Office) -> None:
    office = closed_office.start(send_hold_seconds=600)
    alice = office.alice
    office.mail.refuse("gone@bolt.example", code=550, text="5.1.1 No such user")
    alice.command("/campaign")
    who = alice.modal("Who")
    office.restart()
    who.choose("who_all", "All 4 that match")
    office.restart()
    who.click("Look through the list")
    listed = alice.modal("Customers")
    office.restart()
    listed.click("Leave out")
    office.restart()
    listed.close()
    assert "*3 customers selected*" in who.text
    who.clear("who_leave_out")
    office.restart()
    assert not who.submit().errors
    what = alice.modal("What")
    office.restart()
    what.type("what_subject", "Reminder for {{customer.name}}")
    what.type("what_body", "Please pay")
    what.choose("what_tag_body", "Overdue amount")
    office.restart()
    assert what.value("what_body") == "Please pay {{amounts.overdue}}"
    assert not what.submit().errors
    check = alice.modal("Check and send")
    office.restart()
    check.click("Next")
    office.restart()
    check.submit()
    held = office.said(alice, lambda one: "Pause" in one.buttons).snapshot()
    office.restart()
    held.click("Pause")
    office.said(alice, "Paused: nothing goes out until you resume it.").snapshot()
    office.restart()
    alice.dm.last.click("Resume")
    office.said(alice, lambda one: "Pause" in one.buttons)
    office.restart(send_hold_seconds=0)
    office.let_time_pass(minutes=11)
    office.restart()
    done = office.said(alice, "1 sent, 2 not sent. 2 actions need you.").snapshot()
    held.click("Undo")
    alice.wait_for_ephemeral("It is too late for Undo")
    office.restart()
    office.mail.heal()
    done.click("Fix contact")
    fix = alice.modal("Fix contact")
    office.restart()
    fix.type("fix_email", "right@bolt.example")
    fix.submit()
    office.said(alice, "2 sent, 1 not sent. 1 action needs you.")
    office.restart()
    done.click("Send")
    alice.wait_for_ephemeral("This was decided already by")
    alice.dm.last.click("Ignore")
    ignored = office.said(alice, "Ignored by")
    office.restart()
    ignored.click("Undo ignore")
    office.said(alice, "1 action needs you.")
    assert sorted(one.envelope_to[0] for one in office.mail.messages) == ["pat@acme.example", "right@bolt.example"]
    assert max(office.mail.message_ids.values()) == 1
    assert len(alice.dm.messages) == 1


def test_a_draft_is_resumed_by_the_next_bot(closed_office: Office) -> None:
    office = closed_office.start()
    alice = office.alice
    office.write(alice).close()
    office.restart()
    alice.command("/campaign")
    office.restart()
    alice.modal().click("Resume draft")
    office.restart()
    alice.modal("Who").submit()
    assert alice.modal("What").value("what_subject") == "Reminder for {{customer.name}}"
