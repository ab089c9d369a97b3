"""The fault table of docs/engine.md: one test a row. Each fault ends in the state that the table says."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import time_machine
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.channels.base import Message, Receipt
from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget
from bot.dispatch.compose import compose
from bot.dispatch.dispatcher import LEASE, Dispatcher
from bot.dispatch.prepare import Job, Refused, prepare
from bot.dispatch.rescue import rescue
from bot.domain.rates import Limits, Rate
from bot.domain.states import ActionState, CampaignState
from bot.rendering.typesetter import Typesetter
from handlers.notifier import Notifier
from storage import actions, workers
from storage.actions import Claimed
from storage.db import Database, utcnow
from storage.models import Action, ActionHistory, Campaign, Notification
from tests.bot.channels.mail_server import MailServer, authenticate, mail_server
from tests.bot.dispatch.conftest import Book, Start, wait_until
from tests.builders import NOW, Builder
from tests.handlers.slack_server import Fault, SlackServer
from tests.storm.postgres import Postgres
from tests.storm.storm import Plan, play


def states(db: Database) -> Counter[tuple[str, str]]:
    with db.read() as session:
        return Counter((row.state, row.reason) for row in session.execute(select(Action.state, Action.reason)))


def all_sent(db: Database, count: int) -> bool:
    return states(db) == {("sent", "accepted"): count}


def once_each(server: MailServer, count: int) -> bool:
    arrived = Counter(mail.message["Message-ID"] for mail in server.received)
    return len(arrived) == count and set(arrived.values()) == {1}


@pytest.mark.parametrize("host", ["127.0.0.1:9", "mail.nowhere.invalid:25"], ids=["server down", "DNS gone"])
def test_what_can_not_reach_its_server_waits_and_goes_once_it_can(
    book: Book, db: Database, server: MailServer, start: Start, host: str
) -> None:
    """Queued, no attempt counted; one action at a time finds out whether the server is back."""
    made = [book.action(f"c{n}@acme.example") for n in range(6)]
    cut_off = start(url=f"smtp://{host}?connections=2", batch=4)
    wait_until(lambda: sum(book.events(a).count("retry") for a in made) >= 3)
    assert cut_off.stop()
    assert {book.now(a).state for a in made} == {"queued"}
    assert {book.now(a).attempts for a in made} == {0}
    # four were claimed before anybody knew; from then on one at a time
    assert sum(book.events(a).count("claim") for a in made) <= 4 + sum(book.events(a).count("retry") for a in made)
    with db.write() as session:
        session.execute(update(Action).values(due_at=utcnow()))
    start()
    wait_until(lambda: all_sent(db, 6))
    assert once_each(server, 6)


def test_a_revoked_login_pauses_the_campaign_and_tells_creator_and_admins(
    book: Book, db: Database, build: Builder, start: Start
) -> None:
    """Queued in a paused campaign; the server's words are kept."""
    admin = build.user("Ada Admin", role="admin")
    waiting = book.action()
    with mail_server(authenticator=authenticate, auth_require_tls=False, auth_required=True) as strict:
        start(url=f"smtp://bot:revoked@127.0.0.1:{strict.port}?connections=2")
        wait_until(lambda: book.now(waiting).state == "queued" and campaign_state(db) == "paused")
        with db.read() as session:
            told = set(session.scalars(select(Notification.user_id).where(Notification.kind == "sender_login")))
            assert session.scalar(select(Campaign.pause_reason)) == "sender_login"
        assert told == {book.alice.id, admin.id}
        assert strict.received == []


def campaign_state(db: Database) -> str | None:
    with db.read() as session:
        return session.scalar(select(Campaign.state))


@pytest.mark.database("postgresql")
def test_a_database_that_is_away_for_a_while_costs_nothing(database_url: str, postgres_server: str) -> None:
    """Mails in a call settle once it is back; what was claimed goes on; nobody has to do anything."""
    postgres = Postgres(postgres_server)
    plan = Plan(mails=150, kills=0, threads=2, lease=20, at_half=lambda: postgres.restart(away=1.0))
    outcome = play(database_url, plan, deadline=100)
    assert outcome.is_clean, outcome
    assert (outcome.uncertain, outcome.campaign) == (0, "completed")


