"""IMAP: where a mailbox is, and one session in which mails are looked at without leaving a trace, and put away.

Nothing is ever expunged: a mailbox may be a person's, with mails in it that they have marked as deleted.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qs, unquote, urlsplit

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailboxLoginError, MailBoxStartTls, MailBoxUnencrypted

from bot.channels.base import AuthBroken, Transient
from bot.channels.trust import system_trust

_PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}
_HOW = "BOUNCE_IMAP_URL must be like imaps://user:password@imap.example.com/INBOX?done=Bounces&every=60"
TIMEOUT = 15.0
"""Seconds for the connection, and without a word while an answer is awaited."""
MOST_BYTES = 262_144
"""What is read of one mail: a report comes before the copy of what it is about."""
_NOT_NOW = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
"""Response codes of a login that fails for reasons of the server's own: RFC 5530, section 3."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\]')
_NOT_LETTERS = re.compile(r"[^ -~]+")


@dataclass(frozen=True, slots=True)
class ImapTarget:
    """Where the mailbox is, and how to log in; the password is kept out of every repr."""

    host: str
    port: int
    security: str
    """`imap`, `imap+starttls` or `imaps`."""
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    done: str = ""
    """Where mails go that were understood; empty leaves them where they are, marked as read."""
    every: int = 60
    """Seconds between two looks."""

    @property
    def key(self) -> str:
        """Return what tells this folder from others, without the password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"[:255]

    @classmethod
    def parse(cls, url: str) -> ImapTarget:
        """Read a BOUNCE_IMAP_URL, with user and password percent-encoded; raise ValueError that says how to mend it."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS:
            raise ValueError(f"{_HOW}: it must begin with imap://, imap+starttls:// or imaps://.")
        if not parts.hostname:
            raise ValueError(f"{_HOW}: the host is missing.")
        if not parts.username or not parts.password:
            raise ValueError(f"{_HOW}: give both a user and a password (write @ in them as %40).")
        try:
            port = parts.port or _PORTS[parts.scheme]
        except ValueError:
            raise ValueError(f"{_HOW}: the port must be a number from 1 to 65535.") from None
        options = parse_qs(parts.query, keep_blank_values=True)
        if unknown := sorted(set(options) - {"done", "every"}):
            raise ValueError(f"{_HOW}: {unknown[0]!r} is not an option; done and every are.")
        folder, done = unquote(parts.path.strip("/")) or "INBOX", options.get("done", [""])[-1]
        if _UNSAFE.search(folder + done) or folder == done:
            raise ValueError(f"{_HOW}: the folders must be two, without quotes or backslashes.")
        every = options.get("every", ["60"])[-1]
        if not every.isascii() or not every.isdigit() or not 1 <= int(every) <= 3600:
            raise ValueError(f"{_HOW}: every must be a number of seconds from 1 to 3600.")
        user, password = unquote(parts.username), unquote(parts.password)
        return cls(parts.hostname, port, parts.scheme, user, password, folder, done, int(every))


class ImapSession:
    """One open folder, used by one thread."""

    def __init__(self, box: BaseMailBox, target: ImapTarget) -> None:
        self._box, self._done = box, target.done
        told = box.client.response("UIDVALIDITY")[1][0]
        self.uid_validity = int(told) if told else 0
        _, answer = box.client.capability()  # a server may offer more after the login
        box.client.capabilities = tuple(bytes(answer[0] or b"").decode("ascii", "replace").upper().split())
        self._can_move = "MOVE" in box.client.capabilities

    def uids_after(self, uid: int) -> list[int]:
        """Return the mails that came after this one, oldest first."""
        return self._search(f"UID {uid + 1}:*", above=uid)  # n:* has the last mail even where it is older

    def uids_since(self, day: date) -> list[int]:
        """Return the mails that arrived on this day or later, oldest first."""
        return self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    def _search(self, criteria: str, above: int = 0) -> list[int]:
        with _faults():
            return sorted(uid for uid in map(int, self._box.uids(criteria, charset=None)) if uid > above)

    def peek(self, uid: int) -> bytes | None:
        """Return the beginning of a mail, at most MOST_BYTES, and leave it unread; None when it is gone."""
        with _faults():
            _, answer = self._box.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        return next((bytes(part[1])[:MOST_BYTES] for part in answer if isinstance(part, tuple)), None)

    def put_away(self, uid: int) -> None:
        """Mark a mail as read and, where BOUNCE_IMAP_URL says so, move it; a second call changes nothing."""
        with _faults():
            self._box.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
            if self._done and self._can_move:
                self._box.move([str(uid)], self._done)

    def abandon(self) -> None:
        """Cut the connection, whatever is awaited by it; may be called from any thread."""
        with suppress(OSError):
            self._box.client.socket().shutdown(socket.SHUT_RDWR)

    def prepare(self) -> None:
        """Make the folder for what was understood, unless it is there; raise AuthBroken where mails can't be moved."""
        if not self._done:
            return
        if not self._can_move:
            raise AuthBroken("The mail server can't move mails (no MOVE, RFC 6851): leave out done=.")
        with _faults():
            if not self._box.folder.exists(self._done):
                self._box.folder.create(self._done)


@contextmanager
def opened(target: ImapTarget, context: ssl.SSLContext | None = None) -> Iterator[ImapSession]:
    """Connect, log in and open the folder; raise Transient or AuthBroken when that, or anything later, fails."""
    with _faults():
        box = _connected(target, context or system_trust())
    try:
        with _faults():
            _log_in(box, target)
            session = ImapSession(box, target)
        yield session
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):  # the server may be gone: that is what is wanted
            box.logout()
        with suppress(OSError):
            box.client.shutdown()


def _connected(target: ImapTarget, context: ssl.SSLContext) -> BaseMailBox:
    if target.security == "imaps":
        return MailBox(target.host, target.port, timeout=TIMEOUT, ssl_context=context)
    if target.security == "imap+starttls":
        return MailBoxStartTls(target.host, target.port, timeout=TIMEOUT, ssl_context=context)
    return MailBoxUnencrypted(target.host, target.port, timeout=TIMEOUT)


def _log_in(box: BaseMailBox, target: ImapTarget) -> None:
    plain = (target.user + target.password).isascii()
    try:
        (box.login if plain else box.login_utf8)(target.user, target.password, initial_folder=None)
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        if isinstance(error, imaplib.IMAP4.abort) or any(code in str(error) for code in _NOT_NOW):
            raise
        raise AuthBroken(f"The mailbox refused the login: {_words(error)}") from None
    try:
        box.folder.set(target.folder)
    except ImapToolsError as error:
        raise AuthBroken(f"The mailbox has no folder that can be opened by this name: {_words(error)}") from None


@contextmanager
def _faults() -> Iterator[None]:
    """Say what a failure means."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Transient(f"The mailbox's certificate can't be trusted: {error.verify_message}.") from None
    except OSError as error:
        raise Transient(f"The mailbox can't be reached: {type(error).__name__}.") from None
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        raise Transient(f"The mailbox does not answer as it should: {_words(error)}") from None


def _words(error: Exception) -> str:
    """Return the server's words as one line."""
    result = getattr(error, "command_result", None)
    said = result[1][0] if result and result[1] else str(error)
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
    return _NOT_LETTERS.sub(" ", text).strip()[:300].rstrip(".") + "."


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
