"""Claims: what a worker is told of what it takes, whose turn it is, and how much the rate limits let through."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session

from bot.domain.rates import Limits, Rate
from bot.domain.states import ActionState, CampaignState
from storage import actions, claims, notifications
from storage.actions import Asked, Claimed
from storage.db import Database
from storage.models import Action, Campaign, RateToken, User
from tests.bot.dispatch.conftest import wait_until
from tests.builders import NOW, Builder

LEASE = timedelta(minutes=5)
THREE_AT_ONCE = Rate(30)
ONE_AT_A_TIME = Rate(10)


def claim(db: Database, **given: Any) -> list[Claimed]:
    with db.write() as session:
        return claim_within(session, **given)


def claim_within(session: Session, *, channel: str = "email", **given: Any) -> list[Claimed]:
    usual = {"worker_name": "w", "now": NOW, "limit": 100, "lease": LEASE, "channels": [channel]}
    return actions.claim_due(session, **(usual | given))


def sending(build: Builder, creator: User, *, waiting: int, **values: Any) -> Campaign:
    campaign = build.campaign(creator, state=CampaignState.SENDING, **values)
    for _ in range(waiting):
        build.action(campaign, build.customer(overdue=None))
    return campaign


def waiting_ids(db: Database, campaign: Campaign) -> list[int]:
    with db.read() as session:
        return list(session.scalars(select(Action.id).where(Action.campaign_id == campaign.id).order_by(Action.id)))


def per_campaign(claimed: Sequence[Claimed]) -> dict[int, int]:
    return dict(Counter(row.campaign_id for row in claimed))


def test_tells_the_worker_all_that_the_row_says(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    pat = {"contact_id": 4, "name": "Pat", "email": "pat@acme.example"}
    customer = build.customer()
    action = build.action(
        campaign, customer, recipients=[pat], cc=["boss@acme.example"], attempts=2, in_spite_of=["paused"],
        unanswered=True, provider_id="SM1", message_id="<m@example.com>",
    )  # fmt: skip
    assert claim(db, token="mine") == [
        Claimed(
            id=action.id, workspace_id=campaign.workspace_id, campaign_id=campaign.id, customer_id=customer.id,
            channel="email", recipients=[pat], cc=["boss@acme.example"], message_id="<m@example.com>", attempts=2,
            in_spite_of=["paused"], unanswered=True, provider_id="SM1", token="mine",
        )
    ]  # fmt: skip


def test_each_claim_has_a_token_of_its_own_that_opens_no_other(db: Database, build: Builder) -> None:
    sending(build, build.user(), waiting=2)
    [first], [second] = claim(db, limit=1), claim(db, limit=1)
    assert first.token != second.token
    with db.write() as session:
        held = dict(session.execute(select(Action.id, Action.claim_token)).all())
        assert held == {first.id: first.token, second.id: second.token}
        asked = [Asked((first.token, each.id)) for each in (first, second)]
        found = actions.exchange(session, [], asked, now=NOW, lease=LEASE, actor="worker:w")
        assert found.granted == {(first.token, first.id)}


def test_even_what_was_found_is_taken_from_the_queue_alone(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    ids = [build.action(campaign, state=state).id for state in ActionState if state is not ActionState.QUEUED]
    with db.write() as session:
        taken = claims._TAKE.run(session, ids=ids, token="mine", worker="w", now=NOW, lease=NOW + LEASE)
    assert taken == []


@pytest.mark.database("postgresql")
def test_passes_over_what_another_worker_is_just_taking(db: Database, build: Builder) -> None:
    campaign = sending(build, build.user(), waiting=3)
    first, *others = waiting_ids(db, campaign)
    with db.write() as there, db.write() as here:
        there.execute(select(Action.id).where(Action.id == first).with_for_update())
        here.execute(text("SET LOCAL lock_timeout = '2s'"))
        claimed = actions.claim_due(here, worker_name="w", now=NOW, limit=3, lease=LEASE, channels=["email"])
    assert [row.id for row in claimed] == others


@pytest.mark.database("postgresql")
def test_all_workers_lock_the_senders_in_one_order(db: Database, build: Builder) -> None:
    """Campaigns come by lot: workers that locked their senders so would wait for each other for good."""
    limits, alice, bob = Limits(sender=THREE_AT_ONCE), build.user("Alice Martin"), build.user("Bob Stone")
    for creator in (alice, bob):
        sending(build, creator, waiting=20)
    claim(db, limits=limits)
    first, last = (f"email:{user.workspace_id}:user-{user.id}" for user in (alice, bob))
    for seed in range(6):
        random.seed(seed)
        with db.write() as other:
            other.execute(select(RateToken).where(RateToken.key == first).with_for_update())
            waiting = threading.Thread(target=claim, args=(db,), kwargs={"limits": limits})
            waiting.start()
            wait_until(lambda: is_somebody_waiting(db))
            still_free = select(RateToken.key).where(RateToken.key == last).with_for_update(nowait=True)
            assert other.scalars(still_free).all() == [last]
        waiting.join()


def is_somebody_waiting(db: Database) -> bool:
    with db.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_a_claim_wipes_out_what_an_earlier_attempt_said_and_signs_with_the_worker(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    action = build.action(campaign, detail="450 busy", updated_at=NOW - timedelta(hours=1))
    with db.write() as session:
        actions.claim_due(session, worker_name="w" * 120, now=NOW, limit=1, lease=LEASE, channels=["email"])
    with db.read() as session:
        row = session.get_one(Action, action.id)
        assert (row.claimed_by, row.detail, row.reason, row.updated_at) == ("w" * 100, None, "claimed", NOW)


@pytest.mark.database("sqlite")
def test_takes_turns_until_the_limit_is_reached_or_nothing_is_left(db: Database, build: Builder) -> None:
    """Everything is due at one moment: only the ids tell how far a campaign has been taken from."""
    alice = build.user()
    one, three, ten = (sending(build, alice, waiting=n) for n in (1, 3, 10))
    claimed = claim(db, limit=9)
    assert per_campaign(claimed) == {one.id: 1, three.id: 3, ten.id: 5}
    assert {row.campaign_id for row in claimed[:3]} == {one.id, three.id, ten.id}
    assert {row.campaign_id for row in claimed[3:5]} == {three.id, ten.id}
    assert len({row.id for row in claimed}) == 9
    of_ten = [row.id for row in claimed if row.campaign_id == ten.id]
    assert of_ten == sorted(of_ten)
    assert per_campaign(claim(db)) == {ten.id: 5}


@pytest.mark.database("sqlite")
def test_what_is_offered_again_goes_on_where_the_round_before_ended(db: Database, build: Builder) -> None:
    alice = build.user()
    sending(build, alice, waiting=1)
    large = build.campaign(alice, state=CampaignState.SENDING)
    minutes = [0, 3, 1, 3, 2]
    ids = [build.action(large, build.customer(), due_at=NOW - timedelta(minutes=n)).id for n in minutes]
    claimed = [row.id for row in claim(db, limit=6) if row.campaign_id == large.id]
    assert claimed == [ids[n] for n in (1, 3, 4, 2, 0)]


@pytest.mark.database("sqlite")
def test_campaigns_with_nothing_due_take_nobodys_turn(db: Database, build: Builder) -> None:
    random.seed(1)
    alice, customer = build.user(), build.customer()
    idle: list[dict[str, Any]] = [
        {"due_at": NOW + timedelta(seconds=1)},
        {"state": ActionState.SENT, "due_at": NOW},
        {"channel": "sms"},
    ]
    for values in idle * 9:
        build.action(build.campaign(alice, state=CampaignState.SENDING), customer, **values)
    busy = sending(build, alice, waiting=5)
    assert [row.campaign_id for _ in range(5) for row in claim(db, limit=1)] == [busy.id] * 5


@pytest.mark.database("sqlite")
def test_takes_from_fifty_campaigns_at_a_time_and_as_many_of_each_workspace(db: Database, build: Builder) -> None:
    customer = build.customer(overdue=None)
    alice = build.user()
    many = [build.campaign(alice, state=CampaignState.SENDING) for _ in range(58)]
    for campaign in many:
        build.action(campaign, customer)
    build.workspace()
    few = [sending(build, build.user(), waiting=1).id for _ in range(2)]
    first = claim(db, limit=1_000)
    assert len({row.campaign_id for row in first}) == len(first) == 50
    assert set(few) < {row.campaign_id for row in first}
    assert len(claim(db, limit=1_000)) == 10


def test_the_providers_limit_holds_for_all_senders_together(db: Database, build: Builder) -> None:
    for name in ("Alice Martin", "Bob Stone"):
        sending(build, build.user(name), waiting=4)
    limits = Limits(provider=THREE_AT_ONCE)
    claimed = claim(db, limits=limits)
    assert sorted(per_campaign(claimed).values()) == [1, 2]
    assert claim(db, limits=limits) == []
    later = NOW + THREE_AT_ONCE.interval
    assert len(claim(db, now=later, limits=limits)) == 1
    assert claim(db, now=later, limits=limits) == []
    assert len(claim(db, now=later + timedelta(days=1), limit=2, limits=limits)) == 2
    assert len(claim(db, now=later + timedelta(days=1), limits=limits)) == 1


@pytest.mark.database("postgresql")
def test_what_falls_due_together_is_taken_in_the_order_of_its_making(db: Database, build: Builder) -> None:
    """Whatever index the server takes, and wherever the rows lie in the table: a claim goes on after the last one."""
    campaign = sending(build, build.user(), waiting=30)
    made = waiting_ids(db, campaign)
    for at in made[::-1]:
        with db.write() as session:
            session.execute(update(Action).where(Action.id == at).values(detail="moved"))
    with db.write() as session:
        for way in ("indexscan", "indexonlyscan", "bitmapscan"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        assert [row.id for row in claim_within(session, limit=10)] == made[:10]


@pytest.mark.database("postgresql")
def test_a_claim_waits_for_no_other(db: Database, build: Builder) -> None:
    """What another worker is taking just now is passed over."""
    campaign = sending(build, build.user(), waiting=6)
    made = waiting_ids(db, campaign)
    with db.write() as one, notifications.gathering(one):
        first = claim_within(one, worker_name="one", limit=3)
        with db.write() as other, notifications.gathering(other):
            other.execute(text("SET LOCAL lock_timeout = '5s'"))
            second = claim_within(other, worker_name="other", limit=3)
    assert [[row.id for row in rows] for rows in (first, second)] == [made[:3], made[3:]]


def test_all_workers_lock_the_limits_of_senders_in_one_order_before_they_take_anything(
    db: Database, build: Builder
) -> None:
    """In an order of chance two of them would each wait for the other's."""
    people = [build.user() for _ in range(3)]
    for person in people:
        sending(build, person, waiting=2)
    keys = sorted(f"email:{build.workspace_id}:user-{person.id}" for person in people)
    asked: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            values = given.values() if isinstance(given, dict) else given
            asked.append(next((str(value) for value in values if str(value).startswith("email:")), "no limit"))

    with db.write() as session:
        event.listen(db.engine, "before_cursor_execute", hear)
        claim_within(session, limit=3, limits=Limits(sender=THREE_AT_ONCE))
        event.remove(db.engine, "before_cursor_execute", hear)
    locked = [key for key in asked[1:] if key != "no limit"]
    first = asked.index("no limit", 1)
    assert list(dict.fromkeys(asked[1:first])) == keys
    assert set(locked) == set(keys)


