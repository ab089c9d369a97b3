"""An audience that takes longer to work through than Slack waits for an answer."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.campaigns.check import AT_ONCE
from storage.models import User
from tests.bench.book import fill
from tests.bot.dispatch.conftest import wait_until
from tests.scenarios.office import Office


@pytest.mark.database("sqlite")
@pytest.mark.road("socket")
def test_clicks_are_answered_before_a_large_audience_is_worked_through(closed_office: Office) -> None:
    office, alice = closed_office.start(worker=False), closed_office.alice
    alice.command("/campaign help")
    with office.db.read() as session:
        user = session.scalars(select(User).where(User.email == "alice@example.com")).one()
    fill(office.db, user, AT_ONCE - 2, invoices=1)
    check = office.write(alice)
    wait_until(lambda: "5,000 emails will be sent" in check.text)  # a moment after "Looking through 5,002 customers"
    check.click("Put back: nothing overdue")
    wait_until(lambda: "nothing overdue (put back)" in check.text)
    assert not check.submit().errors
    assert "Messages to 5,002 customers are being prepared" in alice.modal("On its way").text
    assert office.count("campaigns", "state = 'scheduled'") == 1
    assert office.count("actions") == 0
