"""A mail server that keeps what it gets and misbehaves on demand, on 127.0.0.1 alone."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.bounce import bounce_of
from sandbox.errors import PATIENCE, NeverHappened
from sandbox.mail_faults import MailFaults
from sandbox.mail_session import CatchingServer, CatchingSession
from sandbox.mailbox import Mailbox

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Caught:
    """One mail: `raw` as it arrived, `message` parsed with plain line feeds; `at` is a Unix time in seconds."""

    envelope_from: str
    envelope_to: tuple[str, ...]
    message: EmailMessage
    raw: bytes
    at: float = field(default_factory=time.time)

    @cached_property
    def message_id(self) -> str:
        """Its Message-ID, "" where it has none."""
        return str(self.message["Message-ID"] or "").strip()

    @cached_property
    def words(self) -> str:
        """What it can be found by: subject and addresses."""
        headers = [str(self.message[name] or "") for name in ("Subject", "From", "To")]
        return " ".join([*headers, *self.envelope_to])


class _Controller(Controller):
    """Serves with CatchingSession, which knows how to cut a connection."""

    def __init__(self, catcher: MailCatcher, port: int, auth: tuple[str, str] | None) -> None:
        self._auth = auth
        self._catcher = catcher
        super().__init__(CatchingSession(catcher.faults, catcher.keep, catcher.bounce), hostname=HOST, port=port)

    def factory(self) -> SMTP:
        """Return a server for one session."""
        return CatchingServer(
            self.handler,
            self._catcher.faults,
            hostname="mail.sandbox.example",
            enable_SMTPUTF8=True,
            data_size_limit=33_554_432,
            authenticator=self._authenticate if self._auth else None,
            auth_required=self._auth is not None,
            auth_require_tls=False,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        expected = self._auth and tuple(one.encode() for one in self._auth)
        given = (login.login, login.password) if isinstance(login, LoginPassword) else None
        return AuthResult(success=given is not None and given == expected, handled=False)


class MailCatcher(MailFaults):
    """Catches all mail. Use as a context manager, or call `start` and `stop`.

    `bounces` is the mailbox that gets what `bounce_back` asks for, whomever the mail was from.
    """

    def __init__(self, port: int = 0, auth: tuple[str, str] | None = None, bounces: Mailbox | None = None) -> None:
        super().__init__()
        self._auth = auth
        self.bounces = bounces
        self._port = port
        self._controller: _Controller | None = None
        self._arrived = threading.Condition()
        self._messages: list[Caught] = []
        self.listeners: list[Callable[[], None]] = []

    @property
    def faults(self) -> MailFaults:
        """The faults, for the server: this object itself."""
        return self

    def start(self) -> MailCatcher:
        """Listen; return self."""
        if self._port == 0:
            self._port = free_port()
        self._controller = _Controller(self, self._port, self._auth)
        self._controller.start()
        return self

    def stop(self) -> None:
        """Let held answers go and stop listening; a second call does nothing."""
        self.release()
        if self._controller:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> MailCatcher:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """What SMTP_URL is set to, user and password included."""
        login = f"{self._auth[0]}:{self._auth[1]}@" if self._auth else ""
        return f"smtp://{login}{HOST}:{self._port}"

    @property
    def messages(self) -> list[Caught]:
        """All mail that was accepted, or recorded before its connection was cut; oldest first."""
        with self._arrived:
            return list(self._messages)

    @property
    def message_ids(self) -> Counter[str]:
        """How often each Message-ID arrived."""
        return Counter(str(one.message["Message-ID"]) for one in self.messages)

    def to(self, address: str) -> list[Caught]:
        """Return the mails with this envelope recipient."""
        wanted = address.lower()
        return [one for one in self.messages if wanted in map(str.lower, one.envelope_to)]

    def clear(self) -> None:
        """Forget all mail."""
        with self._arrived:
            self._messages.clear()

    def wait_for(self, wanted: int | Callable[[list[Caught]], bool], timeout: float = PATIENCE) -> list[Caught]:
        """Wait for `wanted` mails in all, or until `wanted(mails)` holds; return all. Raises NeverHappened."""

        def enough() -> bool:
            return len(self._messages) >= wanted if isinstance(wanted, int) else wanted(self._messages)

        with self._arrived:
            if not self._arrived.wait_for(enough, timeout):
                raise NeverHappened(f"{len(self._messages)} mails after {timeout:g} s, waited for {wanted}")
            return list(self._messages)

    def keep(self, sender: str, recipients: list[str], raw: bytes, at: float | None = None) -> None:
        """Record one mail, arrived now unless `at` (a Unix time in seconds) says when; called by the server."""
        message = email.message_from_bytes(raw.replace(b"\r\n", b"\n"), policy=email.policy.default)
        with self._arrived:
            self._messages.append(Caught(sender, tuple(recipients), message, raw, at or time.time()))
            self._arrived.notify_all()
        for listener in list(self.listeners):
            listener()

    def bounce(self, sender: str, recipients: list[str], raw: bytes, words: str) -> None:
        """Put a bounce of one mail for each recipient into the mailbox; called by the server."""
        for recipient in recipients if self.bounces else ():
            assert self.bounces is not None
            self.bounces.deliver(bounce_of(raw, sender, recipient, words))


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
