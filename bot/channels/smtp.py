"""SMTP: where the mail server is, and one kept-open session in which every step says what its failure means.

smtplib's own sendmail() can't tell a connection lost before the final dot from one lost after it, so the steps of RFC
5321 are taken here: what fails before the dot is transient, what fails between the dot and its answer is uncertain.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bot.channels.base import AuthBroken, Rejected, Transient, Uncertain

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_HOW = "SMTP_URL must be like smtp+starttls://user:password@mail.example.com:587?connections=8"
MAX_CONNECTIONS = 64
_LOGINS: dict[str, Callable[[smtplib.SMTP], Any]] = {
    "PLAIN": lambda smtp: smtp.auth_plain,
    "LOGIN": lambda smtp: smtp.auth_login,
    "CRAM-MD5": lambda smtp: smtp.auth_cram_md5,
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_AUTH_CODES = (530, 534, 535, 538)
"""Authentication required, mechanism too weak, credentials invalid, encryption required: RFC 4954, section 6."""


@dataclass(frozen=True, slots=True)
class SmtpTarget:
    """Where the mail server is, and how to log in; the password is kept out of every repr."""

    host: str
    port: int
    security: str
    """`smtp`, `smtp+starttls` or `smtps`."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    connections: int = 8

    @classmethod
    def parse(cls, url: str) -> SmtpTarget:
        """Read an SMTP_URL, with user and password percent-encoded; raise ValueError that says how to mend it."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS:
            raise ValueError(f"{_HOW}: it must begin with smtp://, smtp+starttls:// or smtps://.")
        if not parts.hostname:
            raise ValueError(f"{_HOW}: the host is missing.")
        try:
            port = parts.port or _PORTS[parts.scheme]
        except ValueError:
            raise ValueError(f"{_HOW}: the port must be a number from 1 to 65535.") from None
        user, password = _unquoted(parts.username), _unquoted(parts.password)
        if (user is None) != (password is None):
            raise ValueError(f"{_HOW}: give both a user and a password, or neither (write @ in them as %40).")
        return cls(parts.hostname, port, parts.scheme, user, password, _connections(parts.query))


def _unquoted(text: str | None) -> str | None:
    return unquote(text) if text else None


def _connections(query: str) -> int:
    options = parse_qs(query, keep_blank_values=True)
    if unknown := sorted(set(options) - {"connections"}):
        raise ValueError(f"{_HOW}: {unknown[0]!r} is not an option; connections is the only one.")
    text = options.get("connections", ["8"])[-1]
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_CONNECTIONS:
        raise ValueError(f"{_HOW}: connections must be a number from 1 to {MAX_CONNECTIONS}.")
    return int(text)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for the server at each step; the answer to the final dot may take longest (RFC 5321, 4.5.3.2)."""

    connect: float = 15
    command: float = 30
    data: float = 60
    answer: float = 120


