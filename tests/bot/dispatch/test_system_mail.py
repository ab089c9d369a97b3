"""Mails to our own people, through a real SMTP server."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget
from bot.dispatch.system_mail import deliver_due
from bot.domain.codes import alias_code
from storage import system_mails
from storage.db import Database
from storage.models import Contact, SystemMail
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
    words = PdfReader(io.BytesIO(attached.get_content())).pages[0].extract_text()
    assert "Hauptstr. 5" in words
    assert "Dear Acme GmbH, please pay." in words
