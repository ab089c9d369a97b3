"""An audience that takes longer to work through than Slack waits for an answer."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.campaigns.check import AT_ONCE
from sandbox.modal import Modal
from sandbox.person import Person
from storage.models import User
from tests.bench.book import fill
from tests.bot.dispatch.conftest import wait_until
from tests.scenarios.office import BODY, SUBJECT, Office


def _write(office: Office, alice: Person, *, overtaken: bool) -> Modal:
    """Go through the first two screens, in which everybody is counted after the answer to the click.

    With `overtaken` what is drawn after the answer to the last submission comes to Slack before it.
    """
    alice.command("/campaign")
    who = alice.modal("Who")
    wait_until(lambda: "All 5,002 that match" in who.text)
    who.choose("who_all", "All 5,002 that match")
    wait_until(lambda: "*5,002 customers selected*" in who.text)
    alice.command("/campaign")
    start = alice.modal("Campaigns")
    wait_until(lambda: "5,002 customers, saved" in start.text)
    start.click("Resume draft")
    wait_until(lambda: start.title == "Who")
    start.type("who_text", "harbour", enter=True)
    wait_until(lambda: "customers selected*" in start.text and "*5,002" not in start.text)
    start.type("who_text", "", enter=True)
    assert not start.submit().errors  # before it is counted, which is not drawn over the next screen
    what = alice.modal("What")
    what.type("what_subject", SUBJECT)
    what.type("what_body", BODY)
    if overtaken:
        office.slack.faults.overtake_answer("views.update")
    assert not what.submit().errors
    return alice.modal("Check and send")


@pytest.mark.database("sqlite")
@pytest.mark.road("socket")
@pytest.mark.parametrize("overtaken", [False, True])
def test_clicks_are_answered_before_a_large_audience_is_worked_through(
    closed_office: Office, *, overtaken: bool
) -> None:
    office, alice = closed_office.start(worker=False), closed_office.alice
    alice.command("/campaign help")
    with office.db.read() as session:
        user = session.scalars(select(User).where(User.email == "alice@example.com")).one()
    fill(office.db, user, AT_ONCE - 2, invoices=1)
    check = _write(office, alice, overtaken=overtaken)
    wait_until(lambda: "5,000 emails will be sent" in check.text)  # a moment after "Looking through 5,002 customers"
    check.click("Put back: nothing overdue")
    wait_until(lambda: "nothing overdue (put back)" in check.text)
    assert not check.submit().errors
    assert "Messages to 5,002 customers are being prepared" in alice.modal("On its way").text
    assert office.count("campaigns", "state = 'scheduled'") == 1
    assert office.count("actions") == 0
