"""The mail catcher, seen with smtplib."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Iterator

import pytest

from sandbox import MailCatcher

MAIL = (
    "From: bot@example.com\r\nTo: {to}\r\nSubject: Caf=?utf-8?q?=C3=A9?=\r\nMessage-ID: <1@example.com>\r\n\r\nHi\r\n"
)


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as catcher:
        yield catcher


def send(mail: MailCatcher, *to: str) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", mail.port, timeout=5) as client:
        return client.sendmail("bot@example.com", to, MAIL.format(to=", ".join(to)))


def test_a_mail_is_kept_as_it_arrived(mail: MailCatcher) -> None:
    send(mail, "a@example.com", "b@example.com")
    caught = mail.wait_for(1)[0]
    assert caught.envelope_from == "bot@example.com"
    assert caught.envelope_to == ("a@example.com", "b@example.com")
    assert caught.message.get_content() == "Hi\n"
    assert caught.raw.endswith(b"\r\n\r\nHi\r\n")
    assert mail.to("B@example.com") == [caught]
    assert mail.message_ids == {"<1@example.com>": 1}


def test_a_refused_recipient_among_several_is_named(mail: MailCatcher) -> None:
    mail.refuse("bad@example.com")
    assert send(mail, "bad@example.com", "good@example.com") == {"bad@example.com": (550, b"5.1.1 no such user")}
    assert mail.wait_for(1)[0].envelope_to == ("good@example.com",)


def test_a_transient_refusal_ends_after_its_times(mail: MailCatcher) -> None:
    mail.refuse("busy@example.com", code=451, text="4.3.0 later", times=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mail, "busy@example.com")
    send(mail, "busy@example.com")
    assert len(mail.messages) == 1


def test_data_is_refused(mail: MailCatcher) -> None:
    mail.refuse_data("a@example.com", code=554, text="5.7.1 spam")
    with pytest.raises(smtplib.SMTPDataError, match="spam"):
        send(mail, "a@example.com")
    assert mail.messages == []


def test_a_connection_cut_before_data_leaves_nothing(mail: MailCatcher) -> None:
    mail.drop_before_data("a@example.com")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(mail, "a@example.com")
    assert mail.messages == []
    send(mail, "a@example.com")
    assert len(mail.messages) == 1


def test_a_connection_cut_after_data_leaves_the_mail(mail: MailCatcher) -> None:
    mail.drop_after_data("a@example.com")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(mail, "a@example.com")
    assert len(mail.messages) == 1


def test_held_answers_wait_for_the_release(mail: MailCatcher) -> None:
    mail.hold()
    sending = threading.Thread(target=send, args=(mail, "a@example.com"))
    sending.start()
    mail.wait_for(1)
    assert sending.is_alive()
    mail.release()
    sending.join(5)
    assert not sending.is_alive()


def test_a_login_is_asked_for_when_there_is_one() -> None:
    with MailCatcher(auth=("user", "secret")) as mail:
        assert mail.url == f"smtp://user:secret@127.0.0.1:{mail.port}"
        with smtplib.SMTP("127.0.0.1", mail.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("user", "wrong")
            with pytest.raises(smtplib.SMTPSenderRefused):
                client.sendmail("bot@example.com", ["a@example.com"], MAIL)
            client.login("user", "secret")
            client.sendmail("bot@example.com", ["a@example.com"], MAIL)
        assert len(mail.messages) == 1
