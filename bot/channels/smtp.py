"""SMTP: one kept-open session in which every step says what its failure means.

smtplib's own sendmail() can't tell a connection lost before the final dot from one lost after it, so the steps of RFC
5321 are taken here: what fails before the dot is transient, what fails between the dot and its answer is uncertain.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.channels.base import AuthBroken, Rejected, Transient, Uncertain
from bot.channels.smtp_url import SmtpTarget as SmtpTarget
from bot.channels.trust import system_trust

_LOGINS: dict[str, Callable[[smtplib.SMTP], Any]] = {
    "PLAIN": lambda smtp: smtp.auth_plain,
    "LOGIN": lambda smtp: smtp.auth_login,
    "CRAM-MD5": lambda smtp: smtp.auth_cram_md5,
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_LINE = re.compile(rb"(?:([2-5][0-9]{2})([ -])?)?([^\n]*?)\r?\n")
"""One line of an answer: its code, whether more follow, its text; whatever else is a line has no code."""
_MOST_AT_ONCE, _LONGEST_ANSWER = 8_192, 65_536
"""Bytes that are read at once, and that an answer may have."""
_AUTH_CODES = (530, 534, 535, 538)
"""Authentication required, mechanism too weak, credentials invalid, encryption required: RFC 4954, section 6."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for the server: for an answer to a command, and for the message (RFC 5321, 4.5)."""

    connect: float = 15
    command: float = 30
    answer: float = 120


class SmtpSession:
    """One connection to the server, used by one thread.

    Where the server offers PIPELINING (RFC 2920), the whole envelope and DATA go out in one packet: every answer that
    is not waited for by itself saves a way to the server and back.
    """

    def __init__(self, target: SmtpTarget, timeouts: Timeouts, context: ssl.SSLContext | None = None) -> None:
        self._target, self._timeouts = target, timeouts
        self._context = context
        self._smtp: smtplib.SMTP | None = None
        self._owed = 0
        """Answers to what was said ahead that were not read yet."""
        self._heard = b""
        """What has come in beyond the answers that were read."""
        self._patience = 0.0
        """Seconds that the socket waits now."""

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
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(target.host, target.port, timeout=seconds, context=self._trust())
        else:
            smtp = smtplib.SMTP(target.host, target.port, timeout=seconds)
        self._smtp = smtp  # so that a failure from here on closes the socket
        if target.security == "smtp+starttls":
            smtp.starttls(context=self._trust())
        smtp.ehlo_or_helo_if_needed()
        if smtp.sock:  # the last packet of a message must not wait until those before it are acknowledged
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _trust(self) -> ssl.SSLContext:
        return self._context or system_trust()

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

    def begin(self, sender: str, addresses: Sequence[str], copies: Sequence[str] = (), *, utf8: bool) -> None:
        """Say MAIL FROM, and what comes after it where the server lets us.

        A connection that has gone while it was idle is opened anew: nothing had been said yet.
        """
        reused = self._smtp is not None
        mail = f"MAIL FROM:<{sender}>{' SMTPUTF8 BODY=8BITMIME' if utf8 else ''}"
        ahead = [mail, *(f"RCPT TO:<{address}>" for address in dict.fromkeys((*addresses, *copies))), "DATA"]
        try:
            self.connect()
            if self._heard:  # it said something that nobody asked for, mostly that it leaves
                raise smtplib.SMTPServerDisconnected("the answers are out of step")
            if self._smtp is not None and self._smtp.has_extn("pipelining"):
                self._say(ahead)
            code, answer = self._ask(mail)
        except (smtplib.SMTPServerDisconnected, OSError):
            code, answer = 421, b"connection lost"
        if code == 421 and reused:
            self.drop()
            self.begin(sender, addresses, copies, utf8=utf8)
            return
        if code == 421:
            self.drop()
        if code != 250:
            raise self._refusal(code, answer)

    def _say(self, commands: Sequence[str]) -> None:
        said = "\r\n".join((*commands, ""))
        if said.count("\n") != len(commands) or said.count("\r") != len(commands):
            raise ValueError("a command must be one line")
        self._owed += len(commands)
        self._live(self._timeouts.command).sendall(said.encode())

    def _ask(self, command: str) -> tuple[int, bytes]:
        """Return the answer to a command, which is said unless that was done ahead."""
        if not self._owed:
            self._say([command])
        code, answer = self._answer(self._timeouts.command)
        self._owed -= 1
        return code, answer

    def _answer(self, seconds: float) -> tuple[int, bytes]:
        """Return the next answer, its lines as one text (RFC 5321, 4.2); what is none has the code -1."""
        said = b""
        while True:
            found = _LINE.match(self._heard)
            if found is None:
                self._hear(seconds)
                continue
            code, more, text = found.groups()
            self._heard = self._heard[found.end() :]
            said = said + b" " + text if said else text
            if len(said) > _LONGEST_ANSWER:
                raise smtplib.SMTPServerDisconnected("the server's answer has no end")
            if code is None or more != b"-":
                return int(code or -1), said

    def _hear(self, seconds: float) -> None:
        heard = self._live(seconds).recv(_MOST_AT_ONCE)
        if not heard or len(self._heard) > _LONGEST_ANSWER:
            raise smtplib.SMTPServerDisconnected("the server has hung up, or does not speak SMTP")
        self._heard += heard

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
                code, answer = self._ask(f"RCPT TO:<{address}>")
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
            code, answer = self._ask("DATA")
            if code == 354:  # what is not taken whole lacks the end of its final dot: no server can have accepted it
                self._transmit(_stuffed(content))
        except (smtplib.SMTPException, OSError):
            raise self._lost() from None
        if code != 354:
            raise self._refusal(code, answer)
        try:
            code, answer = self._answer(self._timeouts.answer)
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

    def _transmit(self, content: bytes) -> None:
        if self._heard:  # an answer to what was not asked yet: it must not count for the message
            raise smtplib.SMTPServerDisconnected("the server does not speak SMTP")
        sock, until = self._live(self._timeouts.answer), time.monotonic() + self._timeouts.answer
        left = memoryview(content)
        while left:
            left = left[sock.send(left) :]
            if left and time.monotonic() > until:  # one that takes a little at a time must not outlast the lease
                raise TimeoutError("the server takes the message too slowly")

    def drop(self) -> None:
        """Close the socket without a word."""
        smtp, self._smtp, self._owed, self._heard, self._patience = self._smtp, None, 0, b"", 0.0
        if smtp is not None:
            smtp.close()

    def quit(self) -> None:
        """Take leave of the server and close; a second call does nothing."""
        smtp = self._smtp
        if smtp is None:
            return
        try:
            self._live(1).sendall(b"QUIT\r\n")
            self._answer(1)
        except (smtplib.SMTPException, OSError):
            pass  # the server is gone already, which is what was wanted
        finally:
            self.drop()

    def _live(self, seconds: float) -> socket.socket:
        """Return the socket, which waits for so long."""
        sock = self._smtp.sock if self._smtp is not None else None
        if sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if self._patience != seconds:
            _let_wait(sock, seconds, writing=self._timeouts.answer)
            self._patience = seconds
        return sock

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
        """Go back to where a message may begin; a server that waits for one that will not come is left."""
        try:
            codes = [self._ask("")[0] for _ in range(self._owed)]
            code = 421 if 354 in codes else self._ask("RSET")[0]
        except (smtplib.SMTPException, OSError):
            code = 421
        if code != 250:
            self.drop()


