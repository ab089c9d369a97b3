"""How a campaign stands, read from its rows, within what its creator may see."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import delete, event, select, update

from bot.campaigns import decide, summarize
from bot.domain.states import ActionState, CampaignState, Outcome
from bot.errors import NotAllowed, NotFound
from storage.db import Database
from storage.models import Assignment, Campaign, Customer, User
from tests.builders import NOW, Builder

SENT, MANUAL, IGNORED = ActionState.SENT, ActionState.MANUAL, ActionState.IGNORED


def campaign_of(build: Builder, state: CampaignState, *actions: ActionState, **values: object) -> tuple[User, Campaign]:
    creator = build.user()
    campaign = build.campaign(creator, state=state, **values)
    for number, each in enumerate(actions):
        build.action(campaign, build.customer(f"Customer {number}"), state=each)
    return creator, campaign


@pytest.mark.parametrize(
    ("actions", "expected", "sent", "not_sent"),
    [
        ((SENT, ActionState.DELIVERED), Outcome.FULLY, 2, 0),
        ((SENT, MANUAL), Outcome.PARTIALLY, 1, 1),
        ((SENT, ActionState.SKIPPED, IGNORED), Outcome.PARTIALLY, 1, 2),
        ((MANUAL, ActionState.CANCELLED), Outcome.FAILED, 0, 2),
    ],
)
def test_the_outcome_follows_from_the_actions(
    db: Database, build: Builder, actions: tuple[ActionState, ...], expected: Outcome, sent: int, not_sent: int
) -> None:
    _, campaign = campaign_of(build, CampaignState.COMPLETED, *actions)
    view = summarize.campaign_message(db, campaign.workspace_id, campaign.id)
    assert (view.outcome, view.sent, view.not_sent, view.waiting) == (expected, sent, not_sent, 0)


def test_reasons_are_grouped_in_words_the_most_frequent_first(db: Database, build: Builder) -> None:
    _, campaign = campaign_of(build, CampaignState.COMPLETED, SENT, ActionState.SKIPPED, MANUAL, MANUAL)
    view = summarize.campaign_message(db, campaign.workspace_id, campaign.id)
    assert [(each.text, each.count) for each in view.reasons] == [
        ("refused by the mail server", 2),
        ("nothing overdue any more", 1),
    ]


def test_what_may_have_been_sent_is_counted_apart(db: Database, build: Builder) -> None:
    _, campaign = campaign_of(build, CampaignState.COMPLETED, SENT)
    build.action(campaign, state=MANUAL, reason="uncertain")
    view = summarize.campaign_message(db, campaign.workspace_id, campaign.id)
    assert (view.sent, view.not_sent, view.uncertain, view.to_decide) == (1, 0, 1, 1)


def test_a_refused_recipient_among_several_is_named(db: Database, build: Builder) -> None:
    _, campaign = campaign_of(build, CampaignState.COMPLETED)
    build.action(campaign, state=SENT, reason="partly_refused", detail="b@example.com: 550 no such user")
    view = summarize.campaign_message(db, campaign.workspace_id, campaign.id)
    assert (view.partly_refused, [row.detail for row in view.refused]) == (1, ["b@example.com: 550 no such user"])


def test_customers_that_the_creator_may_no_longer_see_are_not_named(db: Database, build: Builder) -> None:
    manager = build.user(position="account_manager")
    campaign = build.campaign(manager, state=CampaignState.COMPLETED)
    for name, state in (("Kept AG", MANUAL), ("Taken AG", MANUAL), ("Lost AG", IGNORED)):
        build.action(campaign, build.customer(name, account_managers=(manager,)), state=state)
    with db.write() as session:
        session.execute(delete(Assignment).where(Assignment.customer_id.in_(_ids(db, "Taken AG", "Lost AG"))))
    view = summarize.campaign_message(db, campaign.workspace_id, campaign.id)
    assert [row.customer_name for row in (*view.rows, *view.decided)] == ["Kept AG"]
    assert (view.manual, view.to_decide, view.to_undo) == (2, 1, 0)


def test_a_creator_without_access_any_more_sees_no_names(db: Database, build: Builder) -> None:
    creator, campaign = campaign_of(build, CampaignState.COMPLETED, SENT, MANUAL)
    with db.write() as session:
        session.execute(update(User).where(User.id == creator.id).values(role=None))
    view = summarize.campaign_message(db, campaign.workspace_id, campaign.id)
    assert (view.rows, view.decided, view.sent) == ((), (), 1)


def test_every_ignored_action_can_be_found_and_undone(db: Database, build: Builder) -> None:
    creator, campaign = campaign_of(build, CampaignState.COMPLETED, *[MANUAL] * 5)
    caller = build.caller(creator)
    decide.bulk(db, caller, campaign.id, "rejected", what="ignore", now=NOW)
    page = summarize.manual_page(db, caller, campaign.id)
    assert (page.total, [row.state for row in page.rows], page.reasons) == (5, [IGNORED] * 5, ())
    for row in page.rows:
        assert decide.undo_ignore(db, caller, row.id, now=NOW).changed == 1


def test_the_list_has_ten_a_page_what_waits_first(db: Database, build: Builder) -> None:
    creator, campaign = campaign_of(build, CampaignState.COMPLETED, IGNORED, *[MANUAL] * 11)
    first, second = (summarize.manual_page(db, build.caller(creator), campaign.id, page=page) for page in (0, 1))
    assert (len(first.rows), first.pages, first.total) == (10, 2, 12)
    assert [row.state for row in second.rows] == [MANUAL, IGNORED]
    assert summarize.manual_page(db, build.caller(creator), campaign.id, page=99).page == 1
    assert [(each.reason, each.count) for each in first.reasons] == [("rejected", 11)]


def test_the_list_takes_few_queries(db: Database, build: Builder) -> None:
    creator, campaign = campaign_of(build, CampaignState.COMPLETED, *[MANUAL] * 12)
    caller = build.caller(creator)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    summarize.manual_page(db, caller, campaign.id)
    assert len([statement for statement in asked if statement.lstrip().upper().startswith("SELECT")]) == 3


def test_the_list_is_for_the_creator_and_admins(db: Database, build: Builder) -> None:
    _, campaign = campaign_of(build, CampaignState.COMPLETED, MANUAL)
    with pytest.raises(NotAllowed):
        summarize.manual_page(db, build.caller(), campaign.id)
    assert summarize.manual_page(db, build.caller(role="admin"), campaign.id).total == 1
    build.workspace()
    with pytest.raises(NotFound):
        summarize.manual_page(db, build.caller(role="admin"), campaign.id)


def _ids(db: Database, *names: str) -> list[int]:

    with db.read() as session:
        return list(session.scalars(select(Customer.id).where(Customer.name.in_(names))))


@pytest.mark.database("sqlite")
def test_nothing_about_a_large_campaign_reads_all_of_it(db: Database, build: Builder) -> None:
    _, campaign = campaign_of(build, CampaignState.SENDING, SENT, ActionState.QUEUED)
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    summarize.campaign_message(db, campaign.workspace_id, campaign.id)
    plans: list[str] = []
    with sqlite3.connect(db.url.database or "") as connection:
        for words, values in asked:
            if "FROM actions" in words:
                plans.append("; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {words}", values)))
    counts, to_decide, manual, refused, decided = plans  # and nothing of what is put off, as nothing is
    assert counts.startswith("SEARCH actions USING COVERING INDEX ix_actions_campaign (campaign_id=?)")
    assert "ix_actions_campaign (campaign_id=? AND state=?)" in to_decide
    assert "ix_actions_campaign (campaign_id=? AND state=?)" in manual
    assert "ix_actions_campaign (campaign_id=? AND state=? AND reason=?)" in refused
    assert "ix_actions_decided (campaign_id=?)" in decided
    assert "ORDER BY" not in decided, "the last three are read, and no more"
