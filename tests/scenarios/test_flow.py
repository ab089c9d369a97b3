"""The whole flow as a person goes it: pick, write, check, Send, the mails, the summary, the decisions."""

from __future__ import annotations

from sandbox.person import Person
from tests.scenarios.office import Office


def test_from_the_command_to_the_last_decision(office: Office, alice: Person) -> None:
    office.mail.refuse("gone@bolt.example", code=550, text="5.1.1 No such user")
    check = office.write(alice)
    assert "2 emails will be sent" in check.text
    check.submit()
    done = office.said(alice, "Partially successful: 1 sent, 2 not sent. 2 actions need you.")
    assert [one.envelope_to for one in office.mail.messages] == [("pat@acme.example",)]
    assert office.mail.messages[0].message["Subject"] == "Reminder for Acme GmbH"
    assert "550 5.1.1 No such user" in done.rendered
    office.mail.heal()
    done.click("Send")
    office.said(alice, "Partially successful: 2 sent, 1 not sent. 1 action needs you.")
    alice.dm.click("Fix contact")
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "new@cargo.example")
    fix.submit()
    office.said(alice, "Fully successful: 3 sent, 0 not sent.")
    assert sorted(to for one in office.mail.messages for to in one.envelope_to) == [
        "gone@bolt.example",
        "new@cargo.example",
        "pat@acme.example",
    ]
    assert len(alice.dm.messages) == 1
