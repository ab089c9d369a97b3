"""What the mail server does at each step of an SMTP session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mail_faults import MailFaults

HOLD_POLL_SECONDS = 0.01


class CatchingServer(SMTP):
    """An SMTP server that can cut the connection at the DATA command, before anything of the message is sent."""

    def __init__(self, session: CatchingSession, faults: MailFaults, **options: Any) -> None:
        self._faults = faults
        super().__init__(session, **options)

    async def smtp_DATA(self, arg: str) -> None:
        """Carry out the DATA command, or cut the connection."""
        recipients = [str(one) for one in self.envelope.rcpt_tos] if self.envelope else []
        if recipients and self._faults.strike("drop_before", recipients):
            _cut(self)
            return
        await super().smtp_DATA(arg)


class CatchingSession:
    """Hooks of aiosmtpd; one object serves all sessions."""

    def __init__(
        self,
        faults: MailFaults,
        keep: Callable[[str, list[str], bytes], None],
        bounce: Callable[[str, list[str], bytes, str], None],
    ) -> None:
        self._faults = faults
        self._keep = keep
        self._bounce = bounce

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender."""
        refused = self._faults.strike("mail", [address])
        if refused:
            return refused.answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse one recipient."""
        refused = self._faults.strike("rcpt", [address])
        if refused:
            return refused.answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take, refuse or lose the message."""
        recipients = [str(one) for one in envelope.rcpt_tos]
        refused = self._faults.strike("data", recipients)
        if refused:
            return refused.answer
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self._keep(str(envelope.mail_from), recipients, raw)
        bounced = self._faults.strike("bounce_back", recipients)
        if bounced:
            self._bounce(str(envelope.mail_from), recipients, raw, bounced.answer)
        if self._faults.strike("drop_after", recipients):
            _cut(server)
            return "421 4.3.0 connection lost"
        await self._wait(recipients)
        return "250 2.0.0 OK: taken"

    async def _wait(self, recipients: list[str]) -> None:
        delay = self._faults.strike("delay", recipients)
        if delay:
            await asyncio.sleep(delay.seconds)
        if self._faults.holding:
            self._faults.held += 1
            while self._faults.holding:
                await asyncio.sleep(HOLD_POLL_SECONDS)
            self._faults.held -= 1


def _cut(server: SMTP) -> None:
    """End the connection at once, without a word to the client."""
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