class SmtpSession:
    """One connection to the server, used by one thread."""

    def __init__(self, target: SmtpTarget, timeouts: Timeouts, context: ssl.SSLContext | None = None) -> None:
        self._target, self._timeouts = target, timeouts
        self._context = context or ssl.create_default_context()
        self._smtp: smtplib.SMTP | None = None

    def connect(self) -> None:
        """Connect and log in, unless that is done; raise Transient or AuthBroken."""
        if self._smtp is not None:
            return
        try:
            self._smtp = self._greet()
            self._log_in(self._smtp)
        except smtplib.SMTPAuthenticationError as error:
            self.drop()
            raise _refused_login(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError as error:
            self.drop()
            raise AuthBroken(f"The mail server does not offer what SMTP_URL asks for: {error}") from None
        except ssl.SSLCertVerificationError as error:
            self.drop()
            raise Transient(f"The mail server's certificate can't be trusted: {error.verify_message}.") from None
        except smtplib.SMTPResponseException as error:
            self.drop()
            raise Transient(
                f"The mail server refused the connection: {words(error.smtp_code, error.smtp_error)}"
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise Transient(f"The mail server can't be reached: {type(error).__name__}.") from None

    def _greet(self) -> smtplib.SMTP:
        target, seconds = self._target, self._timeouts.connect
        if target.security == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(target.host, target.port, timeout=seconds, context=self._context)
        else:
            smtp = smtplib.SMTP(target.host, target.port, timeout=seconds)
        self._smtp = smtp  # so that a failure from here on closes the socket
        if target.security == "smtp+starttls":
            smtp.starttls(context=self._context)
        smtp.ehlo_or_helo_if_needed()
        if smtp.sock:  # the final dot is a packet of its own and must not wait for the body's acknowledgement
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        if self._target.user is None or self._target.password is None:
            return
        offered = str(smtp.esmtp_features.get("auth", "")).upper().split()
        method = next((m for m in _LOGINS if m in offered), None)
        if method is None:
            raise smtplib.SMTPNotSupportedError("it has no way of logging in that we know (PLAIN, LOGIN, CRAM-MD5).")
        # one method, once: smtplib's login() goes on with the next one, and servers hang up on that without a word
        smtp.user, smtp.password = self._target.user, self._target.password
        smtp.auth(method, _LOGINS[method](smtp))

    @property
    def takes_utf8(self) -> bool:
        """Say whether the server offers SMTPUTF8 (RFC 6531), which addresses with other letters need."""
        return self._smtp is not None and bool(self._smtp.has_extn("smtputf8"))

    def begin(self, sender: str, *, utf8: bool) -> None:
        """Say MAIL FROM; a connection that has gone while it was idle is opened anew: nothing had been said yet."""
        reused = self._smtp is not None
        try:
            self.connect()
            code, answer = self._mail(sender, utf8=utf8)
        except (smtplib.SMTPServerDisconnected, OSError):
            code, answer = 421, b"connection lost"
        if code == 421 and reused:
            self.drop()
            self.begin(sender, utf8=utf8)
            return
        if code == 421:
            self.drop()
        if code != 250:
            raise self._refusal(code, answer)

    def _mail(self, sender: str, *, utf8: bool) -> tuple[int, bytes]:
        smtp = self._live(self._timeouts.command)
        return smtp.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else [])

    def recipients(self, addresses: Sequence[str], copies: Sequence[str] = ()) -> dict[str, str]:
        """Say RCPT TO for each, and for each of `copies`; return the refused with the server's words.

        Raises Rejected or Transient when none of `addresses` was accepted: a message that only its copies would get
        is not sent.
        """
        refused: dict[str, tuple[int, bytes]] = {}
        for address in dict.fromkeys((*addresses, *copies)):
            if address in copies and not set(addresses) - refused.keys():
                break
            try:
                code, answer = self._live(self._timeouts.command).rcpt(address)
            except (smtplib.SMTPException, OSError):
                raise self._lost() from None
            if code == 421:
                self.drop()
                raise Transient(words(code, answer))
            if code not in (250, 251):
                refused[address] = (code, answer)
        said = {address: words(*answer) for address, answer in refused.items()}
        if not set(addresses) - refused.keys():
            self._reset()
            raise _all_refused(refused, said)
        return said

    def data(self, content: bytes) -> str:
        """Transmit the message and return the server's words of acceptance; `content` has CR LF line ends."""
        try:
            code, answer = self._live(self._timeouts.command).docmd("DATA")
            if code == 354:
                self._live(self._timeouts.data).send(_stuffed(content))
        except (smtplib.SMTPException, OSError):
            raise self._lost() from None
        if code != 354:
            raise self._refusal(code, answer)
        try:
            smtp = self._live(self._timeouts.answer)
            smtp.send(b".\r\n")
            code, answer = smtp.getreply()
        except (smtplib.SMTPException, OSError):
            self.drop()
            raise Uncertain("The connection was lost after the message was sent and before it was answered.") from None
        if 200 <= code < 300:
            return words(code, answer)
        if code == 421:
            self.drop()
        if 400 <= code < 600:
            raise self._refusal(code, answer)
        self.drop()
        raise Uncertain(f"The mail server's answer can't be understood: {words(code, answer)}")

    def drop(self) -> None:
        """Close the socket without a word."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def quit(self) -> None:
        """Take leave of the server and close; a second call does nothing."""
        smtp = self._smtp
        if smtp is None:
            return
        try:
            self._live(1).quit()
        except (smtplib.SMTPException, OSError):
            pass  # the server is gone already, which is what was wanted
        finally:
            self.drop()

    def _live(self, seconds: float) -> smtplib.SMTP:
        smtp = self._smtp
        if smtp is None or smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        smtp.sock.settimeout(seconds)
        return smtp

    def _lost(self) -> Transient:
        self.drop()
        return Transient("The connection to the mail server was lost before the message was sent.")

    def _refusal(self, code: int, answer: bytes) -> Rejected | Transient | AuthBroken:
        if self._smtp is not None:
            self._reset()
        if code in _AUTH_CODES:
            return AuthBroken(words(code, answer))
        return Rejected(words(code, answer)) if 500 <= code < 600 else Transient(words(code, answer))

    def _reset(self) -> None:
        try:
            code, _ = self._live(self._timeouts.command).rset()
        except (smtplib.SMTPException, OSError):
            code = 421
        if code != 250:
            self.drop()


def _refused_login(code: int, answer: bytes | str) -> AuthBroken | Transient:
    text = f"The mail server refused the login: {words(code, answer)}"
    return Transient(text) if 400 <= code < 500 else AuthBroken(text)


def _all_refused(refused: dict[str, tuple[int, bytes]], said: dict[str, str]) -> Rejected | Transient:
    detail = "; ".join(f"{address}: {text}" for address, text in said.items())
    if all(400 <= code < 500 for code, _ in refused.values()):
        return Transient(detail)
    return Rejected(detail, said)


def _stuffed(content: bytes) -> bytes:
    """Double leading dots (RFC 5321, 4.5.2) and end with a line end, ready for the final dot."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def words(code: int, answer: bytes | str) -> str:
    """Return the server's code and text as one line of at most 500 characters."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(_CONTROL.sub(' ', text).split())}".strip()[:500]
