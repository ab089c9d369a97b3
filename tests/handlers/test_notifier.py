"""The notifier over real HTTP: one message whatever happens, and none lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.campaigns import telling
from bot.domain.states import ActionState, CampaignState
from handlers.notifier import Notifier
from storage import notifications
from storage.db import Database
from storage.models import Campaign, Notification, NotificationKind
from tests.builders import NOW, Builder
from tests.handlers.slack_server import Fault, SlackServer

LATER = NOW + timedelta(seconds=2)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    server = SlackServer()
    yield server
    server.close()


@pytest.fixture
def notifier(db: Database, slack: SlackServer) -> Notifier:
    return Notifier(db, slack.client)


def touch(db: Database, campaign: Campaign) -> None:
    with db.write() as session:
        notifications.touch(session, [campaign.id])


def row_of(db: Database, campaign: Campaign, kind: str = "campaign") -> Notification:
    with db.read() as session:
        query = select(Notification).where(Notification.campaign_id == campaign.id, Notification.kind == kind)
        return session.scalars(query).one()


def notice(db: Database, campaign: Campaign) -> None:
    with db.write() as session:
        kind = NotificationKind.MISSED_SCHEDULE
        notifications.create_notice(session, session.merge(campaign), kind, campaign.creator_id, NOW)


def test_one_message_is_posted_then_redrawn(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    creator = build.user()
    campaign = build.campaign(creator, state=CampaignState.SENDING)
    build.action(campaign, state=ActionState.SENT)
    assert notifier.draw_due(now=NOW) == 1
    assert notifier.draw_due(now=LATER) == 0
    assert [m["text"] for m in slack.messages] == ["March reminder: Sending: 1 of 1 message sent."]
    assert slack.messages[0]["channel"] == f"D{creator.slack_user_id}"
    with db.write() as session:
        session.execute(update(Campaign).values(state="completed", completed_at=NOW))
    touch(db, campaign)
    assert notifier.draw_due(now=LATER) == 1
    assert [m["text"] for m in slack.messages] == ["March reminder: Fully successful: 1 sent, 0 not sent."]


def test_a_message_is_not_redrawn_within_a_second_and_a_half(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    notifier.draw_due(now=NOW)
    touch(db, campaign)
    assert notifier.draw_due(now=NOW + timedelta(seconds=1.4)) == 0
    assert notifier.draw_due(now=NOW + timedelta(seconds=1.6)) == 1


def test_what_a_person_waits_for_is_drawn_at_once(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    notifier.draw_due(now=NOW)
    moment = NOW + timedelta(seconds=0.3)
    with db.write() as session:
        notifications.touch(session, [campaign.id], at_once=moment)
    assert notifier.draw_due(now=moment) == 1


def test_what_a_person_waits_for_is_not_tried_sooner_than_slack_asked(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    slack.faults.append(Fault("chat.postMessage", status=429, headers={"Retry-After": "30"}))
    assert notifier.draw_due(now=NOW) == 0
    with db.write() as session:
        notifications.touch(session, [campaign.id], at_once=NOW)
    assert notifier.draw_due(now=NOW + timedelta(seconds=29)) == 0
    assert notifier.draw_due(now=NOW + timedelta(seconds=31)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("chat.postMessage", status=500, carried_out=True),
        Fault("chat.postMessage", carried_out=True, hang_up=True),
    ],
)
def test_a_post_whose_answer_is_lost_is_not_repeated(
    fault: Fault, db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    slack.faults.append(Fault(**fault.__dict__))
    assert notifier.draw_due(now=NOW) == 0
    assert notifier.draw_due(now=NOW + timedelta(minutes=11)) == 1
    assert len(slack.messages) == 1
    assert row_of(db, campaign).ts == slack.messages[0]["ts"]


def test_a_notice_whose_answer_is_lost_is_found_in_its_thread(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.PAUSED, pause_reason="missed_schedule")
    notifier.draw_due(now=NOW)
    notice(db, campaign)
    slack.faults.append(Fault("chat.postMessage", status=500, carried_out=True))
    notifier.draw_due(now=LATER)
    assert notifier.draw_due(now=NOW + timedelta(minutes=11)) == 1
    assert [m.get("thread_ts") for m in slack.messages] == [None, slack.messages[0]["ts"]]
    assert row_of(db, campaign, "missed_schedule").ts == slack.messages[1]["ts"]


def test_a_notice_waits_for_the_message_that_it_goes_under(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.PAUSED, pause_reason="missed_schedule")
    notice(db, campaign)
    assert notifier.draw_due(now=NOW) == 1
    assert notifier.draw_due(now=LATER) == 1
    assert slack.messages[1]["thread_ts"] == slack.messages[0]["ts"]


def test_retry_after_is_honoured(db: Database, build: Builder, slack: SlackServer, notifier: Notifier) -> None:
    build.campaign(build.user(), state=CampaignState.SENDING)
    slack.faults.append(Fault("chat.postMessage", status=429, code="ratelimited", headers={"Retry-After": "30"}))
    assert notifier.draw_due(now=NOW) == 0
    assert notifier.draw_due(now=NOW + timedelta(seconds=29)) == 0
    assert notifier.draw_due(now=NOW + timedelta(seconds=31)) == 1
    assert len(slack.messages) == 1


@pytest.mark.parametrize("code", ["message_not_found", "channel_not_found"])
def test_a_message_that_is_gone_is_posted_anew(
    code: str, db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    notifier.draw_due(now=NOW)
    slack.messages.clear()
    slack.calls.clear()
    touch(db, campaign)
    slack.faults.append(Fault("chat.update", code=code))
    assert notifier.draw_due(now=LATER) == 0
    assert notifier.draw_due(now=LATER + timedelta(seconds=2)) == 1
    assert len(slack.messages) == 1
    assert slack.calls == ["chat.update", "conversations.open", "chat.postMessage"]


def test_a_dropped_connection_keeps_no_other_message_waiting(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    for name in ("Alice Martin", "Bob Stone"):
        build.campaign(build.user(name), state=CampaignState.SENDING)
    slack.faults.append(Fault("conversations.open", hang_up=True))
    assert notifier.draw_due(now=NOW) == 1
    assert notifier.draw_due(now=NOW + timedelta(seconds=10)) == 1
    assert len(slack.messages) == 2


def test_a_fault_in_one_drawing_is_raised_after_the_others_are_drawn(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    broken = build.campaign(build.user("Alice Martin"), state=CampaignState.SENDING, left_out={"no such reason": 1})
    build.campaign(build.user("Bob Stone"), state=CampaignState.SENDING)
    with pytest.raises(ExceptionGroup):
        notifier.draw_due(now=NOW)
    assert len(slack.messages) == 1
    assert row_of(db, broken).claim_token is None


def test_a_worker_that_lost_its_claim_posts_nothing(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)

    def taken_over() -> None:
        with db.write() as session:
            later = NOW + timedelta(minutes=3)
            (other,) = notifications.claim_behind(session, now=later, limit=1, lease=timedelta(minutes=2))
            notifications.drawn(session, other, "D1", "1.0", next_at=later, soonest=later)

    slack.before["conversations.open"] = taken_over
    assert notifier.draw_due(now=NOW) == 0
    assert slack.messages == []
    assert row_of(db, campaign).ts == "1.0"


def test_a_person_out_of_reach_is_given_up(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    build.campaign(build.user(), state=CampaignState.SENDING)
    slack.faults.append(Fault("conversations.open", code="user_disabled"))
    assert notifier.draw_due(now=NOW) == 0
    assert notifier.draw_due(now=NOW + timedelta(hours=1)) == 0
    assert slack.messages == []


def test_where_nothing_is_to_be_drawn_it_waits_for_no_writer(
    db: Database, build: Builder, slack: SlackServer, notifier: Notifier
) -> None:
    build.campaign(build.user(), state=CampaignState.SENDING)
    assert notifier.draw_due(now=NOW) == 1
    with db.write():  # on SQLite there is one at a time
        assert notifier.draw_due(now=LATER) == 0
    assert len(slack.messages) == 1


@pytest.mark.parametrize(("counted", "seconds"), [(0, 1.5), (100_000, 3.5), (425_000, 10), (10**7, 10)])
def test_the_message_of_a_large_campaign_is_drawn_less_often(
    db: Database, build: Builder, counted: int, seconds: float
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    [told] = telling.claim(db, limit=1, now=NOW)
    telling.drawn(db, told, "D1", "1.0", counted=counted, now=NOW)
    assert row_of(db, campaign).due_at == NOW + timedelta(seconds=seconds)


def test_all_of_a_campaign_are_counted_for_its_message(db: Database, build: Builder, notifier: Notifier) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    for state in (ActionState.SENT, ActionState.QUEUED, ActionState.MANUAL):
        build.action(campaign, state=state)
    assert notifier.draw_due(now=NOW) == 1
    assert row_of(db, campaign).due_at == NOW + timedelta(seconds=1.5, microseconds=60)


@pytest.mark.parametrize(("awaited", "seconds"), [(True, 1.7), (False, 10.2)])
def test_what_a_person_waits_for_is_not_put_off_by_the_drawing_of_a_large_campaign(
    db: Database, build: Builder, awaited: bool, seconds: float
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    [told] = telling.claim(db, limit=1, now=NOW)
    with db.write() as session:
        at_once = NOW + timedelta(seconds=0.1) if awaited else None
        notifications.touch(session, [campaign.id], at_once=at_once)
    assert telling.claim(db, limit=1, now=NOW + timedelta(seconds=0.15)) == [], "it is drawn just now"
    telling.drawn(db, told, "D1", "1.0", counted=500_000, now=NOW + timedelta(seconds=0.2))
    row = row_of(db, campaign)
    assert (row.drawn_version, row.version - row.drawn_version) == (1, 1)
    assert row.due_at == NOW + timedelta(seconds=seconds)
