"""The check says how many go, who needs a person, who is left out, and what stops Send."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.campaigns import check
from bot.campaigns.views import ReasonCount
from bot.domain.access import Position
from bot.domain.money import Money
from bot.domain.states import CampaignState
from bot.errors import Conflict, FieldErrors, NotFound
from storage.db import Database
from storage.models import Customer
from tests.builders import NOW, TODAY, Builder


def test_everybody_is_counted_once_with_the_reason(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer("Goes", overdue=10_000)
    build.customer("Also goes", overdue=700, currency="JPY")
    build.customer("Nobody to write to", email=None)
    build.customer("Wrong address", email="nonsense")
    build.customer("Suppressed", email="Stop@example.com")
    build.suppression("stop@example.com")
    build.customer("Paused", paused_until=TODAY + timedelta(days=1))
    build.customer("Owes nothing", overdue=None)
    build.invoice(build.customer("Disputed", overdue=None), status="disputed")
    build.invoice(build.customer("Promised", overdue=None), promised_on=TODAY)
    build.customer("Lately", last_contacted_at=NOW - timedelta(days=2))
    draft = build.campaign(user)
    found = check.run(db, build.caller(user), draft.id, now=NOW)
    assert (found.selected, found.to_send, found.problems) == (10, 2, ())
    assert set(found.manual) == {
        ReasonCount("no_contact", "no contact to write to", 1, examples=("Nobody to write to",)),
        ReasonCount("invalid_address", "the address is not valid", 1, examples=("Wrong address: nonsense",)),
        ReasonCount(
            "suppressed",
            "the address must not be contacted",
            1,
            examples=("Suppressed: Stop@example.com (asked not to be written to)",),
        ),
    }
    assert found.left_out == (
        ReasonCount("paused", "paused: do not contact yet", 1),
        ReasonCount("nothing_overdue", "nothing overdue", 1),
        ReasonCount("all_disputed", "everything overdue is disputed", 1),
        ReasonCount("promised", "payment is promised", 1),
        ReasonCount("contacted_recently", "contacted in the last 7 days", 1),
    )
    assert found.overdue == (Money(700, "JPY"), Money(10_000, "EUR"))


def test_messages_with_gaps_are_told_beforehand_and_need_a_person(db: Database, build: Builder) -> None:
    user = build.user()
    known = build.customer("Known")
    build.customer("Unknown", group_name=None)
    build.customer("Owes nothing", overdue=None)
    with db.write() as session:
        session.execute(update(Customer).where(Customer.id == known.id).values(group_name="Holding"))
    draft = build.campaign(
        user, subject="Reminder", body="{{customer.group}}: {{amounts.overdue}}", put_back=["nothing_overdue"]
    )
    found = check.run(db, build.caller(user), draft.id, now=NOW)
    assert (found.to_send, found.overdue) == (1, (Money(10_000, "EUR"),))
    assert [(each.reason, each.count) for each in found.manual] == [("empty_value", 2)]
    assert found.manual[0].text.startswith("nothing to say at `{{customer.group}}`, `{{amounts.overdue}}`;")
    assert len(found.going) == 3


def test_a_suppression_of_another_workspace_or_channel_does_not_count(db: Database, build: Builder) -> None:
    build.workspace()
    build.suppression("payer@example.com")
    build.workspace()
    build.suppression("payer@example.com", channel="sms")
    user = build.user()
    build.customer()
    assert check.run(db, build.caller(user), build.campaign(user).id, now=NOW).to_send == 1


def test_a_group_is_put_back_and_taken_away_again(db: Database, build: Builder) -> None:
    user = build.user()
    caller = build.caller(user)
    build.customer("Lately", last_contacted_at=NOW)
    draft = build.campaign(user)
    check.put_back(db, caller, draft.id, "contacted_recently", True, now=NOW)
    found = check.run(db, caller, draft.id, now=NOW)
    back = ReasonCount("contacted_recently", "contacted in the last 7 days", 1, put_back=True)
    assert (found.to_send, found.left_out, found.problems, found.version) == (1, (back,), (), 2)
    check.put_back(db, caller, draft.id, "contacted_recently", True, now=NOW)
    assert check.run(db, caller, draft.id, now=NOW) == found
    check.put_back(db, caller, draft.id, "contacted_recently", False, now=NOW)
    found = check.run(db, caller, draft.id, now=NOW)
    assert (found.to_send, found.left_out[0].put_back) == (0, False)
    assert found.problems == ("Every selected customer is left out. Put a group back, or pick others.",)


def test_putting_paused_back_still_leaves_out_who_owes_nothing(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer("Paused, paid", overdue=None, paused_until=TODAY + timedelta(days=9))
    caller, draft = build.caller(user), build.campaign(user)
    check.put_back(db, caller, draft.id, "paused", True, now=NOW)
    found = check.run(db, caller, draft.id, now=NOW)
    assert [(row.reason, row.count, row.put_back) for row in found.left_out] == [
        ("paused", 0, True),
        ("nothing_overdue", 1, False),
    ]


def test_an_unknown_group_is_refused(db: Database, build: Builder) -> None:
    user = build.user()
    with pytest.raises(NotFound):
        check.put_back(db, build.caller(user), build.campaign(user).id, "suppressed", True)


def test_a_time_is_chosen_and_a_past_one_refused(db: Database, build: Builder) -> None:
    user = build.user()
    caller = build.caller(user)
    build.customer()
    draft = build.campaign(user)
    later = NOW + timedelta(hours=3)
    assert check.set_send_at(db, caller, draft.id, later, now=NOW) == 2
    assert check.run(db, caller, draft.id, now=NOW).send_at == later
    with pytest.raises(FieldErrors) as refused:
        check.set_send_at(db, caller, draft.id, NOW, now=NOW)
    assert list(refused.value.fields) == ["send_at"]
    assert check.run(db, caller, draft.id, now=later).problems == (check.PASSED,)
    assert check.set_send_at(db, caller, draft.id, None, now=later) == 3
    assert check.run(db, caller, draft.id, now=later).problems == ()


def test_problems_stop_send_in_words(db: Database, build: Builder) -> None:
    user = build.user(email_verified=False)
    draft = build.campaign(user, subject="", name=" ")
    assert check.run(db, build.caller(user), draft.id, now=NOW).problems == (
        "No customers are selected. Go back and pick some.",
        "Give the campaign a name, so that you find it again.",
        "Choose a sender whose address is verified.",
        "Write a subject.",
    )


def test_an_account_manager_is_told_of_assigned_customers_alone(db: Database, build: Builder) -> None:
    user = build.user(position=Position.ACCOUNT_MANAGER.value)
    build.customer("Mine", account_managers=(user,))
    theirs = build.customer("Theirs", email=None)
    draft = build.campaign(user, audience={"all_matching": True, "added": [theirs.id]})
    found = check.run(db, build.caller(user), draft.id, now=NOW)
    assert (found.selected, found.to_send, found.manual) == (1, 1, ())
    assert found.overdue == (Money(10_000, "EUR"),)


def test_the_day_is_that_of_the_workspace(db: Database, build: Builder) -> None:
    build.workspace(time_zone="Pacific/Auckland")
    user = build.user()
    customer = build.customer(overdue=None)
    build.invoice(customer, days_overdue=0)
    draft = build.campaign(user)
    # 11:30 UTC is past midnight in Auckland: what was due on the 10th is overdue there
    assert check.run(db, build.caller(user), draft.id, now=NOW).to_send == 0
    assert check.run(db, build.caller(user), draft.id, now=NOW + timedelta(hours=2, minutes=30)).to_send == 1


def test_a_sent_campaign_cannot_be_checked_any_more(db: Database, build: Builder) -> None:
    user = build.user()
    with pytest.raises(Conflict):
        check.run(db, build.caller(user), build.campaign(user, state=CampaignState.SENDING).id)
