"""The doctor: what is wrong is found, what can be mended safely is, and nothing is sent or decided by it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text, update

from bot.doctor import Report, examine
from bot.domain.states import ActionState, CampaignState
from storage import word_search, workers
from storage.db import Database
from storage.models import Action, Campaign, Customer
from tests.builders import NOW, Builder


def faults(report: Report) -> dict[str, int]:
    return {finding.what: finding.wrong for finding in report.findings if finding.wrong}


def test_a_fresh_database_is_well(db: Database) -> None:
    report = examine(db)
    assert report.is_well
    assert report.lines == (
        "actions: none",
        "campaigns: none",
        "oldest due action: 0 s",
        "no worker has told of itself in the last day",
    )


def test_it_says_how_things_stand(db: Database, build: Builder) -> None:
    sending = build.campaign(build.user(), state=CampaignState.SENDING)
    build.action(sending, due_at=db.now() - timedelta(minutes=3, seconds=1))
    build.action(sending, due_at=db.now() + timedelta(hours=1))
    with db.write() as session:
        workers.seen(session, "w1", {"email": {"waiting": 3, "connections": 2, "calling": 1}}, now=db.now())
        workers.seen(session, "w2", {}, now=db.now() - timedelta(minutes=5))
    report = examine(db)
    assert "actions: 2 queued" in report.lines
    assert any(line.startswith("oldest due action: 3 min ") for line in report.lines)
    assert any(line.endswith("email 1 calling, 2 connections, 3 waiting") for line in report.lines)
    assert faults(report)["workers that went silent"] == 1


def test_it_mends_what_is_safe_to_mend(db: Database, build: Builder) -> None:
    alice, ago = build.user(), db.now() - timedelta(hours=1)
    sending, done, cancelled = (
        build.campaign(alice, state=state)
        for state in (CampaignState.SENDING, CampaignState.COMPLETED, CampaignState.CANCELLED)
    )
    claimed = build.action(sending, state=ActionState.SENDING, lease_until=ago)
    in_call = build.action(sending, state=ActionState.SENDING, lease_until=ago, handed_off_at=ago)
    left, stray = build.action(done), build.action(cancelled)
    sent = build.action(sending, state=ActionState.SENT, sent_at=NOW)
    found = faults(examine(db))
    assert found["claims whose lease ran out"] == 2
    assert found["completed campaigns with something left to send"] == 1
    assert found["actions waiting in cancelled campaigns"] == 1
    assert found["customers contacted later than they say"] == 1

    report = examine(db, mend=True)
    assert set(faults(report)) <= {"Slack messages behind", "campaigns with messages more than ten minutes late"}
    assert {finding.what: finding.mended for finding in report.findings if finding.mended} == {
        "claims whose lease ran out": 2,
        "completed campaigns with something left to send": 1,
        "customers contacted later than they say": 1,
    }
    with db.read() as session:
        states = dict(session.execute(select(Action.id, Action.state)).all())
        assert session.scalar(select(Campaign.state).where(Campaign.id == done.id)) == "sending"
        assert session.scalar(select(Customer.last_contacted_at).where(Customer.id == sent.customer_id)) == NOW
    assert [states[row.id] for row in (claimed, in_call, left, stray)] == ["queued", "manual", "queued", "cancelled"]


def test_it_names_the_workers_and_the_campaigns_concerned(db: Database, build: Builder) -> None:
    sending = build.campaign(build.user(), state=CampaignState.SENDING, updated_at=NOW)
    ago = db.now() - timedelta(minutes=11)
    build.action(sending, state=ActionState.SENDING, claimed_by="host:2", lease_until=ago)
    build.action(sending, due_at=ago)
    with db.write() as session:
        workers.seen(session, "host:2", {}, now=ago)
        workers.seen(session, "host:3", {}, now=db.now())
    which = {finding.what: finding.which for finding in examine(db).findings if finding.wrong}
    assert which["claims whose lease ran out"] == "host:2"
    assert which["campaigns with messages more than ten minutes late"] == f"campaign {sending.id}"
    assert which["workers that went silent"] == "host:2"
    assert "workers that went silent" not in faults(examine(db, mend=True))
    with db.read() as session:
        assert [worker.name for worker in workers.everyone(session)] == ["host:3"]


def test_what_only_a_worker_can_do_is_told_and_left_alone(db: Database, build: Builder) -> None:
    build.campaign(build.user(), state=CampaignState.SCHEDULED, frozen_at=None)
    assert faults(examine(db, mend=True))["campaigns waiting to be frozen"] == 1


def test_an_index_of_words_that_lost_a_name_is_made_anew(db: Database, build: Builder) -> None:
    customer = build.customer(name="Acme Bolt")
    if not db.is_sqlite:
        return
    with db.write() as session:
        session.execute(text(f"DROP TRIGGER {word_search.TABLE}_changed"))
        session.execute(update(Customer).values(name_folded="other words"))
    assert faults(examine(db))["search by words out of step"] == 1
    assert "search by words out of step" not in faults(examine(db, mend=True))
    with db.read() as session:
        assert word_search.ids(session, customer.workspace_id, "words", 5) == [customer.id]
