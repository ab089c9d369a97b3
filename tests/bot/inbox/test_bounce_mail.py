"""Mails as real servers write them are read; hostile ones are not read for long."""

from __future__ import annotations

import tracemalloc

import pytest

from bot.inbox.bounce_mail import BounceMail, Told, read
from bot.inbox.trimming import Hostile
from tests.bot.inbox.hostile import HOSTILE
from tests.bot.inbox.mails import mail

UNKNOWN = "Recipient address rejected: User unknown in virtual mailbox table"
OURS = "<0123456789abcdef@example.com>"
VERP = "bounces+42-3hrifoyqbqv6os5g@example.com"
GONE = "gone@bolt.example"


def seen(name: str, **others: str) -> BounceMail:
    return read(mail(name, OURS, GONE, return_path=VERP, **others))


@pytest.mark.parametrize(("name", "status", "words"), [
    ("postfix", "hard_bounce", f"550 5.1.1 <{GONE}>: {UNKNOWN}"),
    ("postfix_full", "soft_bounce", f"452 4.2.2 <{GONE}>: The recipient's mailbox is full"),
    ("exchange", "hard_bounce",
     f"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {GONE} not found by SMTP address lookup"),
    ("gmail", "hard_bounce",
     "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the "
     "recipient's email address for typos or 550 5.1.1 unnecessary spaces. - gsmtp"),
    ("qmail", "hard_bounce",
     "192.0.2.25 does not like recipient. Remote host said: 550 5.1.1 unknown user Giving up on 192.0.2.25."),
    ("exim", "hard_bounce",
     f"SMTP error from remote mail server after RCPT TO:<{GONE}>: host mx.bolt.example [192.0.2.25]: "
     "550 No such user here"),
    ("refused", "refused", "554 5.7.1 Message blocked: your server is on a block list"),
    ("complaint", "complaint", "marked as spam (abuse, told by SomeGenerator/1.0)"),
])  # fmt: skip
def test_what_servers_write(name: str, status: str, words: str) -> None:
    found = seen(name)
    assert [(told.status, told.addresses, told.words) for told in found.told] == [(status, (GONE,), words)]
    assert found.message_ids[0] == OURS
    assert found.sent_to == (GONE,)
    if name != "complaint":  # which goes where complaints were asked to go
        assert VERP in found.delivered_to


@pytest.mark.parametrize("name", ["vacation", "postfix_delayed"])
def test_automatic_replies_and_warnings_are_understood_and_say_nothing(name: str) -> None:
    found = seen(name)
    assert (found.told, found.is_harmless, found.message_ids[0]) == ((), True, OURS)


@pytest.mark.parametrize("header", [
    "Auto-Submitted: auto-generated", "X-Autoreply: yes", "Precedence: auto_reply", "Subject: Automatische Antwort: x",
])  # fmt: skip
def test_every_kind_of_automatic_reply(header: str) -> None:
    raw = f"{header}\r\nFrom: pat@bolt.example\r\n\r\n<{GONE}>: 550 5.1.1 User unknown\r\n".encode()
    assert (read(raw).told, read(raw).is_harmless) == ((), True)


def test_a_persons_own_words_are_left_to_people() -> None:
    found = seen("answer")
    assert (found.told, found.is_harmless) == ((), False)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus"])
def test_feedback_that_is_no_complaint_is_left_to_people(kind: str) -> None:
    found = seen("complaint", feedback=kind)
    assert (found.told, found.is_harmless) == ((), False)


def test_the_newer_kind_of_report_with_letters_of_all_scripts() -> None:
    raw = mail("postfix", OURS, "käthe@bücher.example").replace(
        b"message/delivery-status", b"message/global-delivery-status"
    )
    [told] = read(raw).told
    assert (told.status, told.addresses) == ("hard_bounce", ("käthe@bücher.example",))


def test_a_report_on_several_recipients_tells_of_each() -> None:
    more = b"\r\nFinal-Recipient: rfc822; boss@bolt.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n" + (
        b"Final-Recipient: rfc822; <old@bolt.example>\r\nAction: error\r\nStatus: 5.2.2\r\n\r\n--42B3"
    )
    raw = mail("postfix", OURS).replace(b"mailbox table\r\n\r\n--42B3", b"mailbox table\r\n" + more)
    assert [(told.addresses[0], told.status) for told in read(raw).told] == [
        (GONE, "hard_bounce"),
        ("old@bolt.example", "soft_bounce"),
    ]


def test_a_report_that_is_cut_off_in_the_returned_copy_is_read() -> None:
    whole = mail("postfix", OURS) + b"x" * 300_000
    assert read(whole[: whole.index(b"Dear customer")]) == read(whole[: whole.index(b"Dear customer")] + b"Dear")
    assert read(whole[:262_144]).told[0].status == "hard_bounce"


def test_a_mail_without_a_message_id_is_known_by_what_it_says() -> None:
    one, other = mail("qmail", OURS), mail("qmail", OURS, "other@bolt.example")
    assert read(one).key == read(one).key != read(other).key
    assert len(read(one).key) == 71


@pytest.mark.parametrize(
    "name", ["nested multiparts", "nested messages", "messages within digests", "thousands of parts"]
)
def test_what_parsers_take_minutes_for_is_refused_before_they_see_it(name: str) -> None:
    with pytest.raises(Hostile):
        read(HOSTILE[name])


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_mail_is_read_in_little_memory_and_not_taken_for_more_than_it_is(name: str) -> None:
    tracemalloc.start()
    try:
        told: tuple[Told, ...] = read(HOSTILE[name]).told
    except (Hostile, RecursionError):
        told = ()
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 12_000_000
    assert len(told) <= 100
    assert all(one.addresses == ("a@b.example",) for one in told)
