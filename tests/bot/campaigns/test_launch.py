"""Send makes one campaign, however often it is pressed."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.campaigns import check, compose, drafts, launch
from bot.campaigns.views import Launched
from bot.domain.states import CampaignState
from bot.errors import BotError, Conflict, NotFound, UserError
from storage.db import Database
from storage.models import Campaign, Notification
from tests.builders import NOW, Builder

HOLD = timedelta(seconds=60)


def state(db: Database, campaign_id: int) -> str:
    with db.read() as session:
        return session.get_one(Campaign, campaign_id).state


def test_it_is_scheduled_for_the_end_of_the_hold_with_one_living_message(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    draft = build.campaign(user)
    done = launch.launch(db, build.caller(user), draft.id, version=1, hold=HOLD, now=NOW)
    assert done == Launched(draft.id, draft.name, False, 1, NOW + HOLD, first=True)
    with db.read() as session:
        row = session.get_one(Campaign, draft.id)
        assert (row.state, row.launched_at, row.starts_at, row.frozen_at) == ("scheduled", NOW, NOW + HOLD, None)
        message = session.scalars(select(Notification)).one()
    assert (message.campaign_id, message.user_id, message.kind) == (draft.id, user.id, "campaign")
    assert (message.version, message.drawn_version, message.due_at) == (1, 0, NOW)


def test_it_is_scheduled_for_the_chosen_time(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    later = NOW + timedelta(days=2)
    draft = build.campaign(user, send_at=later)
    assert launch.launch(db, build.caller(user), draft.id, version=1, hold=HOLD, now=NOW).starts_at == later


def test_a_second_press_changes_nothing_and_finds_the_same_campaign(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    draft = build.campaign(user)
    caller = build.caller(user)
    launch.launch(db, caller, draft.id, version=1, hold=HOLD, now=NOW)
    again = launch.launch(db, caller, draft.id, version=1, hold=HOLD, now=NOW + timedelta(seconds=5))
    assert again == Launched(draft.id, draft.name, False, 1, NOW + HOLD, first=False)
    with db.read() as session:
        assert len(session.scalars(select(Notification)).all()) == 1
        assert len(session.scalars(select(Campaign)).all()) == 1


def test_presses_at_the_same_moment_make_one_campaign(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    draft = build.campaign(user)
    caller = build.caller(user)
    firsts: list[bool] = []
    gate = threading.Barrier(6)

    def press() -> None:
        gate.wait()
        firsts.append(launch.launch(db, caller, draft.id, version=1, hold=HOLD, now=NOW).first)

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(firsts) == [False] * 5 + [True]


def test_what_was_changed_since_it_was_shown_is_not_sent(db: Database, build: Builder) -> None:
    user = build.user()
    caller = build.caller(user)
    build.customer()
    draft = build.campaign(user)
    compose.save(db, caller, draft.id, body="Changed in another window.")
    with pytest.raises(Conflict):
        launch.launch(db, caller, draft.id, version=1, hold=HOLD, now=NOW)
    assert state(db, draft.id) == "draft"
    assert launch.launch(db, caller, draft.id, version=2, hold=HOLD, now=NOW).first


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"audience": {}}, "No customers are selected"),
        ({"body": "Dear {{custmer.name}}"}, "customer.name"),
        ({"sender_user_id": None}, "sender"),
        ({"send_at": NOW - timedelta(minutes=1)}, "This time has passed"),
    ],
)
def test_what_has_problems_is_not_sent(db: Database, build: Builder, values: dict[str, object], words: str) -> None:
    user = build.user()
    build.customer()
    draft = build.campaign(user, **values)
    with pytest.raises(UserError, match=words):
        launch.launch(db, build.caller(user), draft.id, version=1, hold=HOLD, now=NOW)
    assert state(db, draft.id) == "draft"
    with db.read() as session:
        assert session.scalars(select(Notification)).all() == []


def test_nobody_but_the_creator_can_send_a_draft(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    draft = build.campaign(user)
    colleague = build.caller(role="admin")
    build.workspace()
    for stranger in (colleague, build.caller(role="admin")):
        with pytest.raises(NotFound):
            launch.launch(db, stranger, draft.id, version=1, hold=HOLD, now=NOW)
    assert state(db, draft.id) == "draft"


def test_a_discarded_draft_is_not_sent(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    draft = build.campaign(user)
    drafts.discard(db, build.caller(user), draft.id)
    with pytest.raises(NotFound):
        launch.launch(db, build.caller(user), draft.id, version=1, hold=HOLD, now=NOW)


def test_after_send_nothing_of_it_can_be_changed(db: Database, build: Builder) -> None:
    user = build.user()
    caller = build.caller(user)
    build.customer()
    draft = build.campaign(user)
    launch.launch(db, caller, draft.id, version=1, hold=HOLD, now=NOW)
    for change in (
        lambda: compose.save(db, caller, draft.id, body="Too late"),
        lambda: check.set_send_at(db, caller, draft.id, None),
        lambda: drafts.discard(db, caller, draft.id),
    ):
        with pytest.raises(BotError):
            change()
    assert state(db, draft.id) == CampaignState.SCHEDULED.value