def test_a_full_disk_stops_handoffs_and_what_was_in_a_call_settles_once_there_is_room(
    tmp_path: Any, sqlite_template: Any, server: MailServer
) -> None:
    """SQLite says "database or disk is full": nothing more goes out, nothing that went out is forgotten."""
    path = tmp_path / "full.db"
    path.write_bytes(sqlite_template.read_bytes())
    pages: list[int] = []
    db = Database(f"sqlite:///{path}")

    @event.listens_for(db.engine, "begin")
    def shrink(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages[0] if pages else 4_294_967_294}")

    book = Book(db, Builder(db))
    slow = book.action("slow@acme.example", due_at=utcnow() - timedelta(hours=1))
    rest = [book.action(f"c{n}@acme.example", cc=["x@acme.example"] * 20) for n in range(120)]
    channel = EmailChannel(SmtpTarget.parse(f"smtp://127.0.0.1:{server.port}?connections=1"))
    dispatcher = Dispatcher(db, {"email": channel}, name="full", batch=1)
    dispatcher.start()
    try:
        assert server.reached_gate.wait(10)
        with db.read() as session:
            pages.append(session.execute(text("PRAGMA page_count")).scalar_one())
        server.gate.set()
        wait_until(lambda: is_full(db))
        out = len(server.received)
        assert out < 121
        assert book.now(slow).state in ("sending", "sent")
        pages.clear()
        wait_until(lambda: all_sent(db, len(rest) + 1), 40)
        assert once_each(server, 121)
    finally:
        dispatcher.stop()
        db.dispose()


def is_full(db: Database) -> bool:
    """Say whether a write of some size fails."""
    try:
        with db.write() as session:
            session.execute(text("CREATE TABLE filler (x)"))
            session.execute(text("INSERT INTO filler VALUES (zeroblob(40000))"))
            session.rollback()
    except Exception as error:
        return "full" in str(error)
    return False


