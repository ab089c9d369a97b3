"""One step of the engine: kept as soon as it is answered, or not at all."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bot.domain.states import CampaignState
from storage import actions, handoffs
from storage.actions import Asked, Claimed
from storage.by_dialect import ByDialect
from storage.db import Database, is_outage
from storage.models import Action, Suppression
from tests.builders import NOW, Builder

LEASE = timedelta(minutes=5)
NAMED = ByDialect(lambda _: text("UPDATE users SET name = :name"))
BROKEN = ByDialect(lambda _: text("SELECT nothing FROM nowhere"))


def names(db: Database) -> list[str]:
    with db.read() as session:
        return list(session.scalars(text("SELECT name FROM users")))


def claim(db: Database, *, limit: int = 9) -> list[Claimed]:
    with db.write() as session:
        return actions.claim_due(session, worker_name="w", now=NOW, limit=limit, lease=LEASE, channels=["email"])


@pytest.mark.database("postgresql")
def test_on_postgresql_a_statement_is_kept_once_it_is_answered(db: Database, build: Builder) -> None:
    build.user(name="Alice")
    kept = db.kept()
    with kept.step() as connection:
        NAMED.run(connection, name="Bob")
        assert names(db) == ["Bob"]
    with pytest.raises(ValueError), kept.write() as session:
        NAMED.run(session, name="Carol")
        raise ValueError  # what comes after a step is one transaction again
    assert names(db) == ["Bob"]
    kept.close()


@pytest.mark.database("sqlite")
def test_on_sqlite_a_step_is_kept_at_its_end_or_not_at_all(db: Database, build: Builder) -> None:
    build.user(name="Alice")
    kept = db.kept()
    with pytest.raises(ValueError), kept.step() as connection:
        NAMED.run(connection, name="Bob")
        raise ValueError
    assert names(db) == ["Alice"]
    with kept.step() as connection:
        NAMED.run(connection, name="Bob")
    assert names(db) == ["Bob"]
    kept.close()


def test_after_a_fault_the_next_step_is_as_good_as_any(db: Database, build: Builder) -> None:
    build.user(name="Alice")
    kept = db.kept()
    with pytest.raises(DBAPIError), kept.step() as connection:
        BROKEN.run(connection)
    with kept.step() as connection:
        NAMED.run(connection, name="Bob")
    with kept.write() as session:
        NAMED.run(session, name="Carol")
    assert names(db) == ["Carol"]
    kept.close()


@pytest.mark.database("postgresql")
def test_a_connection_that_is_lost_in_a_step_is_an_outage_and_replaced(db: Database, build: Builder) -> None:
    build.user(name="Alice")
    kept = db.kept()
    with pytest.raises(DBAPIError) as fault, kept.step() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with db.write() as session:
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": driver.info.backend_pid})
        NAMED.run(connection, name="Bob")
    assert is_outage(fault.value)
    with kept.step() as connection:
        NAMED.run(connection, name="Carol")
    assert names(db) == ["Carol"]
    kept.close()


def test_an_exchange_settles_and_hands_off_under_the_claims_it_is_told_alone(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    for n in range(4):
        build.action(campaign, due_at=NOW - timedelta(minutes=9 - n))
    out, other, next_one, closed = claim(db)
    build.save(Suppression(
        workspace_id=campaign.workspace_id, channel="email", address="c@acme.example", cause="opt_out", created_at=NOW
    ))  # fmt: skip
    with db.write() as session:
        asked = [Asked((each.token, each.id)) for each in (out, other)]
        first = actions.exchange(session, [], asked, now=NOW, lease=LEASE, actor="worker:w")
        assert first.granted == {(out.token, out.id), (other.token, other.id)}
        sent = [(token, actions.SentAction(each.id, "250", "Hello", "text")) for each, token in (
            (out, out.token), (other, "another"),
        )]  # fmt: skip
        to = [(closed.id, closed.workspace_id, "email", "c@acme.example")]
        asked = [Asked((next_one.token, next_one.id), words="kept"), Asked((closed.token, closed.id), to)]
        asked += [Asked(("another", next_one.id)), Asked((out.token, out.id))]
        found = actions.exchange(session, sent, asked, now=NOW, lease=LEASE, actor="worker:w")
    assert found.settled == {out.id}
    assert found.granted == {(next_one.token, next_one.id)}
    with db.read() as session:
        rows = session.execute(select(Action.state, Action.attempts, Action.sent_text).order_by(Action.id)).all()
    assert [tuple(row) for row in rows] == [
        ("sent", 1, "text"), ("sending", 1, None), ("sending", 1, "kept"), ("sending", 0, None)
    ]  # fmt: skip


@pytest.mark.database("postgresql")
def test_postgresql_looks_for_the_actions_of_an_exchange_by_their_ids(db: Database, build: Builder) -> None:
    """Through the index of what is in work it would read all that is in anybody's hands, each time."""
    build.action(build.campaign(build.user(), state=CampaignState.SENDING))
    [one] = claim(db)
    row, values = [one.token, one.id, None], {"now": NOW, "lease": NOW + LEASE, "actor": "w", "to": "[]"}
    with db.write() as session:
        actions.exchange(session, [], [], now=NOW, lease=LEASE, actor="w")
        words, given = handoffs._EXCHANGE._words[False]
        session.execute(text("SET LOCAL enable_seqscan = off"))
        driver = session.connection().connection.driver_connection
        assert driver is not None
        values |= {"kept_ids": [one.id], "asked_ids": [one.id], "asked": json.dumps([row])}
        values |= {"accepted": json.dumps([[one.token, one.id, "250", "Hello", "text"]])}
        plan = "\n".join(line for (line,) in driver.execute("EXPLAIN " + words, {**given, **values}).fetchall())
    assert plan.count("pk_actions") == 2, plan
    assert "ix_actions" not in plan
