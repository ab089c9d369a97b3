"""The bounce mailbox: read by one worker at a time, every mail looked at once, what was understood put away.

A report is kept before its mail is put away, and the place in the mailbox is noted last: a crash in between lets the
same mail be read again, which changes nothing: a report is kept once. What is kept, bot.dispatch.receipts applies.
"""

from __future__ import annotations

import ssl
import threading
import time
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.channels.base import AuthBroken, SendError
from bot.channels.imap import ImapSession, ImapTarget, opened
from bot.domain.bounces import MailStatus
from bot.domain.channels import EMAIL
from bot.domain.folding import fold_address
from bot.domain.return_paths import ReturnPaths
from bot.inbox.bounce_mail import BounceMail, Told, read
from bot.log import get_logger
from storage import mailboxes, notifications, receipts, users
from storage.db import Database
from storage.mailboxes import Reading
from storage.models import Action, NotificationKind

_log = get_logger(__name__)
LEASE = timedelta(minutes=5)
ROUND_SECONDS = 60.0
"""A round ends after this time and one more mail, well within its lease."""
AT_ONCE = 200
"""Mails of one round."""
FIRST_LOOK = timedelta(days=30)
"""How far back a mailbox is read that was never read before."""
LONGEST_WAIT = timedelta(minutes=15)
TELL_AFTER = 3
"""Looks in a row that must fail before admins are told; of a refused login they are told at once."""