def test_a_worker_frozen_past_its_lease_can_change_and_send_nothing_when_it_wakes(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    """Its call that was open counts when the receipt comes; what it had only claimed another one sends."""
    slow = book.action("slow@acme.example", due_at=utcnow() - timedelta(hours=1))
    claimed = [book.action(f"c{n}@acme.example") for n in range(3)]
    start(connections=1)
    assert server.reached_gate.wait(10)
    assert rescue(db, name="other", now=db.now() + LEASE + timedelta(minutes=1)) >= 3
    assert (book.now(slow).state, book.now(slow).reason) == ("manual", "uncertain")
    start(connections=1, batch=10)
    server.gate.set()
    for action in [slow, *claimed]:
        book.wait_for(action, "sent")
    assert book.now(slow).reason == "late_receipt"
    assert once_each(server, 4)


def test_a_grant_that_a_frozen_worker_finds_too_late_is_not_used(book: Book, server: MailServer, start: Start) -> None:
    """Half the lease is what a grant holds (here none at all): a call begun later might outlast the lease."""
    action = book.action()
    start(connections=1, lease=timedelta(0))
    wait_until(lambda: book.events(action).count("release") >= 2)
    assert book.now(action).attempts <= 1  # what was not called is not counted
    assert server.received == []


def test_real_freezes_past_the_lease_repeat_nothing(database_url: str) -> None:
    """The same with a worker that the system really stops and lets go on."""
    outcome = play(database_url, Plan(mails=150, kills=0, stops=2, threads=2, lease=2.0, seed=5), deadline=110)
    assert outcome.is_clean, outcome


@pytest.mark.database("postgresql")
def test_a_host_whose_clock_is_wrong_does_no_harm(database_url: str) -> None:
    """Due times and leases go by the database's clock: a worker an hour ahead frees nobody's claims."""
    db = Database(database_url)
    build = Builder(db)
    book, moment = Book(db, build), utcnow()
    held = build.action(book.campaign, state=ActionState.SENDING, lease_until=moment + timedelta(minutes=5))
    later = book.action(due_at=moment + timedelta(minutes=5))
    with time_machine.travel(moment + timedelta(hours=1)):
        assert utcnow() >= moment + timedelta(hours=1)
        ahead = Database(database_url)
        assert timedelta(0) <= ahead.now() - moment < timedelta(minutes=1)
        assert rescue(ahead, name="ahead") == 0
        with ahead.write() as session:
            claimed = actions.claim_due(
                session, worker_name="ahead", now=ahead.now(), limit=9, lease=LEASE, channels=["email"]
            )
        assert claimed == []
        ahead.dispose()
    assert book.now(held).state == "sending"
    assert book.now(later).state == "queued"
    db.dispose()


def test_a_clock_that_jumps_repeats_nothing(book: Book, db: Database, server: MailServer, start: Start) -> None:
    """On SQLite an hour's jump ends every lease: open calls settle by their receipts, the rest is claimed anew."""
    slow = book.action("slow@acme.example", due_at=utcnow() - timedelta(hours=1))
    rest = [book.action(f"c{n}@acme.example") for n in range(5)]
    start(connections=1)
    assert server.reached_gate.wait(10)
    with time_machine.travel(utcnow() + timedelta(hours=1)):
        assert rescue(db, name="w0") == (6 if db.is_sqlite else 0)
        server.gate.set()
        for action in [slow, *rest]:
            book.wait_for(action, "sent")
    assert once_each(server, 6)


def test_two_workers_of_one_name_share_the_work(book: Book, db: Database, server: MailServer, start: Start) -> None:
    """Claims have tokens of their own: nothing is decided by a worker's name."""
    for n in range(30):
        book.action(f"c{n}@acme.example")
    for _ in range(2):
        start(batch=3, name="twin")
    with db.write() as session:
        workers.seen(session, "twin", {}, now=utcnow())
        workers.seen(session, "twin", {}, now=utcnow())
    wait_until(lambda: all_sent(db, 30))
    assert once_each(server, 30)


class Poison:
    """A recheck that fails for some customers, like a fault in the code that one book's oddities wake."""

    def __init__(self, *customer_ids: int) -> None:
        self._ids = customer_ids

    def __call__(self, session: Session, rows: Sequence[Claimed], now: datetime) -> list[Job | Refused]:
        if any(row.customer_id in self._ids for row in rows):
            session.execute(text("SELECT nothing FROM nowhere"))  # breaks the transaction too
        return prepare(session, rows, now)


def test_an_action_that_breaks_the_recheck_is_parked_and_the_rest_goes_on(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    """Manual, with a reference that the log has more under."""
    made = [book.action(f"c{n}@acme.example") for n in range(9)]
    poison = Poison(made[2].customer_id, made[7].customer_id)
    start(prepare=without_outage(poison))
    for n, action in enumerate(made):
        book.wait_for(action, "manual" if n in (2, 7) else "sent")
    row = book.now(made[2])
    assert row.reason == "render_failed"
    assert row.detail is not None
    assert row.detail.startswith("Reference ")
    assert len(server.received) == 7


def without_outage(poison: Poison) -> Callable[[Session, Sequence[Claimed], datetime], list[Job | Refused]]:
    def check(session: Session, rows: Sequence[Claimed], now: datetime) -> list[Job | Refused]:
        try:
            return poison(session, rows, now)
        except Exception as error:  # SQLite calls a missing table an operational error, as it does a locked database
            raise ValueError("poison") from error

    return check


def test_a_document_that_kills_what_sets_it_in_type_is_parked_and_the_rest_goes_on(
    book: Book, server: MailServer, start: Start, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text("import os, sys\nprint('{}', flush=True)\nsys.stdin.readline()\nos.abort()\n")
    typesetter = Typesetter(program)

    def write(job: Job) -> Message:
        if job.to[0][1].startswith("odd"):
            typesetter.set(program, {}, format="pdf")
        return compose(job)

    odd, fine = book.action("odd@acme.example"), book.action("fine@acme.example")
    start(compose=write, connections=1)
    row = book.wait_for(odd, "manual")
    assert (row.reason, row.attempts) == ("render_failed", 0)
    assert re.fullmatch("Reference [0-9a-f]{8}", row.detail or "")
    book.wait_for(fine, "sent")
    assert [mail.recipients for mail in server.received] == [("fine@acme.example",)]


def test_an_outcome_that_can_not_be_kept_is_parked_and_the_rest_goes_on(book: Book, db: Database) -> None:
    """Uncertain, since it did go out. PostgreSQL keeps no NUL characters, whatever a provider says."""
    odd, fine = book.action("odd@acme.example"), book.action("fine@acme.example")
    dispatcher = Dispatcher(
        db, {"email": OddProvider("id \x00" if not db.is_sqlite else cast("str", 4711))}, name="odd"
    )
    dispatcher.start()
    try:
        book.wait_for(fine, "sent")
        row = book.wait_for(odd, "manual")
        assert row.reason == "uncertain"
        assert re.fullmatch("What came of the call can't be kept. Reference [0-9a-f]{8}", row.detail or "")
    finally:
        dispatcher.stop()


class OddProvider:
    """A channel that answers for one address with something that the database does not keep."""

    connections = 2

    def __init__(self, odd: str) -> None:
        self._odd = odd

    def open(self) -> OddProvider:
        return self

    def send(self, message: Message) -> Receipt:
        return Receipt(self._odd if message.to[0][1].startswith("odd") else "id")

    def close(self) -> None:
        pass


def test_a_commit_cut_off_without_an_answer_repeats_nothing_and_strands_nothing(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    """Whether the handoff was kept is looked up before it is asked for again; claims nobody knows of are released."""
    made = [book.action(f"c{n}@acme.example") for n in range(8)]
    cut = CutOff(db)
    start(connections=2, batch=3)
    wait_until(lambda: all_sent(db, 8), 40)
    assert cut.happened >= 2
    assert once_each(server, 8)
    assert {book.now(a).attempts for a in made} == {1}


class CutOff:
    """Every third commit takes place, and its answer is lost."""

    def __init__(self, db: Database) -> None:
        self.happened = self._commits = 0
        self._lock = threading.Lock()
        db.engine.dialect.do_commit = self._commit(db.engine.dialect.do_commit)  # type: ignore[method-assign]

    def _commit(self, real: Callable[[Any], None]) -> Callable[[Any], None]:
        def commit(connection: Any) -> None:
            real(connection)
            with self._lock:
                self._commits += 1
                lost = self._commits % 3 == 0 and self.happened < 4
                self.happened += lost
            if lost and threading.current_thread().name.startswith("dispatch"):
                raise OperationalError("COMMIT", {}, Exception("connection lost"))

        return commit


def test_a_huge_campaign_does_not_hold_up_a_small_one_of_another_workspace(
    db: Database, build: Builder, server: MailServer, start: Start
) -> None:
    """Every workspace gets an equal part of each claim, and within it every campaign."""
    huge = Book(db, build)
    for n in range(60):
        huge.action(f"huge{n}@acme.example", due_at=utcnow() - timedelta(hours=2, seconds=-n))
    build.workspace(team_id="T2")
    small = Book(db, build)
    for n in range(3):
        small.action(f"small{n}@beta.example")
    start(connections=1, batch=8)
    wait_until(lambda: len(server.received) >= 20)
    first = [mail.recipients[0] for mail in server.received[:8]]
    assert {r for r in first if r.startswith("small")} == {f"small{n}@beta.example" for n in range(3)}


def test_rate_limits_hold_across_workers(book: Book, db: Database, server: MailServer, start: Start) -> None:
    """Thirty a minute are three at once and then one every 2.2 seconds, whoever sends them."""
    for n in range(12):
        book.action(f"c{n}@acme.example")
    limits = {"email": Limits(provider=Rate(30))}
    for _ in range(1 if db.is_sqlite else 2):
        start(limits=limits)
    wait_until(lambda: len(server.received) >= 5)
    with db.read() as session:
        query = select(ActionHistory.at).where(ActionHistory.event == "claim").order_by(ActionHistory.at)
        claimed = list(session.scalars(query))
    assert sum(at - claimed[0] < timedelta(seconds=2) for at in claimed) == 3
    assert claimed[4] - claimed[0] >= timedelta(seconds=4)


def test_a_summary_waits_for_slack_and_is_posted_once(db: Database, build: Builder) -> None:
    """Behind until it is drawn; tests/handlers/test_notifier.py has Slack's other moods."""
    campaign = build.campaign(build.user(), state=CampaignState.COMPLETED)
    build.action(campaign, state=ActionState.SENT)
    slack = SlackServer()
    slack.faults += [Fault("conversations.open", hang_up=True), Fault("chat.postMessage", status=503)]
    try:
        notifier = Notifier(db, slack.client)
        drawn = [notifier.draw_due(now=NOW + timedelta(minutes=15 * n)) for n in range(4)]
        assert drawn == [0, 0, 1, 0]
        assert len(slack.messages) == 1
    finally:
        slack.close()
