"""The freeze makes one action for each customer written to, once, whole."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.campaigns import control, freeze
from bot.domain.access import Position
from bot.domain.states import CampaignState
from storage.db import Database
from storage.models import Action, ActionHistory, Campaign, Customer, Invoice, Notification, User
from tests.builders import NOW, TODAY, Builder

STARTS = NOW + timedelta(seconds=60)


def scheduled(build: Builder, user: User, **values: object) -> Campaign:
    defaults = {"frozen_at": None, "starts_at": STARTS, "state": CampaignState.SCHEDULED}
    return build.campaign(user, **(defaults | values))  # type: ignore[arg-type]


def actions(db: Database) -> list[Action]:
    with db.read() as session:
        return list(session.scalars(select(Action).order_by(Action.id)))


def test_each_customer_becomes_an_action_with_frozen_recipients(db: Database, build: Builder) -> None:
    user = build.user(email="alice@northwind.example.com")
    customer = build.customer("Acme")
    payer = build.contact(customer, positions=("Payer",), email=" petra@example.com ", first_name="Petra")
    campaign = scheduled(build, user, to_positions=["Payer"], cc=["boss@example.com"])
    assert freeze.freeze_due(db, NOW) == 1
    (action,) = actions(db)
    assert (action.customer_id, action.owner_id, action.campaign_id) == (customer.id, user.id, campaign.id)
    assert (action.state, action.reason, action.due_at, action.in_spite_of) == ("queued", "frozen", STARTS, [])
    assert action.recipients == [{"contact_id": payer.id, "name": "Petra Payer", "email": "petra@example.com"}]
    assert action.cc == ["boss@example.com"]
    assert re.fullmatch(r"<[0-9a-f]{32}@northwind\.example\.com>", action.message_id)
    with db.read() as session:
        (history,) = session.scalars(select(ActionHistory)).all()
        row = session.get_one(Campaign, campaign.id)
        message = session.scalars(select(Notification)).one()
    assert (history.action_id, history.from_state, history.to_state) == (action.id, None, "queued")
    assert (row.frozen_at, row.state, row.left_out) == (NOW, "scheduled", {})
    assert message.version == 2


def test_who_cannot_be_written_to_becomes_a_manual_action_at_once(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer("No contact", email=None)
    build.customer("Wrong", email="wrong@")
    build.customer("Suppressed", email="stop@example.com")
    build.suppression("stop@example.com")
    scheduled(build, user)
    freeze.freeze_due(db, NOW)
    found = [(row.state, row.reason, row.recipients, row.due_at, row.detail) for row in actions(db)]
    assert found == [
        ("manual", "no_contact", [], None, None),
        ("manual", "suppressed", [], None, "stop@example.com (asked not to be written to)"),
        ("manual", "invalid_address", [], None, "wrong@"),
    ]


def test_the_left_out_are_counted_and_for_those_put_back_it_is_kept_why(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer("Owes nothing", overdue=None)
    build.customer("Owes nothing either", overdue=None)
    build.customer("Paused", paused_until=TODAY + timedelta(days=3))
    recent = build.customer("Recent", last_contacted_at=NOW)
    both = build.customer("Recent and disputed", last_contacted_at=NOW, overdue=None)
    build.invoice(both, status="disputed")
    plain = build.customer("Plain")
    campaign = scheduled(build, user, put_back=["contacted_recently", "all_disputed"])
    freeze.freeze_due(db, NOW)
    assert {row.customer_id: row.in_spite_of for row in actions(db)} == {
        recent.id: ["contacted_recently"],
        both.id: ["all_disputed", "contacted_recently"],
        plain.id: [],
    }
    with db.read() as session:
        assert session.get_one(Campaign, campaign.id).left_out == {"paused": 1, "nothing_overdue": 2}


def test_a_second_freeze_changes_nothing(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    scheduled(build, user)
    freeze.freeze_due(db, NOW)
    build.customer("Imported after Send")
    assert freeze.freeze_due(db, NOW) == 0
    assert len(actions(db)) == 1


def test_several_workers_freeze_a_campaign_once(db: Database, build: Builder) -> None:
    user = build.user()
    for n in range(5):
        build.customer(f"Customer {n}")
    scheduled(build, user)
    counts: list[int] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        counts.append(freeze.freeze_due(db, NOW))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(counts) == [0, 0, 0, 1]
    assert len(actions(db)) == 5


@pytest.mark.parametrize("meanwhile", ["undone", "brought forward", "paused"])
def test_what_is_changed_while_its_audience_is_worked_out_waits_for_nobody_and_is_frozen_as_it_is_then(
    db: Database, build: Builder, meanwhile: str
) -> None:
    user = build.user()
    build.customer()
    campaign = scheduled(build, user, starts_at=NOW + timedelta(hours=5), send_at=NOW + timedelta(hours=5))
    change = {"undone": control.undo, "brought forward": control.send_now, "paused": control.pause}[meanwhile]
    later = NOW + timedelta(minutes=1)

    class Slow(Database):
        """A database on which somebody clicks between the reading and the writing of a freeze."""

        clicked = False

        @contextmanager
        def write(self) -> Iterator[Session]:
            if not self.clicked:
                self.clicked = True
                assert change(db, build.caller(user), campaign.id, now=later).changed
            with super().write() as session:
                yield session

    slow = Slow(db.url.render_as_string(hide_password=False))
    assert freeze.freeze_due(slow, NOW) == 0
    assert actions(db) == []
    assert freeze.freeze_due(slow, later) == (0 if meanwhile == "undone" else 1)
    due = {"undone": [], "brought forward": [later], "paused": [NOW + timedelta(hours=5)]}[meanwhile]
    assert [row.due_at for row in actions(db)] == due
    slow.dispose()


def test_only_launched_campaigns_are_frozen_paused_ones_too(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    build.campaign(user)
    scheduled(build, user, state=CampaignState.CANCELLED)
    paused = scheduled(build, user, state=CampaignState.PAUSED)
    assert freeze.freeze_due(db, NOW) == 1
    assert [row.campaign_id for row in actions(db)] == [paused.id]


def test_the_creators_scope_at_that_time_counts(db: Database, build: Builder) -> None:
    user = build.user(position=Position.ACCOUNT_MANAGER.value)
    mine = build.customer("Mine", account_managers=(user,))
    theirs = build.customer("Theirs")
    scheduled(build, user, audience={"all_matching": True, "added": [theirs.id]})
    freeze.freeze_due(db, NOW)
    assert [row.customer_id for row in actions(db)] == [mine.id]


def test_a_creator_who_lost_access_sends_to_nobody(db: Database, build: Builder) -> None:
    user = build.user(role=None)
    build.customer()
    campaign = scheduled(build, user)
    assert freeze.freeze_due(db, NOW) == 1
    assert actions(db) == []
    with db.read() as session:
        assert session.get_one(Campaign, campaign.id).frozen_at == NOW


def test_customers_of_another_workspace_are_never_frozen(db: Database, build: Builder) -> None:
    build.workspace()
    build.customer("Foreign")
    build.workspace()
    user = build.user()
    mine = build.customer("Mine")
    scheduled(build, user)
    freeze.freeze_due(db, NOW)
    assert [row.customer_id for row in actions(db)] == [mine.id]


def test_more_than_a_chunk_is_frozen_with_message_ids_of_their_own(db: Database, build: Builder) -> None:
    user = build.user()
    template = build.customer(email=None)
    with db.write() as session:
        columns = {c.name: getattr(template, c.name) for c in template.__table__.columns if c.name != "id"}
        session.execute(template.__table__.insert(), [columns | {"external_id": f"bulk-{n}"} for n in range(1_204)])
    scheduled(build, user, put_back=["nothing_overdue"])
    freeze.freeze_due(db, NOW)
    rows = actions(db)
    assert len(rows) == len({row.message_id for row in rows}) == len({row.customer_id for row in rows}) == 1_205
    with db.read() as session:
        histories = set(session.scalars(select(ActionHistory.action_id)))
    assert histories == {row.id for row in rows}


@pytest.mark.database("postgresql")
def test_what_fails_while_it_is_written_leaves_nothing_behind_and_is_frozen_the_next_time(
    db: Database, build: Builder
) -> None:
    user = build.user()
    of = {"workspace_id": user.workspace_id, "currency": "EUR", "custom": {}}
    books = [{**of, "external_id": str(n), "name": str(n), "name_folded": str(n)} for n in range(3_000)]
    with db.write() as session:
        ids = list(session.scalars(insert(Customer).returning(Customer.id), books))
        owed = {"issue_date": TODAY - timedelta(days=60), "due_date": TODAY - timedelta(days=30), "status": "open"}
        owed |= {"workspace_id": user.workspace_id, "total": 100, "outstanding": 100, "currency": "EUR", "number": "1"}
        session.execute(insert(Invoice), [{**owed, "customer_id": i, "number": str(i)} for i in ids])
        session.execute(text(f"ALTER TABLE actions ADD CONSTRAINT no_room CHECK (customer_id < {ids[1_500]})"))
    scheduled(build, user)
    with pytest.raises(ExceptionGroup) as caught:
        freeze.freeze_due(db, NOW)
    assert [type(fault) for fault in caught.value.exceptions] == [IntegrityError]
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("freeze")] == []
    assert actions(db) == []
    with db.write() as session:
        session.execute(text("ALTER TABLE actions DROP CONSTRAINT no_room"))
    assert freeze.freeze_due(db, NOW) == 1
    assert len(actions(db)) == 3_000