def test_what_a_claim_does_not_find_it_does_not_spend(db: Database, build: Builder) -> None:
    alice = build.user()
    limits = Limits(provider=THREE_AT_ONCE, sender=Rate(20))  # two of a sender's at once
    campaign = sending(build, alice, waiting=1)
    soon = NOW + timedelta(seconds=1)
    build.action(campaign, due_at=soon)
    assert claim(db, now=NOW - timedelta(microseconds=1), limits=limits) == []
    assert len(claim(db, limits=limits)) == 1
    build.action(campaign, due_at=soon)
    sending(build, build.user("Bob Stone"), waiting=4)
    assert per_campaign(claim(db, now=soon, limits=limits)).get(campaign.id, 0) <= 1
    with db.read() as session:
        spent = {row.key: row.next_at for row in session.scalars(select(RateToken))}
    assert spent["email"] == NOW  # three at once, and three are gone


@pytest.mark.database("sqlite")
def test_an_alias_and_a_user_have_each_a_limit_of_their_own(db: Database, build: Builder) -> None:
    alice = build.user()
    billing, office = (build.alias(f"{name}@example.com", created_by=alice) for name in ("billing", "office"))
    assert billing.id == alice.id
    own = sending(build, alice, waiting=4)
    first, second, third = (
        sending(build, alice, waiting=4, sender_user_id=None, sender_alias_id=alias.id)
        for alias in (billing, billing, office)
    )
    found = per_campaign(claim(db, limits=Limits(sender=THREE_AT_ONCE)))
    assert (found[own.id], found[third.id]) == (3, 3)
    assert found.get(first.id, 0) + found.get(second.id, 0) == 3


