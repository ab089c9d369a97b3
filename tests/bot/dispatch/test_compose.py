"""From a job to the message that goes out: every part of it, and why one can't be written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.channels.base import Message
from bot.dispatch.compose import CantWrite, compose
from bot.dispatch.prepare import Job, Letter
from bot.domain.letterhead import Letterhead
from bot.domain.merge import CustomerFacts, InvoiceFacts, MergeFacts, OrganisationFacts, SenderFacts
from bot.domain.postal import PostalAddress
from bot.domain.states import Reason
from bot.letters import Printing
from storage.claims import Claimed
from tests.builders import NOW

INVOICE = InvoiceFacts("INV-1", date(2026, 1, 8), date(2026, 2, 8), 10_000, 10_000, "EUR")
FACTS = MergeFacts(
    CustomerFacts(7, "Acme GmbH", "C-7"),
    (INVOICE,),
    SenderFacts("Alice Martin", "alice@example.com", "Alice"),
    OrganisationFacts("Northwind Ltd"),
    date(2026, 3, 10),
)
PAT = ("Pat Payer", "pat@acme.example")
OURS = PostalAddress("Northwind Ltd", "", "1 Quay Street", "D02 XY45", "Dublin", "", "IE")
ACME = PostalAddress("Acme GmbH", "", "Hauptstr. 5", "10115", "Berlin", "", "DE")
OTHER = PostalAddress("Acme GmbH", "", "Postfach 1", "10117", "Berlin", "", "DE")


def written(body: str = "Dear {{customer.name}}, please pay {{amounts.overdue}}.", **values: Any) -> Message:
    given = {
        "channel": "email",
        "recipients": [],
        "in_spite_of": [],
        "provider_id": None,
        "message_id": "<1@x.example>",
    }
    given |= {"to": (PAT,), "cc": (), "attach": False, "printing": None} | values
    claimed = Claimed(
        id=1,
        workspace_id=1,
        campaign_id=1,
        customer_id=7,
        cc=[],
        attempts=0,
        unanswered=False,
        token="mine",
        **{name: given[name] for name in ("channel", "recipients", "in_spite_of", "provider_id", "message_id")},
    )
    letter = Letter("Your account with {{organisation.name}}", body, given["attach"], given["printing"])
    return compose(Job(claimed, letter, FACTS, given["to"], given["cc"], NOW))


def letter(body: str = "Dear {{customer.name}}, please pay.", to: PostalAddress = ACME) -> Message:
    recipients = [{"contact_id": None, "name": "", "postal": each.to_json()} for each in (OTHER, to)]
    printing = Printing(Letterhead(OURS), 3, "March")
    return written(body, channel="letter", recipients=recipients, to=(("", str(to)),), printing=printing)


def test_an_email_has_all_its_parts() -> None:
    message = written(cc=(("", "boss@acme.example"),))
    assert (message.action_id, message.message_id) == (1, "<1@x.example>")
    assert message.sender == ("Alice Martin", "alice@example.com")
    assert (message.to, message.cc) == ((PAT,), (("", "boss@acme.example"),))
    assert message.subject == "Your account with Northwind Ltd"
    assert message.text.strip() == "Dear Acme GmbH, please pay €100.00."
    assert ">Dear Acme GmbH, please pay €100.00.</p>" in message.html
    assert (message.attachments, message.paper) == ((), None)


def test_an_sms_is_text_alone() -> None:
    message = written("Please pay, *Acme*.\n", channel="sms", to=(("", "+4915123456789"),))
    assert (message.subject, message.text, message.html) == ("", "Please pay, Acme.", "")


def test_an_attached_statement_is_of_the_day() -> None:
    [(name, kind, content)] = written(attach=True).attachments
    assert (name, kind, content[:4]) == ("statement-2026-03-10.pdf", "application/pdf", b"%PDF")


def test_tags_that_say_nothing_are_all_named_unless_a_person_agreed() -> None:
    body = "Dear {{contact.first_name}}, ask {{account_manager.name}}."
    with pytest.raises(CantWrite, match=r"contact\.first_name") as caught:
        written(body)
    assert caught.value.reason is Reason.EMPTY_VALUE
    assert caught.value.detail == "{{contact.first_name}}, {{account_manager.name}}"
    assert written(body, in_spite_of=["empty_value"]).text.strip() == "Dear , ask ."


def test_the_key_is_that_of_every_attempt_and_another_once_it_came_back_or_goes_elsewhere() -> None:
    # it must stay so in later releases, or a letter whose answer was lost goes out twice:
    # printf '<1@x.example>\n\npat@acme.example' | sha256sum
    key = "4fe5ef0e5cb7ce7d9d9698e036c035e663f29e38dc37c94f6cfc122027518f2a"
    assert written().key == written("Please!", to=(("Pat P.", "pat@acme.example"),)).key == key
    # printf '<1@x.example>\nletter_1\npat@acme.example\nsam@acme.example' | sha256sum
    both = (PAT, ("", "sam@acme.example"))
    key = "1046d184619bb12eefe01332e4d176a60ec67b14aaedebfae7d6c7d629c25ceb"
    assert written(provider_id="letter_1", to=both).key == key


def test_a_letter_goes_to_the_recipient_who_was_chosen() -> None:
    message = letter()
    paper = message.paper
    assert paper is not None
    assert (paper.to, paper.sender, paper.campaign_id, paper.campaign) == (ACME, OURS, 3, "March")
    assert (paper.pages, paper.pdf[:4], paper.customer, paper.reference) == (1, b"%PDF", "Acme GmbH", "C-7")


def test_a_letter_that_can_not_be_printed_says_why() -> None:
    with pytest.raises(CantWrite) as caught:
        letter("您好, please pay.")
    assert caught.value.reason is Reason.UNPRINTABLE
    assert caught.value.detail == "No font for letters has 您 好. Write it in Latin, Greek or Cyrillic letters."
    with pytest.raises(CantWrite) as caught:
        letter(to=PostalAddress("Acme GmbH", "", "\n".join("ABCDEFGH"), "10115", "Berlin", "", "DE"))
    assert caught.value.reason is Reason.INVALID_ADDRESS
    assert caught.value.detail == "The address has 11 lines, and the window shows 6. Leave lines out."
