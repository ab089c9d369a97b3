"""A small real SMTP server for the tests: what it does with a message is decided by the recipients' addresses."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass(frozen=True)
class Received:
    """One accepted message."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """Records what it accepts. `answers` gives the reply to RCPT by local part; `drop_*` name local parts as well."""

    received: list[Received] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    data_answers: dict[str, str] = field(default_factory=dict)
    sessions: int = 0
    pipelining: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    reached_gate: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    _last: dict[str, Any] = field(default_factory=dict)

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any) -> Any:  # noqa: N802
        self.sessions += 1
        self._last["transport"] = server.transport
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]] if self.pipelining else responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        local = address.partition("@")[0]
        if local == "drop-before":
            server.transport.abort()
        answer = self.answers.get(local, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        local = envelope.rcpt_tos[0].partition("@")[0]
        if local == "slow":
            self.reached_gate.set()
            await asyncio.get_running_loop().run_in_executor(None, self.gate.wait, 30)
        answer = self.data_answers.get(local, "250 2.0.0 Ok: queued as 4711")
        if answer.startswith("250"):
            with self.lock:
                self.received.append(Received(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content))
        if local == "drop-after":
            server.transport.abort()
        return answer

    def drop_connection(self) -> None:
        """Close the latest connection from the server's side, as a server does with idle ones."""
        transport = self._last["transport"]
        transport._loop.call_soon_threadsafe(transport.close)


class _AnyPort(Controller):
    """A controller that takes whatever port is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    ok = isinstance(login, LoginPassword) and login.login == b"bot" and login.password == b"p@ss"
    return AuthResult(success=ok, handled=False)


@contextlib.contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    """Run a server on a free port of 127.0.0.1."""
    server = MailServer()
    options = {"decode_data": False, "enable_SMTPUTF8": True} | options
    controller = _AnyPort(server, hostname="127.0.0.1", port=0, **options)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        server.gate.set()
        controller.stop()
