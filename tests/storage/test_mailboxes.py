"""A mailbox is held by one reader at a time, and only its holder says how far it was read."""

from __future__ import annotations

from datetime import timedelta

from storage import mailboxes
from storage.db import Database
from storage.mailboxes import Reading
from tests.builders import NOW

KEY, LEASE = "bounces@imap.example.com:993/INBOX", timedelta(minutes=5)


def claim(db: Database, minutes: float = 0) -> Reading | None:
    with db.write() as session:
        return mailboxes.claim(session, KEY, now=NOW + timedelta(minutes=minutes), lease=LEASE)


def test_held_by_one_until_it_lets_go_or_its_lease_ends(db: Database) -> None:
    first = claim(db)
    assert first is not None
    assert (first.uid_validity, first.last_uid, first.failures, first.is_told) == (None, 0, 0, False)
    assert claim(db, 4) is None
    second = claim(db, 6)
    assert second is not None
    with db.write() as session:
        assert not mailboxes.advance(session, first, uid_validity=7, uid=99)
        assert not mailboxes.rest(session, first, until=NOW)
        assert mailboxes.advance(session, second, uid_validity=7, uid=12)
        assert mailboxes.let_go(session, second)
    third = claim(db, 6)
    assert third is not None
    assert (third.uid_validity, third.last_uid) == (7, 12)


def test_not_before_it_is_due_and_failures_are_counted_until_it_works(db: Database) -> None:
    held = claim(db)
    assert held is not None
    with db.write() as session:
        assert mailboxes.put_off(session, held, until=NOW + timedelta(minutes=1), told_at=NOW)
    assert claim(db, 0.9) is None
    held = claim(db, 1)
    assert held is not None
    assert (held.failures, held.is_told) == (1, True)
    with db.write() as session:
        assert mailboxes.rest(session, held, until=NOW + timedelta(minutes=2))
        assert not mailboxes.is_due(session, KEY, now=NOW + timedelta(minutes=1.9))
        assert mailboxes.is_due(session, KEY, now=NOW + timedelta(minutes=2))
    held = claim(db, 2)
    assert held is not None
    assert (held.failures, held.is_told) == (0, False)
