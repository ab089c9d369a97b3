"""Mails to our own people, through a real SMTP server."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from bot.channels.base import AuthBroken, Message, Receipt, Rejected, SendError, Transient, Uncertain
from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget
from bot.dispatch.system_mail import deliver_due
from bot.domain.codes import alias_code
from storage import system_mails
from storage.db import Database
from storage.models import Contact, SystemMail, User
from tests.bot.channels.mail_server import MailServer
from tests.builders import NOW, Builder

SECRET = "s" * 32


def channel(server: MailServer) -> EmailChannel:
    return EmailChannel(SmtpTarget.parse(f"smtp://127.0.0.1:{server.port}"))


def queue_mail(build: Builder, **values: Any) -> SystemMail:
    return build.save(SystemMail(workspace_id=build.workspace_id, state="queued", due_at=NOW, created_at=NOW, **values))


def state_of(db: Database, mail: SystemMail) -> SystemMail:
    with db.read() as session:
        return session.scalars(select(SystemMail).where(SystemMail.id == mail.id)).one()


def queue_test(build: Builder, to: str = "alice@example.com", **campaign: Any) -> SystemMail:
    alice = build.user()
    return queue_mail(
        build,
        kind="test",
        requested_by=alice.id,
        to_address=to,
        subject_id=build.campaign(alice, **campaign).id,
        payload={"customer_id": build.customer(name="Acme GmbH").id},
    )


def test_a_test_goes_to_whoever_asked_and_to_nobody_else(db: Database, build: Builder, server: MailServer) -> None:
    mail = queue_test(build, cc=["boss@example.com"])
    assert deliver_due(db, channel(server), SECRET, now=NOW) == 1
    [received] = server.received
    assert received.recipients == ("alice@example.com",)
    assert received.message["Subject"] == "[Test] Your account with Northwind Ltd"
    body = received.message.get_body(("plain",))
    assert body is not None
    assert "Dear Acme GmbH" in body.get_content()
    assert state_of(db, mail).state == "sent"
    assert deliver_due(db, channel(server), SECRET, now=NOW) == 0


def test_an_aliass_code_is_mailed_to_the_alias_in_the_name_of_whoever_asked(
    db: Database, build: Builder, server: MailServer
) -> None:
    alice = build.user()
    alias = build.alias(
        created_by=alice, verified_at=None, code_nonce="abc", code_expires_at=NOW + timedelta(minutes=30)
    )
    mail = queue_mail(
        build, kind="alias_code", requested_by=alice.id, to_address=alias.email, subject_id=alias.id, payload={}
    )
    assert deliver_due(db, channel(server), SECRET, now=NOW) == 1
    [received] = server.received
    assert (received.sender, received.recipients) == (alice.email, ("billing@example.com",))
    body = received.message.get_body(("plain",))
    assert body is not None
    assert f"The code is {alias_code(SECRET, alias.id, 'abc')}." in body.get_content()
    assert "until 09:30 UTC" in body.get_content()
    assert state_of(db, mail).state == "sent"


def test_put_off_it_is_tried_again_in_a_minute_and_refused_it_has_failed(
    db: Database, build: Builder, server: MailServer
) -> None:
    server.answers |= {"busy": "450 Try later", "gone": "550 No such user"}
    busy, gone = queue_test(build, "busy@example.com"), queue_test(build, "gone@example.com")
    assert deliver_due(db, channel(server), SECRET, now=NOW) == 0
    assert (state_of(db, busy).state, state_of(db, busy).due_at) == ("queued", NOW + timedelta(minutes=1))
    assert state_of(db, gone).state == "failed"
    assert "550 No such user" in (state_of(db, gone).detail or "")


def test_a_test_that_can_not_be_written_fails_and_the_others_go(
    db: Database, build: Builder, server: MailServer
) -> None:
    broken, fine = queue_test(build, body="{{nothing.such}}"), queue_test(build)
    assert deliver_due(db, channel(server), SECRET, now=NOW) == 1
    assert state_of(db, broken).state == "failed"
    assert state_of(db, fine).state == "sent"


def test_what_a_dead_worker_was_sending_fails_and_is_not_sent_again(
    db: Database, build: Builder, server: MailServer
) -> None:
    mail = queue_test(build)
    with db.write() as session:
        [claimed] = system_mails.claim(session, now=NOW, limit=5, lease=timedelta(minutes=1))
    assert deliver_due(db, channel(server), SECRET, now=NOW + timedelta(minutes=2)) == 0
    assert state_of(db, mail).state == "failed"
    with db.write() as session:
        assert not system_mails.retry(session, claimed, due_at=NOW, detail="late")
    assert server.received == []


@pytest.mark.database("sqlite")
def test_a_test_of_a_letter_brings_the_page_that_would_be_printed(
    db: Database, build: Builder, server: MailServer
) -> None:
    queue_test(build, channel="letter", body="Dear {{customer.name}}, please pay.")
    with db.write() as session:
        for contact in session.scalars(select(Contact)):
            contact.street, contact.postcode, contact.city = "Hauptstr. 5", "10115", "Berlin"
    deliver_due(db, channel(server), SECRET, now=NOW)
    [received] = server.received
    assert received.message["Subject"] == "[Test] letter to Acme GmbH"
    [attached] = received.message.iter_attachments()
    assert attached.get_filename() == "letter.pdf"
    words = PdfReader(io.BytesIO(attached.get_content())).pages[0].extract_text()
    assert "Hauptstr. 5" in words
    assert "Dear Acme GmbH, please pay." in words


@dataclass
class Outbox:
    """A channel that keeps what it is given; `fault` is raised by the call."""

    fault: SendError | None = None
    sent: list[Message] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    connections = 1

    def open(self) -> Outbox:
        self.opened += 1
        return self

    def send(self, message: Message) -> Receipt:
        if self.fault:
            raise self.fault
        self.sent.append(message)
        return Receipt("250 Ok")

    def close(self) -> None:
        self.closed += 1

    def take(self, db: Database, now: datetime = NOW) -> int:
        return deliver_due(db, self, SECRET, now=now)


@pytest.mark.database("sqlite")
def test_a_test_is_the_very_message_from_its_sender_with_its_statement(db: Database, build: Builder) -> None:
    alias = build.alias("billing@münchen.example", created_by=build.user())
    queue_test(build, cc=["boss@example.com"], sender_user_id=None, sender_alias_id=alias.id, attach_statement=True)
    outbox = Outbox()
    assert (outbox.take(db), outbox.opened, outbox.closed) == (1, 1, 1)
    [message] = outbox.sent
    assert message.sender == ("Billing", "billing@münchen.example")
    assert (message.action_id, message.to, message.cc) == (0, (("", "alice@example.com"),), ())
    assert re.fullmatch(r"<[0-9a-f]{32}@xn--mnchen-3ya\.example>", message.message_id)
    assert ">please pay €100.00." in message.html
    [(name, kind, content)] = message.attachments
    assert (name, kind, content[:4]) == ("statement-2026-03-10.pdf", "application/pdf", b"%PDF")


@pytest.mark.database("sqlite")
def test_a_test_of_an_sms_and_of_a_letter_that_has_no_page_are_text_alone(db: Database, build: Builder) -> None:
    queue_test(build, channel="sms", body="Please pay.", attach_statement=True)
    queue_test(build, channel="letter", body="Please pay.")  # nobody is there
    queue_test(build, channel="letter", body="Please pay.")  # nobody has a postal address
    queue_test(build, channel="letter", body="您好")
    with db.write() as session:
        session.delete(session.scalars(select(Contact).order_by(Contact.id)).all()[1])
        last = session.scalars(select(Contact).order_by(Contact.id)).all()[-1]
        last.street, last.postcode, last.city = "Hauptstr. 5", "10115", "Berlin"
    outbox = Outbox()
    assert outbox.take(db) == 4
    assert [(m.subject, m.text.strip(), m.attachments) for m in outbox.sent] == [
        ("[Test] SMS to Acme GmbH", "Please pay.", ()),
        ("[Test] letter to Acme GmbH", "Please pay.", ()),
        ("[Test] letter to Acme GmbH", "Please pay.", ()),
        ("[Test] letter to Acme GmbH", "您好", ()),
    ]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ("suppressed", "The address must not be contacted."),
        ("unverified", "The sender's address is not verified."),
        ("customer", "The customer is no longer in the book."),
    ],
)
def test_a_test_that_has_nothing_to_say_any_more_fails(db: Database, build: Builder, gone: str, words: str) -> None:
    mail = queue_test(build)
    with db.write() as session:
        if gone == "customer":
            session.execute(update(SystemMail).values(payload={"customer_id": 4711}))
        elif gone == "unverified":
            session.execute(update(User).values(email_verified=False))
    if gone == "suppressed":
        build.suppression("alice@example.com")
    outbox = Outbox()
    assert (outbox.take(db), outbox.sent, outbox.opened) == (0, [], 0)
    row = state_of(db, mail)
    assert row.state == "failed"
    assert row.detail == words


@pytest.mark.database("sqlite")
def test_it_is_put_off_twice_and_what_a_provider_does_not_take_or_may_have_taken_fails_at_once(
    db: Database, build: Builder
) -> None:
    waits = queue_test(build)
    for attempt, minutes in ((1, 1), (2, 6)):
        assert Outbox(Transient("450 Try later")).take(db, state_of(db, waits).due_at) == 0
        row = state_of(db, waits)
        assert (row.state, row.attempts, row.detail) == ("queued", attempt, "450 Try later")
        assert row.due_at == NOW + timedelta(minutes=minutes)
    assert Outbox(Transient("450 Still busy")).take(db, state_of(db, waits).due_at) == 0
    assert (state_of(db, waits).state, state_of(db, waits).detail) == ("failed", "450 Still busy")
    for fault in (Rejected("550 No"), Uncertain("connection lost"), AuthBroken("535 No")):
        refused = queue_test(build)
        assert Outbox(fault).take(db) == 0
        assert (state_of(db, refused).state, state_of(db, refused).detail) == ("failed", fault.detail)


@pytest.mark.database("sqlite")
def test_ten_go_at_a_time_by_one_connection_and_are_held_for_ten_minutes(db: Database, build: Builder) -> None:
    first = queue_test(build)
    for _ in range(10):
        values = {
            name: getattr(first, name) for name in ("kind", "requested_by", "to_address", "subject_id", "payload")
        }
        queue_mail(build, **values)
    outbox = Outbox()
    assert ([outbox.take(db), outbox.take(db), outbox.take(db)], outbox.opened, outbox.closed) == ([10, 1, 0], 2, 2)

    held = queue_test(build, "held@example.com")

    class Dying(Outbox):
        def send(self, message: Message) -> Receipt:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Dying().take(db)
    assert (state_of(db, held).state, state_of(db, held).lease_until) == ("sending", NOW + timedelta(minutes=10))


@pytest.mark.database("sqlite")
def test_a_fault_of_ours_has_a_reference_that_is_in_the_log(db: Database, build: Builder) -> None:
    broken = queue_test(build, body="{{nothing.such}}")
    assert Outbox().take(db) == 0
    assert re.fullmatch("Reference [0-9a-f]{8}", state_of(db, broken).detail or "")


@pytest.mark.database("sqlite")
def test_a_code_comes_from_its_alias_where_slack_does_not_vouch_for_who_asks(db: Database, build: Builder) -> None:
    for name, values in (("Zoe <b>", {"email_verified": False}), ("Yan", {"email": None})):
        asks = build.user(name, **values)
        alias = build.alias(
            f"{name[:3].lower()}@example.com",
            created_by=asks,
            verified_at=None,
            code_nonce="abc",
            code_expires_at=NOW + timedelta(minutes=30),
        )
        given = {"kind": "alias_code", "requested_by": asks.id, "subject_id": alias.id, "payload": {}}
        queue_mail(build, to_address=alias.email, **given)
    outbox = Outbox()
    assert outbox.take(db) == 2
    zoe, yan = outbox.sent
    assert [zoe.sender, yan.sender] == [("campaign-bot", "zoe@example.com"), ("campaign-bot", "yan@example.com")]
    assert (zoe.action_id, zoe.to, zoe.attachments) == (0, (("", "zoe@example.com"),), ())
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", zoe.message_id)
    code = alias_code(SECRET, 1, "abc")
    assert zoe.subject == f"{code} is the code for zoe@example.com"
    assert zoe.text == (
        "Zoe <b> wants to send messages to customers of Northwind Ltd from zoe@example.com.\n\n"
        f"The code is {code}. Whoever may use this address types it into campaign-bot in Slack. "
        "It holds until 09:30 UTC.\n\n"
        "If nobody should, there is nothing to do: without the code the address can't be used.\n"
    )
    assert zoe.html == (
        "<!doctype html><html><body>"
        "<p>Zoe &lt;b&gt; wants to send messages to customers of Northwind Ltd from zoe@example.com.</p>"
        f"<p>The code is {code}. Whoever may use this address types it into campaign-bot in Slack. "
        "It holds until 09:30 UTC.</p>"
        "<p>If nobody should, there is nothing to do: without the code the address can&#x27;t be used.</p>"
        "</body></html>"
    )


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("values", [{"code_nonce": None}, {"code_expires_at": None}, None])
def test_the_code_of_an_alias_that_needs_none_any_more_is_not_mailed(
    db: Database, build: Builder, values: dict[str, Any] | None
) -> None:
    alice = build.user()
    asked = {"verified_at": None, "code_nonce": "abc", "code_expires_at": NOW} | (values or {})
    alias = build.alias(created_by=alice, **asked)
    subject = alias.id if values else 4711
    mail = queue_mail(
        build, kind="alias_code", requested_by=alice.id, to_address=alias.email, subject_id=subject, payload={}
    )
    outbox = Outbox()
    assert (outbox.take(db), outbox.sent) == (0, [])
    row = state_of(db, mail)
    assert (row.state, row.detail) == ("failed", "The alias is gone, or verified already.")
