"""Who gets in, what they are told, and the settings they change."""

from __future__ import annotations

import re

import pytest

from sandbox.person import Person
from tests.scenarios.office import Office

pytestmark = pytest.mark.road("socket")


def test_help_and_unknown_words_show_usage(office: Office, alice: Person) -> None:
    assert "This is what I can do" in alice.command("/campaign help").text
    assert alice.command("/campaign dance").text.startswith("I do not know “dance”.")
    assert not alice.has_modal


def test_the_owner_is_the_first_admin_and_lets_others_in(office: Office, alice: Person) -> None:
    eve = office.slack.add_person("Eve Stone", "eve@example.com", "U0EVE0001")
    alice.command("/campaign help")
    assert "Ask @Alice Martin to let you in" in eve.command("/campaign").text
    assert not eve.has_modal
    alice.command("/campaign settings")
    alice.modal("Settings").click("Users")
    users = alice.modal("Users")
    assert "*Eve Stone*\nno access" in users.text
    users.click("Let somebody in")
    form = alice.modals[-1]
    form.choose("Person", eve)
    form.submit()
    assert "*Eve Stone*\nMember, finance user" in alice.modals[-1].text
    eve.command("/campaign")
    assert "All 4 that match" in eve.modal("Who").text


@pytest.mark.parametrize("facts", [{"is_bot": True}, {"deleted": True}, {"is_restricted": True}])
def test_bots_guests_and_the_gone_see_nothing(office: Office, alice: Person, facts: dict[str, bool]) -> None:
    alice.command("/campaign help")
    ghost = office.slack.add_person("Ghost", "ghost@example.com", "U0GHOST01", **facts)
    said = ghost.command("/campaign").text
    assert "Acme" not in said
    assert "Ask @Alice Martin" in said
    assert not ghost.has_modal


def test_an_alias_is_verified_by_the_code_in_the_mail_and_then_sends(office: Office, alice: Person) -> None:
    alice.command("/campaign settings")
    alice.modal("Settings").click("Aliases")
    alice.modal("Aliases").click("aliases_add")
    add = alice.modals[-1]
    add.type("alias_email", "billing@example.com")
    add.type("alias_name", "Billing")
    add.submit()
    office.mail.wait_for(1)
    body = office.mail.messages[0].message.get_body(("plain",))
    assert body is not None
    found = re.search(r"\b\d{6}\b", body.get_content())
    assert found is not None
    code = alice.modals[-1]
    code.type("code_digits", "000000" if found[0] != "000000" else "111111")
    assert code.submit().errors
    code.type("code_digits", found[0])
    code.submit()
    assert "billing@example.com is verified and can be a sender." in alice.modals[-1].text
    alice.modals[-1].click("Change")
    change = alice.modal("Alias")
    assert change.value("alias_name") == "Billing"
    change.type("alias_signature", "The billing team")
    change.submit()
    assert "billing@example.com is saved." in alice.modals[-1].text
    while alice.has_modal:
        alice.modals[-1].close()
    office.mail.clear()
    alice.command("/campaign")
    who = alice.modal("Who")
    who.choose("who_all", "All 4 that match")
    who.submit()
    what = alice.modal("What")
    what.type("what_subject", "Hello")
    what.type("what_body", "Dear all\n\n{{sender.signature}}")
    what.choose("what_sender", "Billing", query="bill")
    what.submit()
    alice.modal("Check and send").submit()
    office.said(alice, "2 sent")
    assert {str(one.message["From"]) for one in office.mail.messages} == {"Billing <billing@example.com>"}
    assert {one.message["Reply-To"] for one in office.mail.messages} == {None}, "answers go to From and nowhere else"
    signed = office.mail.messages[0].message.get_body(("plain",))
    assert signed is not None
    assert signed.get_content().strip() == "Dear all\n\nThe billing team"


def test_a_signature_is_set_once_and_stands_in_the_mails(office: Office, alice: Person) -> None:
    alice.command("/campaign settings")
    settings = alice.modal("Settings")
    settings.type("settings_signature", "Alice Martin\nAccounts receivable")
    settings.submit()
    office.send(alice, body="Please pay.\n\n{{sender.signature}}")
    office.said(alice, "2 sent")
    body = office.mail.messages[0].message.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Please pay.\n\nAlice Martin\nAccounts receivable"


def test_a_saved_audience_is_used_again(office: Office, alice: Person) -> None:
    alice.command("/campaign")
    who = alice.modal("Who")
    who.type("who_text", "acme", enter=True)
    who.choose("who_all", "All 1 that match")
    who.click("Save this audience")
    save = alice.modals[-1]
    save.type("who_save_name", "The big ones")
    save.submit()
    while alice.has_modal:
        alice.modals[-1].close()
    alice.command("/campaign")
    alice.modal().click("New campaign")
    who = alice.modal("Who")
    who.choose("who_use_saved", "The big ones")
    assert "*1 customer selected*" in who.text


def test_customers_are_added_and_left_out_one_by_one(office: Office, alice: Person) -> None:
    alice.command("/campaign")
    who = alice.modal("Who")
    who.choose("who_add", "Acme GmbH", query="ac")
    assert "*1 customer selected*, EUR 123.45 overdue" in who.text
    who.click("Look through the list")
    listed = alice.modal("Customers")
    assert "EUR 123.45 overdue" in listed.text
    assert "pat@acme.example" in listed.text
    listed.close()
    who.choose("who_all", "All 4 that match")
    who.choose("who_leave_out", "Bolt & Co", query="bol")
    assert "*3 customers selected*" in who.text
    assert not who.submit().errors


def test_nobody_selected_is_said_at_the_input(office: Office, alice: Person) -> None:
    alice.command("/campaign")
    result = alice.modal("Who").submit()
    assert "Nobody is selected yet" in " ".join(result.errors.values())
