"""IMAP as spoken: encrypted and verified, looked at without a trace, nothing ever expunged."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
import trustme

from bot.channels.base import AuthBroken, Transient
from bot.channels.imap import MOST_BYTES, ImapTarget, opened
from sandbox import Mailbox
from sandbox.mail import free_port

AUTHORITY = trustme.CA()
RAW = b"From: a@b.example\r\nSubject: x\r\n\r\nhello\r\n"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


def target(mailbox: Mailbox, query: str = "") -> ImapTarget:
    return ImapTarget.parse(mailbox.url + query)


def test_the_address_in_every_part() -> None:
    read = ImapTarget.parse("imaps://bounces%40example.com:p%2Fw@imap.example.com/Mail/Bounces?done=Old&every=5")
    assert read == ImapTarget(
        "imap.example.com", 993, "imaps", "bounces@example.com", "p/w", "Mail/Bounces", "Old", every=5
    )
    assert "p/w" not in repr(read)
    assert ImapTarget.parse("imap://u:p@h") == ImapTarget("h", 143, "imap", "u", "p", "INBOX", "", every=60)


@pytest.mark.parametrize(("url", "words"), [
    ("pop3://u:p@h", "must begin with"),
    ("imaps://u:p@", "the host is missing"),
    ("imaps://u@h", "both a user and a password"),
    ("imaps://u:p@h:99999", "the port must be a number"),
    ("imaps://u:p@h?delete=1", "'delete' is not an option"),
    ("imaps://u:p@h/A?done=A", "the folders must be two"),
    ("imaps://u:p@h/A%22", "without quotes"),
    ("imaps://u:p@h?every=0", "every must be"),
])  # fmt: skip
def test_a_wrong_address_says_how_to_mend_it(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ImapTarget.parse(url)


def test_a_mail_is_looked_at_without_a_trace_and_put_away(mailbox: Mailbox) -> None:
    mailbox.deliver(RAW)
    mailbox.deliver(RAW + b"y" * 300_000)
    with opened(target(mailbox, "?done=Understood")) as box:
        box.prepare()
        first, second = box.uids_after(0)
        assert (box.uids_after(first), box.uids_after(second)) == ([second], [])
        assert box.uids_since(date(2026, 1, 1)) == [first, second]
        assert box.peek(first) == RAW
        assert len(box.peek(second) or b"") == MOST_BYTES
        assert box.peek(second + 1) is None
        assert [one.seen for one in mailbox.mails()] == [False, False]
        box.put_away(first)
        box.put_away(first)
    assert [(one.uid, one.seen) for one in mailbox.mails()] == [(second, False)]
    assert [one.seen for one in mailbox.mails("Understood")] == [True]
    with opened(target(mailbox)) as box:
        box.put_away(second)
    assert [one.seen for one in mailbox.mails()] == [True]
    assert not [said for said in mailbox.commands if "EXPUNGE" in said or said == "CLOSE"]


def test_what_goes_wrong_says_whose_it_is_to_mend(mailbox: Mailbox) -> None:
    right = target(mailbox)
    with (
        pytest.raises(AuthBroken, match=r"refused the login: \[AUTHENTICATIONFAILED\]"),
        opened(replace(right, password="x")),
    ):
        pass
    with pytest.raises(AuthBroken, match="no folder that can be opened"), opened(replace(right, folder="Nowhere")):
        pass
    with pytest.raises(Transient, match="can't be reached"), opened(replace(right, port=free_port())):
        pass
    mailbox.cut_at = "SEARCH"
    with pytest.raises(Transient, match="does not answer as it should"), opened(right) as box:
        box.uids_after(0)


def test_letters_of_all_scripts_in_the_password() -> None:
    with Mailbox(user="jörg", password="schlüssel/ж") as mailbox, opened(target(mailbox)) as box:
        assert box.uids_after(0) == []


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    AUTHORITY.issue_cert("localhost").configure_cert(server)
    AUTHORITY.configure_trust(client)
    return server, client


@pytest.mark.parametrize("implicit", [True, False])
def test_tls_is_verified(implicit: bool) -> None:
    server, client = contexts()
    with Mailbox(context=server, implicit_tls=implicit) as mailbox:
        assert target(mailbox).security == ("imaps" if implicit else "imap+starttls")
        mailbox.deliver(RAW)
        with opened(target(mailbox), client) as box:
            assert box.peek(box.uids_after(0)[0]) == RAW
        with pytest.raises(Transient, match="certificate can't be trusted"), opened(target(mailbox)):
            pass
        assert ("STARTTLS" in mailbox.commands) is not implicit


def test_a_server_without_starttls_is_never_told_the_password(mailbox: Mailbox) -> None:
    with (
        pytest.raises(Transient, match="TLS not supported"),
        opened(replace(target(mailbox), security="imap+starttls")),
    ):
        pass
    assert "LOGIN" not in mailbox.commands