class BounceReader:
    """Reads one mailbox; `return_paths` are those that our messages were sent with, where BOUNCE_ADDRESS is set."""

    def __init__(
        self,
        db: Database,
        target: ImapTarget,
        return_paths: ReturnPaths | None = None,
        *,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._db, self._target, self._return_paths, self._context = db, target, return_paths, context
        self._leaving = threading.Event()
        self._box: ImapSession | None = None

    def stop(self) -> None:
        """Read no further: the next worker, or the next start, goes on from here."""
        self._leaving.set()
        if self._box is not None:
            self._box.abandon()

    def read_due(self, *, now: datetime | None = None) -> int:
        """Read what is new, if a look is due and nobody else reads; return how many mails were understood."""
        now = now or self._db.now()
        held = None if self._leaving.is_set() else self._claim(now)
        if held is None:
            return 0
        try:
            understood, is_all = self._look(held, now)
        except Exception as error:
            if self._leaving.is_set():  # cut by ourselves
                with self._db.write() as session:
                    mailboxes.let_go(session, held)
                return 0
            self._put_off(held, error, now)
            if isinstance(error, SendError):
                return 0
            raise
        with self._db.write() as session:
            mailboxes.rest(session, held, until=now + timedelta(seconds=self._target.every if is_all else 0))
        return understood

    def _look(self, held: Reading, now: datetime) -> tuple[int, bool]:
        with opened(self._target, self._context) as box:
            self._box = box
            try:
                box.prepare()
                return self._read(box, held, now)
            finally:
                self._box = None

    def _claim(self, now: datetime) -> Reading | None:
        with self._db.read() as session:
            if not mailboxes.is_due(session, self._target.key, now=now):
                return None
        try:
            with self._db.write() as session:
                return mailboxes.claim(session, self._target.key, now=now, lease=LEASE)
        except IntegrityError:  # somebody else made its row at the same moment
            return None

    def _read(self, box: ImapSession, held: Reading, now: datetime) -> tuple[int, bool]:
        """Return how many mails were understood, and whether that was all there is."""
        goes_on = held.uid_validity == box.uid_validity
        uids = box.uids_after(held.last_uid) if goes_on else box.uids_since((now - FIRST_LOOK).date())
        end, understood = time.monotonic() + ROUND_SECONDS, 0
        for place, uid in enumerate(uids, 1):
            raw = box.peek(uid)
            if raw is not None and self._take(raw, uid, max(now, self._db.now())):
                box.put_away(uid)
                understood += 1
            with self._db.write() as session:
                ours = mailboxes.advance(session, held, uid_validity=box.uid_validity, uid=uid)
            if not ours or place == AT_ONCE or self._leaving.is_set() or time.monotonic() > end:
                return understood, place == len(uids)
        return understood, True

    def _take(self, raw: bytes, uid: int, now: datetime) -> bool:
        """Keep what a mail reports; say whether it was understood, and so needs no person."""
        try:
            mail = read(raw)
        except Exception as error:  # hostile or broken: whatever it is, the mails after it must be read
            _log.warning("bounce_unreadable", uid=uid, error=type(error).__name__)
            return False
        with self._db.write() as session:
            action = self._action_of(session, mail)
            if action is None:
                return False
            kept = [_keep(session, action, mail, told, now) for told in mail.told]
            _log.info("bounce_read", uid=uid, action_id=action.id, reports=len(kept), harmless=mail.is_harmless)
            return any(kept) or mail.is_harmless

    def _action_of(self, session: Session, mail: BounceMail) -> Action | None:
        if not mail.told and not mail.is_harmless:
            return None
        found = receipts.action_by_message_id(session, EMAIL.name, mail.message_ids) if mail.message_ids else None
        if found is not None or self._return_paths is None:
            return found
        signed = [self._return_paths.action_of(address) for address in mail.delivered_to]
        action_id = next((each for each in signed if each is not None), None)
        return receipts.action_by_id(session, EMAIL.name, action_id) if action_id is not None else None

    def _put_off(self, held: Reading, error: Exception, now: datetime) -> None:
        """Look again later, and tell the admins of every workspace once, until it works again."""
        _log.warning("bounce_mailbox_unread", failures=held.failures + 1, error=type(error).__name__)
        seconds = self._target.every * 2.0 ** min(held.failures, 10)
        tells = isinstance(error, AuthBroken) or held.failures + 1 >= TELL_AFTER
        tells = tells and isinstance(error, SendError) and not held.is_told
        with self._db.write() as session:
            until = now + min(timedelta(seconds=seconds), LONGEST_WAIT)
            ours = mailboxes.put_off(session, held, until=until, told_at=now if tells else None)
            if ours and tells and isinstance(error, SendError):
                for admin in users.admins_everywhere(session):
                    whom, kind = (admin.workspace_id, admin.id), NotificationKind.MAILBOX
                    notifications.create_plain_notice(session, *whom, kind, detail=error.detail, now=now)


def _keep(session: Session, action: Action, mail: BounceMail, told: Told, now: datetime) -> bool:
    """Keep one report; False where it is about none of the action's recipients."""
    recipients = _recipients(action, mail, told)
    for each in recipients:
        status, words = told.status.value, told.words
        receipts.keep(session, action, provider_id=mail.key, status=status, recipient=each, detail=words, now=now)
    return bool(recipients)


def _recipients(action: Action, mail: BounceMail, told: Told) -> list[str]:
    """Return those of the action's recipients that a report is about; [""] for one that names none of several.

    A server may name another address than ours: where the customer's mail is forwarded to. Then the returned copy says
    to whom it was written; a copy that went to none of the action's recipients is of an attempt gone by. A complaint
    that does not say whose it is (the addresses are often redacted) is taken for everybody's.
    """
    to = [fold_address(EMAIL.address_of(each)) for each in action.recipients]
    everybody = list(dict.fromkeys([*to, *(fold_address(each) for each in action.cc)]))
    named = [address for address in told.addresses if address in everybody]
    if named:
        return named[:1]
    written_to = [address for address in everybody if address in mail.sent_to]
    is_told = [address for address in mail.sent_to if "redacted" not in address]
    if is_told and not written_to:
        return []
    if told.addresses and not written_to:
        return []
    meant = written_to or to
    return meant if len(meant) == 1 or told.status is MailStatus.COMPLAINT else [""]