def test_a_channels_limits_leave_the_other_channels_alone(db: Database, build: Builder) -> None:
    alice = build.user()
    sending(build, alice, waiting=4)
    sending(build, alice, waiting=4, channel="sms")
    limits = Limits(provider=THREE_AT_ONCE, sender=THREE_AT_ONCE)
    assert [len(claim(db, channel=channel, limits=limits)) for channel in ("email", "sms")] == [3, 3]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("limits", [Limits(provider=ONE_AT_A_TIME), Limits(sender=ONE_AT_A_TIME)], ids=str)
def test_where_one_message_goes_at_a_time_no_campaign_waits_for_another_ones_end(
    db: Database, build: Builder, limits: Limits
) -> None:
    random.seed(1)
    alice = build.user()
    large, small = sending(build, alice, waiting=20), sending(build, alice, waiting=4)
    claimed = [row for n in range(16) for row in claim(db, now=NOW + n * ONE_AT_A_TIME.interval, limits=limits)]
    assert len(claimed) == 16
    assert per_campaign(claimed) == {large.id: 12, small.id: 4}


@pytest.mark.database("sqlite")
def test_a_workspace_comes_first_no_more_often_for_having_more_campaigns(db: Database, build: Builder) -> None:
    random.seed(1)
    alice = build.user()
    for _ in range(9):
        sending(build, alice, waiting=2)
    build.workspace()
    alone = sending(build, build.user(), waiting=20)
    limits = Limits(provider=ONE_AT_A_TIME)
    claimed = [row for n in range(20) for row in claim(db, now=NOW + n * ONE_AT_A_TIME.interval, limits=limits)]
    assert 6 <= per_campaign(claimed)[alone.id] <= 14  # of 20: half, by lot