def _let_wait(sock: socket.socket, seconds: float, *, writing: float) -> None:
    """Let each call on the socket wait for so long; it raises an OSError then. How long `writing` may is said once.

    The kernel keeps the time: Python's own timeouts ask it before every call whether the socket is ready, which lets go
    of Python's lock once more. Of TLS it can't, as a call there is several.
    """
    if isinstance(sock, ssl.SSLSocket):
        sock.settimeout(seconds)
        return
    if sock.gettimeout() is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _time(writing))
        sock.settimeout(None)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _time(seconds))


def _time(seconds: float) -> bytes:
    """Return a timeval, as the kernel takes it."""
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))


def _refused_login(code: int, answer: bytes | str) -> AuthBroken | Transient:
    text = f"The mail server refused the login: {words(code, answer)}"
    return Transient(text) if 400 <= code < 500 else AuthBroken(text)


def _all_refused(refused: dict[str, tuple[int, bytes]], said: dict[str, str]) -> Rejected | Transient:
    detail = "; ".join(f"{address}: {text}" for address, text in said.items())
    if all(400 <= code < 500 for code, _ in refused.values()):
        return Transient(detail)
    return Rejected(detail, said)


def _stuffed(content: bytes) -> bytes:
    """Double leading dots (RFC 5321, 4.5.2), and end with the final dot."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def words(code: int, answer: bytes | str) -> str:
    """Return the server's code and text as one line of at most 500 characters."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(_CONTROL.sub(' ', text).split())}".strip()[:500]
