"""A draft is kept at every step, its creator's alone, and never lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.campaigns import audiences, compose, drafts
from bot.campaigns.views import DraftSummary, SenderChoice
from bot.domain.audience import Audience
from bot.domain.states import CampaignState
from bot.errors import Conflict, NotFound
from storage.db import Database
from storage.models import Campaign
from tests.builders import NOW, Builder


def test_a_draft_starts_with_a_proper_name_in_the_workspaces_day(db: Database, build: Builder) -> None:
    build.workspace(time_zone="Asia/Tokyo")
    user = build.user("Alice Martin", email="alice@example.com")
    draft = drafts.start(db, build.caller(user), now=datetime(2026, 11, 22, 20, 0, tzinfo=UTC))
    assert draft.name == "Overdue reminder, 23 November 2026"
    assert draft.sender == SenderChoice(f"user:{user.id}", "Alice Martin <alice@example.com>", "alice@example.com")
    assert (draft.channel, draft.version, draft.audience, draft.to_positions) == ("email", 1, Audience(), ())


def test_no_two_campaigns_of_one_person_start_with_one_name(db: Database, build: Builder) -> None:
    caller = build.caller()
    names = [drafts.start(db, caller, now=NOW).name for _ in range(3)]
    day = names[0]
    assert names == [day, f"{day} (2)", f"{day} (3)"]
    drafts.discard(db, caller, drafts.open_drafts(db, caller)[0].id)
    assert drafts.start(db, caller, now=NOW).name == f"{day} (3)"
    assert drafts.start(db, build.caller(), now=NOW).name == day, "another person's names are no matter"


def test_without_a_verified_email_no_sender_is_chosen(db: Database, build: Builder) -> None:
    caller = build.caller(build.user(email_verified=False))
    assert drafts.start(db, caller).sender is None


def test_drafts_are_listed_latest_touched_first_with_what_they_select(db: Database, build: Builder) -> None:
    caller = build.caller()
    one, two = build.customer("One"), build.customer("Two")
    first, second = drafts.start(db, caller, now=NOW), drafts.start(db, caller, now=NOW)
    audiences.add(db, caller, first.id, [one.id, two.id])
    assert [(row.id, row.selected) for row in drafts.open_drafts(db, caller)] == [(first.id, 2), (second.id, 0)]
    uncounted = drafts.open_drafts(db, caller, counted=False)
    assert [row.selected for row in uncounted] == [None, 0], "nobody need be looked for to know that there is nobody"
    assert drafts.open_drafts(db, build.caller()) == ()


def test_a_draft_can_be_resumed_as_it_was(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    saved = compose.save(db, caller, draft.id, subject="Hello", body="half a sen", to_positions=["Payer"])
    assert drafts.load(db, caller, draft.id) == saved


def test_a_discarded_draft_is_gone_and_a_second_discard_is_harmless(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    drafts.discard(db, caller, draft.id)
    drafts.discard(db, caller, draft.id)
    assert drafts.open_drafts(db, caller) == ()
    with pytest.raises(NotFound):
        drafts.load(db, caller, draft.id)


def test_somebody_elses_draft_answers_as_not_found(db: Database, build: Builder) -> None:
    draft = drafts.start(db, build.caller())
    build.workspace()
    for stranger in (build.caller(), build.caller(role="admin")):
        with pytest.raises(NotFound):
            drafts.load(db, stranger, draft.id)
        with pytest.raises(NotFound):
            drafts.discard(db, stranger, draft.id)


def test_a_colleague_in_the_same_workspace_cannot_touch_it_either(db: Database, build: Builder) -> None:
    draft = drafts.start(db, build.caller())
    colleague = build.caller(role="admin")
    with pytest.raises(NotFound):
        compose.save(db, colleague, draft.id, subject="mine now")


def test_a_sent_campaign_is_no_draft_any_more(db: Database, build: Builder) -> None:
    user = build.user()
    campaign = build.campaign(user, state=CampaignState.SENDING)
    with pytest.raises(Conflict):
        drafts.load(db, build.caller(user), campaign.id)
    with pytest.raises(Conflict):
        drafts.discard(db, build.caller(user), campaign.id)
    with db.read() as session:
        assert session.get_one(Campaign, campaign.id).state == "sending"


def test_a_copy_holds_all_that_was_written_and_is_a_draft(db: Database, build: Builder) -> None:
    user = build.user()
    alias = build.alias(created_by=user)
    campaign = build.campaign(
        user,
        state=CampaignState.CANCELLED,
        sender_user_id=None,
        sender_alias_id=alias.id,
        to_positions=["Payer"],
        cc=["boss@example.com"],
        put_back=["paused"],
        attach_statement=True,
        send_at=NOW,
        left_out={"paused": 2},
    )
    with db.write() as session:
        copied = drafts.copy_of(session, session.get_one(Campaign, campaign.id), NOW)
    caller = build.caller(user)
    draft = drafts.load(db, caller, copied)
    assert (draft.subject, draft.body, draft.name) == (campaign.subject, campaign.body, campaign.name)
    assert (draft.to_positions, draft.cc, draft.put_back) == (("Payer",), ("boss@example.com",), ("paused",))
    assert draft.audience == Audience(all_matching=True)
    assert draft.sender is not None and draft.sender.value == f"alias:{alias.id}"
    assert (draft.attach_statement, draft.send_at, draft.version) == (True, None, 1)
    assert drafts.open_drafts(db, caller) == (DraftSummary(copied, campaign.name, NOW, 0),)
