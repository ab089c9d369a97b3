"""The email channel: messages over kept-open SMTP connections.

The envelope's sender is the From address, or a return path of the message's own where bounces are to come back by it.
"""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime

from bot.channels import mime
from bot.channels.base import Address, Message, Receipt, Rejected
from bot.channels.smtp import SmtpSession, SmtpTarget, Timeouts
from bot.domain.return_paths import ReturnPaths

NAME = "email"
_NEEDS_UTF8 = "the address has letters that the mail server can't take (it does not offer SMTPUTF8)"


class EmailChannel:
    """Sends messages through one mail server."""

    def __init__(
        self,
        target: SmtpTarget,
        *,
        timeouts: Timeouts | None = None,
        context: ssl.SSLContext | None = None,
        return_paths: ReturnPaths | None = None,
    ) -> None:
        self._target, self._timeouts, self._context = target, timeouts or Timeouts(), context
        self._return_paths = return_paths

    @property
    def connections(self) -> int:
        """Return how many connections a worker keeps open at once (SMTP_URL's `connections`)."""
        return self._target.connections

    def open(self) -> EmailConnection:
        """Connect and log in; raise Transient when the server can't be reached, AuthBroken when it refuses us."""
        session = SmtpSession(self._target, self._timeouts, self._context)
        session.connect()
        return EmailConnection(session, self._return_paths)


class EmailConnection:
    """One kept-open connection, used by one thread."""

    def __init__(self, session: SmtpSession, return_paths: ReturnPaths | None = None) -> None:
        self._session, self._return_paths = session, return_paths

    def send(self, message: Message) -> Receipt:
        """Send one message to all its recipients; raise Rejected, Transient, Uncertain or AuthBroken."""
        self._session.connect()
        message, refused = self._without_unreachable(message)
        content = mime.build(message, datetime.now(UTC))
        sender = mime.encode_address(message.sender[1])
        to, cc = ([mime.encode_address(a) for _, a in some] for some in (message.to, message.cc))
        utf8 = not all(a.isascii() for a in (sender, *to, *cc))
        self._session.begin(self._return_path(message) or sender, to, cc, utf8=utf8)
        refused |= self._session.recipients(to, cc)
        return Receipt(self._session.data(content), refused)

    def close(self) -> None:
        """Take leave of the server; a second call does nothing."""
        self._session.quit()

    def _return_path(self, message: Message) -> str:
        """Return where bounces of an action's message go; mails to our own people bounce to their sender."""
        if self._return_paths is None or not message.action_id:
            return ""
        return self._return_paths.of(message.action_id)

    def _without_unreachable(self, message: Message) -> tuple[Message, dict[str, str]]:
        if self._session.takes_utf8:
            return message, {}
        if not _is_plain(message.sender):
            raise Rejected(f"{message.sender[1]}: {_NEEDS_UTF8}")
        refused = {
            address: _NEEDS_UTF8 for name, address in (*message.to, *message.cc) if not _is_plain((name, address))
        }
        to = tuple(a for a in message.to if _is_plain(a))
        if not to:
            raise Rejected("; ".join(f"{a}: {why}" for a, why in refused.items()), refused)
        return replace(message, to=to, cc=tuple(a for a in message.cc if _is_plain(a))), refused


def _is_plain(address: Address) -> bool:
    return mime.encode_address(address[1]).isascii()
