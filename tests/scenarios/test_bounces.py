"""Emails that come back, as a person sees it: a real mailbox, real bounces, the campaign's message redrawn."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.domain.return_paths import ReturnPaths
from sandbox import Caught, Mailbox
from sandbox.person import Person
from storage.models import Suppression
from tests.bot.dispatch.conftest import wait_until
from tests.bot.inbox.mails import mail
from tests.scenarios.office import Office

GONE = "gone@bolt.example"

pytestmark = pytest.mark.road("socket")


@pytest.fixture
def office(closed_office: Office) -> Office:
    return closed_office.with_bounces().start()


def back(office: Office, name: str, about: Caught, **others: str) -> None:
    """Let a mail of a real server about one of ours arrive."""
    ours, to = str(about.message["Message-ID"]), about.envelope_to[0]
    office.bounces.deliver(mail(name, ours, to, return_path=about.envelope_from, **others))


def suppressed(office: Office) -> list[tuple[str, str]]:
    with office.db.read() as session:
        return [(row.address, row.cause) for row in session.scalars(select(Suppression).order_by(Suppression.id))]


def wait_for_read(mailbox: Mailbox, mails: int) -> None:
    wait_until(lambda: [one.seen for one in mailbox.mails()].count(True) == mails)


def test_a_bounce_becomes_a_persons_and_the_next_campaign_says_why_it_leaves_the_address_out(
    office: Office, alice: Person
) -> None:
    office.send(alice)
    office.said(alice, "Partially successful: 2 sent, 1 not sent.")
    [sent] = office.mail.to(GONE)
    assert sent.envelope_from.startswith("bounces+")
    assert str(sent.message["From"]) == "Alice Martin <alice@example.com>"

    forged = ReturnPaths("bounces@example.com", "somebody else's key").of(1)
    office.bounces.deliver(mail("postfix", return_path=forged))
    back(office, "exchange", sent)
    done = office.said(alice, "Partially successful: 1 sent, 2 not sent.")
    assert "came back" in done.rendered
    assert f"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {GONE} not found by SMTP address" in done.rendered
    assert suppressed(office) == [(GONE, "hard_bounce")]
    wait_for_read(office.bounces, 1)
    assert [one.seen for one in office.bounces.mails()] == [False, True]  # the forged one is left for people

    check = office.write(alice)
    check.click("Put back: contacted")
    assert "1: the address must not be contacted" in check.text
    check.submit()
    again = office.said(alice, lambda one: "1 sent, 2 not sent" in one.text and one.ts != done.ts)
    assert f"{GONE} (came back for good: 550 5.1.10" in again.rendered
    assert len(office.mail.to(GONE)) == 1


@pytest.mark.database("sqlite")
def test_what_comes_back_three_times_and_what_is_complained_of(office: Office, alice: Person) -> None:
    for number in (1, 2, 3):
        check = office.write(alice)
        if number > 1:
            check.click("Put back: contacted")
        assert not check.submit().errors
        office.mail.wait_for(lambda mails, number=number: len(mails) == 2 * number)  # type: ignore[misc]
        assert suppressed(office) == []
        wait_until(lambda number=number: office.count("actions", "state = 'sent'") == number + 1)  # type: ignore[misc]
        back(office, "postfix_full", office.mail.to(GONE)[-1], number=str(number))
        wait_until(lambda number=number: office.count("actions", "reason = 'bounced'") == number)  # type: ignore[misc]
    assert suppressed(office) == [(GONE, "soft_bounces")]

    [*_, last] = office.mail.to("pat@acme.example")
    back(office, "vacation", last)
    back(office, "complaint", last)
    wait_until(lambda: len(suppressed(office)) == 2)
    assert suppressed(office)[1] == ("pat@acme.example", "complaint")
    assert office.count("actions", "state = 'sent'") == 3
    assert office.count("replies") == 0


@pytest.mark.database("postgresql")
def test_admins_are_told_once_that_the_mailbox_does_not_let_us_in(closed_office: Office) -> None:
    office = closed_office.with_bounces()
    office.bounces.password = "changed"
    office.bounces.stop()
    wrong = office.bounces.url
    office.bounces.password = "right"
    office.bounces.start()
    office.start(bounce_imap_url=f"{wrong}?every=1")
    office.alice.command("/campaign")  # makes the workspace known to the bot
    told = office.said(office.alice, "The mailbox of bounces can't be read.")
    assert "The mailbox refused the login" in told.rendered
    assert "BOUNCE_IMAP_URL" in told.rendered
    wait_until(lambda: office.count("mailboxes", "failures > 1") == 1)
    assert office.count("notifications", "kind = 'mailbox'") == 1
