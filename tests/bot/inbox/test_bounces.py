"""The bounce mailbox is read once, by one reader, whatever breaks in between; what nobody understands stays unread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.imap import ImapTarget
from bot.dispatch.receipts import apply_pending
from bot.domain.access import Role
from bot.domain.return_paths import ReturnPaths
from bot.domain.states import ActionState, CampaignState
from bot.inbox.bounces import BounceReader
from sandbox import Mailbox
from storage.db import Database, utcnow
from storage.models import Action, Notification, ProviderReceipt, Suppression
from storage.models import Mailbox as MailboxRow
from tests.bot.inbox.hostile import HOSTILE
from tests.bot.inbox.mails import mail
from tests.builders import Builder

GONE = "gone@bolt.example"
PATHS = ReturnPaths("bounces@example.com", "k" * 32)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


class Post:
    """A workspace with one email that was sent, and a reader of the mailbox; every look is a minute after the last."""

    def __init__(self, db: Database, build: Builder, mailbox: Mailbox) -> None:
        self.db, self.build, self.mailbox = db, build, mailbox
        self.campaign = build.campaign(build.user(role=Role.ADMIN.value), state=CampaignState.COMPLETED)
        self.action = self.send()
        self.now = utcnow()

    def send(self, *to: str, **values: Any) -> Action:
        recipients = [{"contact_id": None, "name": "", "email": each} for each in to or [GONE]]
        return self.build.action(self.campaign, state=ActionState.SENT, recipients=recipients, **values)

    def reader(self, query: str = "", paths: ReturnPaths | None = None) -> BounceReader:
        return BounceReader(self.db, ImapTarget.parse(self.mailbox.url + query), paths)

    def look(self, reader: BounceReader | None = None) -> int:
        """Look into the mailbox and apply what was found; return how many mails were understood."""
        self.now += timedelta(minutes=61)
        understood = (reader or self.reader()).read_due(now=self.now)
        apply_pending(self.db, now=self.now)
        return understood

    def state(self, action: Action | None = None) -> tuple[str, str, str | None]:
        with self.db.read() as session:
            row = session.get_one(Action, (action or self.action).id)
            return row.state, row.reason, row.detail

    def suppressed(self) -> list[tuple[str, str]]:
        with self.db.read() as session:
            return [(row.address, row.cause) for row in session.scalars(select(Suppression))]

    def receipts(self) -> int:
        with self.db.read() as session:
            return len(session.scalars(select(ProviderReceipt)).all())

    def notices(self) -> list[str | None]:
        with self.db.read() as session:
            query = select(Notification).where(Notification.kind == "mailbox").order_by(Notification.id)
            return [row.detail for row in session.scalars(query)]

    def unread(self) -> int:
        return [one.seen for one in self.mailbox.mails()].count(False)


@pytest.fixture
def post(db: Database, build: Builder, mailbox: Mailbox) -> Post:
    return Post(db, build, mailbox)


def test_a_bounce_is_kept_applied_and_put_away(post: Post) -> None:
    post.mailbox.deliver(mail("postfix", post.action.message_id))
    assert post.look() == 1
    words = f"550 5.1.1 <{GONE}>: Recipient address rejected: User unknown in virtual mailbox table"
    assert post.state() == ("manual", "bounced", words)
    assert post.suppressed() == [(GONE, "hard_bounce")]
    assert (len(post.mailbox.mails()), post.unread()) == (1, 0)
    assert (post.look(), post.receipts()) == (0, 1)


@pytest.mark.database("sqlite")
def test_what_was_understood_is_moved_where_the_setting_says(post: Post) -> None:
    post.mailbox.deliver(mail("postfix", post.action.message_id))
    post.mailbox.deliver(mail("vacation", post.action.message_id))
    post.mailbox.deliver(mail("answer", post.action.message_id))
    assert post.look(post.reader("?done=Understood")) == 2
    assert [one.seen for one in post.mailbox.mails("Understood")] == [True, True]
    assert [one.seen for one in post.mailbox.mails()] == [False]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("name", ["vacation", "postfix_delayed"])
def test_what_says_nothing_of_the_delivery_changes_nothing(post: Post, name: str) -> None:
    post.mailbox.deliver(mail(name, post.action.message_id))
    assert post.look() == 1
    assert (post.state()[0], post.suppressed(), post.receipts(), post.unread()) == ("sent", [], 0, 0)


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("name", ["answer", "postfix", "vacation", "complaint"])
def test_what_is_not_about_our_mail_is_left_unread_for_people(post: Post, name: str) -> None:
    ours = post.action.message_id if name == "answer" else "<somebody@else.example>"
    post.mailbox.deliver(mail(name, ours))
    assert post.look(post.reader(paths=PATHS)) == 0
    assert (post.state()[0], post.receipts(), post.unread()) == ("sent", 0, 1)
    post.mailbox.commands.clear()
    post.look()
    assert "UID FETCH" not in post.mailbox.commands  # and it is not read again


@pytest.mark.database("sqlite")
def test_without_our_message_id_the_signed_return_path_tells(post: Post) -> None:
    post.mailbox.deliver(mail("postfix", return_path=PATHS.of(post.action.id)))
    assert post.look(post.reader()) == 0
    post.mailbox.deliver(mail("exchange", return_path=PATHS.of(post.action.id)))
    assert post.look(post.reader(paths=PATHS)) == 1
    assert post.state()[:2] == ("manual", "bounced")


@pytest.mark.database("sqlite")
def test_a_forged_return_path_is_ignored(post: Post) -> None:
    forged = ReturnPaths(PATHS.address, "another key, another key, another").of(post.action.id)
    post.mailbox.deliver(mail("postfix", return_path=forged))
    assert post.look(post.reader(paths=PATHS)) == 0
    assert (post.state()[0], post.suppressed(), post.unread()) == ("sent", [], 1)


def test_a_crash_between_keeping_and_marking_loses_and_repeats_nothing(post: Post) -> None:
    post.mailbox.deliver(mail("postfix_full", post.action.message_id))
    post.mailbox.cut_at = "STORE"
    assert post.look() == 0
    assert (post.receipts(), post.unread()) == (1, 1)
    post.mailbox.cut_at = ""
    assert post.look() == 1
    assert (post.receipts(), post.unread()) == (1, 0)


def test_a_mailbox_with_new_numbers_is_read_anew_and_changes_nothing_twice(post: Post) -> None:
    post.mailbox.deliver(mail("postfix", post.action.message_id))
    assert post.look() == 1
    post.mailbox.renumber()
    assert post.look() == 1
    assert (post.receipts(), post.suppressed()) == (1, [(GONE, "hard_bounce")])


def test_one_reader_at_a_time_and_a_dead_ones_place_is_taken(post: Post, db: Database) -> None:
    post.look()
    key = ImapTarget.parse(post.mailbox.url).key
    post.mailbox.deliver(mail("postfix", post.action.message_id))
    with db.write() as session:
        row = session.get_one(MailboxRow, key)
        row.claim_token, row.lease_until = "somebody", post.now + timedelta(hours=1, minutes=3)
    assert post.look() == 0
    assert post.look() == 1


@pytest.mark.database("sqlite")
def test_no_look_before_it_is_due(post: Post) -> None:
    reader = post.reader("?every=600")
    post.look(reader)
    post.mailbox.deliver(mail("postfix", post.action.message_id))
    assert reader.read_due(now=post.now + timedelta(seconds=590)) == 0
    assert reader.read_due(now=post.now + timedelta(seconds=610)) == 1


def test_admins_are_told_once_of_a_refused_login_and_again_after_it_worked(post: Post) -> None:
    right, post.mailbox.password = post.mailbox.url, "wrong"
    for _ in range(4):
        post.look()
    words = "The mailbox refused the login: [AUTHENTICATIONFAILED] Invalid authentication credentials."
    assert post.notices() == [words]
    reader = BounceReader(post.db, ImapTarget.parse(right))
    post.look(reader)
    post.look()
    assert post.notices() == [words, words]


def test_a_mailbox_that_is_down_is_tried_less_and_less_often_and_told_of_once(post: Post, db: Database) -> None:
    reader = post.reader()
    post.mailbox.stop()
    waits: list[datetime] = []
    for _ in range(6):
        post.look(reader)
        assert post.notices() == ([] if len(waits) < 2 else ["The mailbox can't be reached: ConnectionRefusedError."])
        with db.read() as session:
            [row] = session.scalars(select(MailboxRow))
            waits.append(row.due_at)
            assert row.lease_until is None
    looked = [post.now - timedelta(minutes=61) * n for n in reversed(range(6))]
    assert [(due - at).total_seconds() for due, at in zip(waits, looked, strict=True)] == [60, 120, 240, 480, 900, 900]
    post.mailbox.start()
    post.mailbox.deliver(mail("postfix", post.action.message_id))
    assert post.look(reader) == 1


@pytest.mark.database("sqlite")
def test_hostile_mails_are_left_and_keep_no_other_waiting(post: Post) -> None:
    for name in ("one line", "comments in comments", "thousands of recipients", "a zip bomb", "every byte"):
        post.mailbox.deliver(HOSTILE[name])
    post.mailbox.deliver(mail("postfix", post.action.message_id))
    assert post.look() == 1
    assert (post.state()[0], post.unread()) == ("manual", 5)


@pytest.mark.database("sqlite")
def test_a_reader_that_is_stopped_reads_no_further(post: Post) -> None:
    post.mailbox.deliver(mail("postfix", post.action.message_id))
    reader = post.reader()
    reader.stop()
    assert post.look(reader) == 0
    assert post.look() == 1
