"""The dispatcher through a real SMTP server: each way a message can go, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from bot.channels.base import Message
from bot.dispatch.compose import compose
from bot.dispatch.dispatcher import oldest_due_age
from bot.dispatch.prepare import Job
from bot.domain.states import CampaignState
from storage.db import Database, utcnow
from storage.models import Action, Campaign, Contact, Customer, Invoice, Notification, User
from tests.bot.channels.mail_server import MailServer, authenticate, mail_server
from tests.bot.dispatch.conftest import Book, Start, wait_until
from tests.builders import Builder


def test_sends_a_personal_message_and_keeps_what_was_sent(book: Book, server: MailServer, start: Start) -> None:
    action = book.action("pat@acme.example", customer={"name": "Acme GmbH"}, cc=["boss@acme.example"])
    start()
    sent = book.wait_for(action, "sent")
    [mail] = server.received
    assert mail.recipients == ("pat@acme.example", "boss@acme.example")
    assert mail.sender == book.alice.email
    assert mail.message["Subject"] == "Your account with Northwind Ltd"
    assert mail.message["Message-ID"] == action.message_id
    assert sent.sent_subject == "Your account with Northwind Ltd"
    assert sent.sent_text is not None
    assert sent.sent_text.startswith("Dear Acme GmbH,\n\nplease pay €100.00.")
    assert (sent.provider_id, sent.attempts) == ("250 2.0.0 Ok: queued as 4711", 1)
    assert book.events(action) == ["claim", "accept"]


def test_sends_each_of_many_once_over_several_workers(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    ids = {book.action(f"c{n}@acme.example").message_id for n in range(30)}
    start(batch=4)
    if not db.is_sqlite:
        start(batch=4)
    wait_until(lambda: len(server.received) >= 30)
    with db.read() as session:
        wait_until(lambda: set(session.scalars(select(Action.state))) == {"sent"} or session.rollback() is not None)
    assert sorted(m.message["Message-ID"] for m in server.received) == sorted(ids)


def test_a_group_is_handed_off_in_one_transaction(book: Book, server: MailServer, start: Start) -> None:
    made = [book.action(f"c{n}@acme.example") for n in range(20)]
    start(connections=1, group=10)
    moments = {book.wait_for(action, "sent").handed_off_at for action in made}
    assert len(moments) < 20
    assert len(server.received) == 20


@pytest.mark.database("sqlite")
def test_one_that_has_sent_everything_says_nothing_and_stops_at_once(book: Book, start: Start) -> None:
    with capture_logs() as logs:
        dispatcher = start()
        book.wait_for(book.action(), "sent")
        dispatcher.wake()
        assert dispatcher.stop(timeout=3600)  # which it would take otherwise
    assert logs == []


def test_attaches_the_statement(book: Book, db: Database, server: MailServer, start: Start) -> None:
    with db.write() as session:
        session.execute(update(Campaign).values(attach_statement=True))
    action = book.action()
    start()
    book.wait_for(action, "sent")
    [attached] = server.received[0].message.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content().startswith(b"%PDF")


def test_a_refused_message_becomes_manual_with_the_servers_words(book: Book, server: MailServer, start: Start) -> None:
    server.answers["gone"] = "550 5.1.1 No such user"
    action = book.action("gone@acme.example")
    start()
    row = book.wait_for(action, "manual")
    assert (row.reason, row.detail) == ("rejected", "gone@acme.example: 550 5.1.1 No such user")
    assert row.handed_off_at is None


def test_one_refused_among_several_is_named(book: Book, server: MailServer, start: Start) -> None:
    server.answers["gone"] = "550 5.1.1 No such user"
    action = book.action(cc=["gone@acme.example"])
    start()
    row = book.wait_for(action, "sent")
    assert (row.reason, row.detail) == ("partly_refused", "gone@acme.example: 550 5.1.1 No such user")


def test_a_put_off_message_waits_a_minute_and_then_goes(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    server.answers["busy"] = "450 4.2.1 Try later"
    action = book.action("busy@acme.example")
    dispatcher = start()
    wait_until(lambda: "retry" in book.events(action))
    row = book.now(action)
    assert (row.state, row.reason, row.detail) == ("queued", "transient", "busy@acme.example: 450 4.2.1 Try later")
    assert row.due_at is not None
    assert timedelta(seconds=50) < row.due_at - row.updated_at <= timedelta(seconds=60)
    del server.answers["busy"]
    with db.write() as session:
        session.execute(update(Action).values(due_at=utcnow()))
    dispatcher.wake()
    assert book.wait_for(action, "sent").attempts == 2


def test_the_last_attempt_put_off_becomes_manual(book: Book, server: MailServer, start: Start) -> None:
    server.answers["busy"] = "450 4.2.1 Try later"
    action = book.action("busy@acme.example", attempts=5)
    start()
    assert book.wait_for(action, "manual").reason == "retries_exhausted"


def test_lost_before_data_is_tried_again_and_after_data_is_a_persons(
    book: Book, server: MailServer, start: Start
) -> None:
    before, after = book.action("drop-before@acme.example"), book.action("drop-after@acme.example")
    start()
    wait_until(lambda: "retry" in book.events(before))
    row = book.wait_for(after, "manual")
    assert row.reason == "uncertain"
    assert row.handed_off_at is not None


class Panic(BaseException):
    """What a fault in the code that draws PDFs or cleans HTML raises, which is no Exception."""


@pytest.mark.parametrize("fault", [ValueError, Panic])
def test_a_message_that_can_not_be_written_becomes_manual_with_a_reference_and_the_rest_goes_on(
    book: Book, server: MailServer, start: Start, fault: type[BaseException]
) -> None:
    def write(job: Job) -> Message:
        if job.to[0][1].startswith("odd"):
            raise fault("no")
        return compose(job)

    odd = [book.action(f"odd{n}@acme.example") for n in range(3)]
    fine = book.action("fine@acme.example")
    start(compose=write, connections=1)
    for action in odd:
        row = book.wait_for(action, "manual")
        assert (row.reason, row.attempts) == ("render_failed", 0)
        assert row.detail is not None
        assert row.detail.startswith("Reference ")
    book.wait_for(fine, "sent")
    assert [mail.recipients for mail in server.received] == [("fine@acme.example",)]


@pytest.mark.parametrize("fault", ["paid", "all_disputed", "promised", "paused"])
def test_what_changed_since_send_is_skipped_unless_just_that_was_put_back(
    book: Book, db: Database, server: MailServer, start: Start, fault: str
) -> None:
    group = {"paid": "nothing_overdue"}.get(fault, fault)
    others = [each for each in ("nothing_overdue", "all_disputed", "promised", "paused") if each != group]
    skipped = book.action("pat@acme.example", in_spite_of=[*others, "contacted_recently"])
    put_back = book.action("sam@acme.example", in_spite_of=[group, "empty_value"])
    tomorrow = utcnow().date() + timedelta(days=1)
    changes = {
        "paid": update(Invoice).values(outstanding=0, status="paid"),
        "all_disputed": update(Invoice).values(status="disputed"),
        "promised": update(Invoice).values(promised_on=tomorrow),
        "paused": update(Customer).values(paused_until=tomorrow),
    }
    with db.write() as session:
        session.execute(changes[fault])
    start()
    assert book.wait_for(skipped, "skipped").reason == fault
    book.wait_for(put_back, "sent")
    assert [m.recipients for m in server.received] == [("sam@acme.example",)]


@pytest.mark.parametrize("persons", [False, True])
def test_a_tag_with_nothing_to_say_is_a_persons(
    book: Book, build: Builder, db: Database, server: MailServer, start: Start, persons: bool
) -> None:
    with db.write() as session:
        session.execute(update(Campaign).values(body="Dear {{contact.first_name}}, pay {{oldest.number}}."))
    action = book.action(in_spite_of=["empty_value"] if persons else [])
    with db.write() as session:
        session.execute(update(Contact).values(first_name="", last_name=""))
    start()
    if persons:
        book.wait_for(action, "sent")
        body = server.received[0].message.get_body(("plain",))
        assert body is not None
        assert body.get_content().startswith("Dear , pay INV")
    else:
        row = book.wait_for(action, "manual")
        assert (row.reason, row.detail) == ("empty_value", "{{contact.first_name}}")
        assert server.received == []


def test_suppressed_addresses_are_left_out_and_none_left_is_a_persons_even_when_put_back(
    book: Book, build: Builder, server: MailServer, start: Start
) -> None:
    build.suppression("pat@acme.example")
    alone = book.action("Pat@acme.example", in_spite_of=["nothing_overdue"])
    two = [{"contact_id": None, "name": "", "email": e} for e in ("pat@acme.example", "sam@acme.example")]
    shared = book.action(recipients=two, cc=["PAT@acme.example"])
    start()
    assert book.wait_for(alone, "manual").reason == "suppressed"
    book.wait_for(shared, "sent")
    assert [m.recipients for m in server.received] == [("sam@acme.example",)]


def test_a_sender_no_longer_verified_makes_it_a_persons(book: Book, db: Database, start: Start) -> None:
    with db.write() as session:
        session.execute(update(User).values(email_verified=False))
    action = book.action()
    start()
    assert book.wait_for(action, "manual").reason == "sender_unverified"


def test_a_refused_login_pauses_the_campaign_and_tells_creator_and_admins_once(
    book: Book, db: Database, build: Builder, start: Start
) -> None:
    admin = build.user("Zoe Admin", role="admin")
    actions = [book.action(f"c{n}@acme.example") for n in range(3)]
    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    with mail_server(**options) as strict:
        start(url=f"smtp://bot:wrong@127.0.0.1:{strict.port}?connections=2")

        def campaign() -> Campaign:
            with db.read() as session:
                return session.get_one(Campaign, book.campaign.id)

        wait_until(lambda: campaign().state == "paused")
        for action in actions:
            book.wait_for(action, "queued")
    assert campaign().pause_reason == "sender_login"
    assert "535" in (campaign().pause_detail or "")
    with db.read() as session:
        query = select(Notification.user_id).where(Notification.kind == "sender_login").order_by(Notification.user_id)
        assert list(session.scalars(query)) == sorted([book.alice.id, admin.id])


def test_a_server_that_is_down_costs_no_attempts_and_sending_goes_on_once_it_is_back(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    actions = [book.action(f"c{n}@acme.example") for n in range(5)]
    down = start(url="smtp://127.0.0.1:9?connections=2")
    wait_until(lambda: all(book.now(a).detail for a in actions if book.now(a).state == "queued"))
    assert down.stop()
    assert {book.now(a).state for a in actions} == {"queued"}
    assert {book.now(a).attempts for a in actions} == {0}
    with db.write() as session:
        session.execute(update(Action).values(due_at=utcnow()))
    start()
    for action in actions:
        book.wait_for(action, "sent")


def test_a_pause_stops_what_is_claimed_but_not_handed_off(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    slow = book.action("slow@acme.example", due_at=utcnow() - timedelta(hours=1))
    waiting = [book.action(f"c{n}@acme.example") for n in range(3)]
    start(connections=1)
    assert server.reached_gate.wait(10)
    with db.write() as session:
        session.execute(update(Campaign).values(state="paused", pause_reason="by_person"))
    server.gate.set()
    book.wait_for(slow, "sent")
    for action in waiting:
        book.wait_for(action, "queued")
    assert len(server.received) == 1


def test_stopping_settles_what_is_in_flight_and_returns_the_rest(book: Book, server: MailServer, start: Start) -> None:
    slow = book.action("slow@acme.example", due_at=utcnow() - timedelta(hours=1))
    waiting = [book.action(f"c{n}@acme.example") for n in range(5)]
    dispatcher = start(connections=1)
    assert server.reached_gate.wait(10)
    ended: list[bool] = []
    stopper = threading.Thread(target=lambda: ended.append(dispatcher.stop()))
    stopper.start()
    for action in waiting[1:]:  # the first one may be in the sender's hands until the slow one ends
        book.wait_for(action, "queued")
    dispatcher.wake()  # they are due still, and left to the next worker
    server.gate.set()
    stopper.join()
    assert ended == [True]
    assert book.now(slow).state == "sent"
    assert {book.now(a).state for a in waiting} == {"queued"}


def test_a_call_that_does_not_end_in_time_is_given_up_and_rescued_as_uncertain(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    slow = book.action("slow@acme.example")
    dispatcher = start(connections=1)
    assert server.reached_gate.wait(10)
    assert not dispatcher.stop(timeout=0.1)
    row = book.now(slow)
    assert row.state == "sending"
    assert row.handed_off_at is not None


@pytest.mark.database("sqlite")
def test_what_is_due_at_the_start_goes_at_once(book: Book, start: Start) -> None:
    action = book.action()
    start(idle=600)  # nobody else wakes it
    book.wait_for(action, "sent")


@pytest.mark.database("sqlite")
def test_what_falls_due_later_is_slept_for_and_a_stop_is_heard(book: Book, start: Start) -> None:
    action = book.action(due_at=utcnow() + timedelta(milliseconds=200))
    dispatcher = start(idle=600)
    sent = book.wait_for(action, "sent")
    assert sent.sent_at is not None
    assert sent.due_at is not None
    assert sent.sent_at > sent.due_at
    assert dispatcher.is_alive
    assert dispatcher.stop()
    assert not dispatcher.is_alive


def test_what_falls_due_later_goes_without_being_told(book: Book, start: Start) -> None:
    start(idle=0.05)
    action = book.action(due_at=utcnow() + timedelta(milliseconds=300))
    sent = book.wait_for(action, "sent")
    assert sent.sent_at is not None
    assert sent.due_at is not None
    assert sent.sent_at > sent.due_at


def test_facts_that_changed_while_a_job_waited_are_looked_at_again(
    book: Book, db: Database, server: MailServer, start: Start
) -> None:
    slow = book.action("slow@acme.example", due_at=utcnow() - timedelta(hours=1))
    paid, changed = book.action("paid@acme.example"), book.action("changed@acme.example")
    start(connections=1, fresh_for=timedelta(0))
    assert server.reached_gate.wait(10)
    with db.write() as session:
        session.execute(
            update(Invoice).where(Invoice.customer_id == paid.customer_id).values(outstanding=0, status="paid")
        )
        session.execute(update(Invoice).where(Invoice.customer_id == changed.customer_id).values(outstanding=5_000))
    server.gate.set()
    book.wait_for(slow, "sent")
    text = book.wait_for(changed, "sent").sent_text
    assert text is not None
    assert "€50.00" in text


def test_tells_the_age_of_the_oldest_due_action(book: Book, db: Database, build: Builder) -> None:
    now = utcnow()
    assert oldest_due_age(db, now) == timedelta(0)
    book.action(due_at=now - timedelta(minutes=3))
    paused = build.campaign(book.alice, state=CampaignState.PAUSED)
    build.action(paused, due_at=now - timedelta(hours=3))
    assert oldest_due_age(db, now) == timedelta(minutes=3)
    build.campaign(book.alice, state=CampaignState.SCHEDULED, starts_at=now + timedelta(hours=1))
    assert oldest_due_age(db, now) == timedelta(minutes=3)
    build.campaign(book.alice, state=CampaignState.SCHEDULED, starts_at=now - timedelta(minutes=5))
    assert oldest_due_age(db, now) == timedelta(minutes=5), "nobody is left to start it"
