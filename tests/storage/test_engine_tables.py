"""What workers share: the lock that makes one of them alone, wake-ups, the list of workers, claims by workspace."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.domain.rates import Limits, Rate
from bot.domain.states import ActionState, CampaignState
from storage import actions, outbox, wakeups, workers
from storage.db import Database, is_outage
from tests.builders import NOW, Builder


@pytest.mark.database("postgresql")
def test_one_worker_at_a_time_is_alone(database_url: str) -> None:
    first, second = Database(database_url), Database(database_url)
    with first.alone("tick") as here, second.alone("tick") as there, second.alone("delays") as elsewhere:
        assert (here, there, elsewhere) == (True, False, True)
    with second.alone("tick") as now:
        assert now
    first.dispose()
    second.dispose()


def test_sqlites_only_worker_is_always_alone(db: Database) -> None:
    with db.alone("tick") as here:
        assert here


@pytest.mark.database("postgresql")
def test_every_session_keeps_its_commits_whatever_the_server_is_set_to(database_url: str) -> None:
    """The test server is set to `off`; what is stricter than `on` is left alone."""
    asked = make_url(database_url).update_query_dict({"options": "-c synchronous_commit=remote_apply"})
    for url, expected in ((database_url, "on"), (asked.render_as_string(hide_password=False), "remote_apply")):
        db = Database(url)
        kept = db.kept()
        for transaction in (db.write, db.read, kept.write):
            with transaction() as session:
                found = session.execute(
                    text("SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'")
                )
                assert tuple(found.one()) == (expected, "session")  # no longer the server's to change
        kept.close()
        db.dispose()


@pytest.mark.database("postgresql")
def test_a_commit_that_tells_wakes_the_listeners(database_url: str) -> None:
    db, heard, stopping = Database(database_url), threading.Event(), threading.Event()
    listener = threading.Thread(target=wakeups.listen, args=(db, heard.set, stopping))
    listener.start()
    assert heard.wait(10)  # once at the start
    heard.clear()
    with db.write() as session:
        wakeups.tell(session)
        assert not heard.is_set()
    assert heard.wait(10)
    stopping.set()
    listener.join(10)
    assert not listener.is_alive()
    db.dispose()


@pytest.mark.database("postgresql")
def test_a_persons_send_and_a_resumed_campaign_wake_the_workers(database_url: str) -> None:
    db, build = Database(database_url), Builder(Database(database_url))
    heard, stopping = threading.Event(), threading.Event()
    listener = threading.Thread(target=wakeups.listen, args=(db, heard.set, stopping))
    listener.start()
    campaign = build.campaign(build.user(), state=CampaignState.PAUSED)
    action = build.action(campaign, state=ActionState.MANUAL)
    assert heard.wait(10)
    from storage import campaign_states

    heard.clear()
    with db.write() as session:
        campaign_states.resume(session, campaign.workspace_id, campaign.id, now=NOW)
    assert heard.wait(10)
    heard.clear()
    with db.write() as session:
        actions.send_manual(session, action.workspace_id, [action.id], now=NOW, user_id=campaign.creator_id)
    assert heard.wait(10)
    stopping.set()
    listener.join(10)
    db.dispose()
    build.db.dispose()


def test_workers_are_seen_until_they_go_and_forgotten_after_a_day(db: Database) -> None:
    with db.write() as session:
        workers.seen(session, "old", {}, now=NOW - timedelta(hours=25))
        workers.seen(session, "w1", {"email": {"waiting": 1}}, now=NOW - timedelta(seconds=10))
        workers.seen(session, "w1", {"email": {"waiting": 2}}, now=NOW)
        workers.seen(session, "w2", {}, now=NOW)
    with db.write() as session:
        workers.gone(session, "w2")
    with db.read() as session:
        [row] = workers.everyone(session)
    assert (row.name, row.started_at, row.seen_at) == ("w1", NOW - timedelta(seconds=10), NOW)
    assert row.doing == {"email": {"waiting": 2}}


def test_what_one_campaign_leaves_over_goes_to_the_others(db: Database, build: Builder) -> None:
    alice = build.user()
    large, small = (build.campaign(alice, state=CampaignState.SENDING) for _ in range(2))
    for _ in range(6):
        build.action(large)
    build.action(small)
    with db.write() as session:
        claimed = actions.claim_due(
            session, worker_name="w", now=NOW, limit=6, lease=timedelta(minutes=1), channels=["email"]
        )
    assert {row.campaign_id for row in claimed[:2]} == {large.id, small.id}
    assert [row.campaign_id for row in claimed[2:]] == [large.id] * 4


def test_a_senders_limit_holds_for_all_its_campaigns_and_for_nobody_else(db: Database, build: Builder) -> None:
    alice, bob = build.user("Alice Martin"), build.user("Bob Stone")
    for creator in (alice, alice, bob):
        campaign = build.campaign(creator, state=CampaignState.SENDING)
        for _ in range(4):
            build.action(campaign)
    limits = Limits(sender=Rate(30))  # three at once
    with db.write() as session:
        claimed = actions.claim_due(
            session, worker_name="w", now=NOW, limit=50, lease=timedelta(minutes=1), channels=["email"], limits=limits
        )
    owners = sorted(build_owner(db, row.id) for row in claimed)
    assert owners == [alice.id] * 3 + [bob.id] * 3


def build_owner(db: Database, action_id: int) -> int:
    with db.read() as session:
        return session.get_one(actions.Action, action_id).owner_id


def test_the_next_due_action_counts_only_where_it_may_go(db: Database, build: Builder) -> None:
    alice = build.user()
    build.action(build.campaign(alice, state=CampaignState.PAUSED), due_at=NOW - timedelta(hours=1))
    sending = build.campaign(alice, state=CampaignState.SENDING)
    build.action(sending, due_at=NOW + timedelta(minutes=2))
    build.action(sending, due_at=NOW + timedelta(minutes=1), channel="sms")
    for over in (ActionState.SENDING, ActionState.SENT, ActionState.MANUAL):
        build.action(sending, due_at=NOW - timedelta(hours=1), state=over)
    with db.read() as session:
        assert outbox.next_due(session, ["email"]) == NOW + timedelta(minutes=2)
        assert outbox.next_due(session, []) == NOW + timedelta(minutes=1)


def test_a_wrong_statement_is_no_outage(db: Database) -> None:
    assert not is_outage(ValueError("no"))
