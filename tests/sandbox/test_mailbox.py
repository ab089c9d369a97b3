"""Mail that is taken and comes back: a bounce in the mailbox, for each recipient, whenever it was asked for."""

from __future__ import annotations

import email
import email.policy
import smtplib

from sandbox import Mailbox, MailCatcher


def send(mail: MailCatcher, *to: str) -> None:
    with smtplib.SMTP("127.0.0.1", mail.port, timeout=10) as smtp:
        smtp.sendmail("bounces+1@example.com", list(to), b"Message-ID: <m1@example.com>\r\nTo: x\r\n\r\nhello")


def test_the_next_mail_comes_back_and_no_other() -> None:
    with Mailbox() as mailbox, MailCatcher(bounces=mailbox) as mail:
        mail.bounce_back("pat@bolt.example", "550 5.1.1 User unknown")
        send(mail, "kim@acme.example")
        assert mailbox.mails() == []
        send(mail, "pat@bolt.example")
        send(mail, "pat@bolt.example")
        assert len(mail.messages) == 3
        [kept] = mailbox.mails()
    bounce = email.message_from_bytes(kept.raw, policy=email.policy.default)
    assert (bounce["To"], bounce["Return-Path"], kept.seen) == ("bounces+1@example.com", "<>", False)
    assert bounce.get_content_type() == "multipart/report"
    report = list(bounce.iter_parts())[1].as_string()
    for line in ("Final-Recipient: rfc822; pat@bolt.example", "Action: failed", "Status: 5.1.1"):
        assert line in report
    assert "Message-ID: <m1@example.com>" in list(bounce.iter_parts())[2].get_content()


def test_without_a_mailbox_nothing_comes_back() -> None:
    with MailCatcher() as mail:
        mail.bounce_back()
        send(mail, "pat@bolt.example")
        assert len(mail.messages) == 1
