"""The SMS channel: Twilio's own client over kept-open connections, one a thread, with every time-out explicit.

Nothing is retried here: a POST that got no answer may have been taken, so it is uncertain. `look_up` asks Twilio.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit

from bot.channels.base import Message, Receipt, Rejected, SendError, Sighting, Transient, Uncertain
from bot.channels.twilio_errors import error_of

if TYPE_CHECKING:
    from twilio.rest import Client

    from bot.channels.twilio_http import KeptHttpClient

T = TypeVar("T")
LONGEST = 1600
"""Characters; Twilio refuses more (error 21617)."""
STATUS_PATH = "/twilio/status"
INBOUND_PATH = "/twilio/inbound"


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whose account, from which number or messaging service, and where receipts go; secrets stay out of reprs."""

    account_sid: str
    username: str
    password: str
    sender: str = ""
    messaging_service_sid: str = ""
    api_url: str = "https://api.twilio.com"
    callback_url: str = ""
    connections: int = 16

    def __repr__(self) -> str:
        return f"TwilioAccount({self.account_sid!r}, sender={self.sender or self.messaging_service_sid!r})"


@dataclass(frozen=True, slots=True)
class SmsTimeouts:
    """Seconds: to connect, and to wait for each answer."""

    connect: float = 10
    answer: float = 30


class SmsChannel:
    """Sends messages through one Twilio account."""

    def __init__(self, account: TwilioAccount, timeouts: SmsTimeouts | None = None) -> None:
        self._account, self._timeouts = account, timeouts or SmsTimeouts()

    @property
    def connections(self) -> int:
        """Return how many connections a worker keeps open at once (TWILIO_CONNECTIONS)."""
        return self._account.connections

    def open(self) -> SmsConnection:
        """Return a connection; it is made by the first message, as HTTP has no login of its own."""
        return SmsConnection(self._account, self._timeouts)


class SmsConnection:
    """One kept-open HTTP connection, used by one thread."""

    def __init__(self, account: TwilioAccount, timeouts: SmsTimeouts) -> None:
        self._account, self._timeouts = account, timeouts

    @cached_property
    def _http(self) -> KeptHttpClient:
        from bot.channels.twilio_http import KeptHttpClient  # here: it costs half a second of the start

        return KeptHttpClient(self._account.api_url, (self._timeouts.connect, self._timeouts.answer))

    @cached_property
    def _client(self) -> Client:
        from twilio.rest import Client

        account = self._account
        return Client(account.username, account.password, account.account_sid, http_client=self._http)

    def send(self, message: Message) -> Receipt:
        """Send one message to its first recipient; raise Rejected, Transient, Uncertain or AuthBroken."""
        if len(message.text) > LONGEST:
            raise Rejected(f"The message has {len(message.text):,} characters; an SMS holds {LONGEST:,}.")
        given = {"body": message.text, "to": message.to[0][1], **self._sender()}
        if self._account.callback_url:
            given["status_callback"] = f"{self._account.callback_url}?ref={quote(message.message_id)}"
        made = self._call(lambda: self._client.messages.create(**given))
        return Receipt(str(made.sid))

    def look_up(self, to: str, since: datetime, until: datetime) -> list[Sighting]:
        """Return our messages to `to` that Twilio took between two moments; raise a SendError when it can't say.

        Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
        """
        rows = self._call(lambda: self._client.messages.list(to=to, limit=200))
        taken = [(row, (row.date_created or since).astimezone(UTC)) for row in rows]
        return [
            Sighting(str(row.sid), row.body or "", at, str(row.status), row.error_code)
            for row, at in taken
            if since <= at <= until and str(row.direction or "").startswith("outbound")
        ]

    def probe(self) -> None:
        """Ask for the account itself: raise AuthBroken when the login is wrong, Transient when nobody answers."""
        self._call(lambda: self._client.api.accounts(self._account.account_sid).fetch())

    def close(self) -> None:
        """End the connection; a second call does nothing."""
        self._http.close()

    def _sender(self) -> dict[str, str]:
        if self._account.messaging_service_sid:
            return {"messaging_service_sid": self._account.messaging_service_sid}
        return {"from_": self._account.sender}

    def _call(self, request: Callable[[], T]) -> T:
        from twilio.base.exceptions import TwilioException

        try:
            return request()
        except TwilioException as error:
            raise self._translated(error) from None
        except OSError as error:  # what requests raises is an OSError
            raise _unanswered(error, urlsplit(self._account.api_url).hostname or "") from None

    def _translated(self, error: Exception) -> SendError:
        status, code = getattr(error, "status", None), getattr(error, "code", None)
        if not isinstance(status, int):
            return Uncertain(f"Twilio's answer can't be understood: {type(error).__name__}.")
        words = str(getattr(error, "msg", None) or getattr(error, "title", ""))
        return error_of(status, code if isinstance(code, int) else None, words, self._http.retry_after)


def _unanswered(error: OSError, host: str) -> SendError:
    """Tell a call that never began from one that may have been taken."""
    from bot.channels.twilio_http import never_sent

    if never_sent(error):
        return Transient(f"{host} can't be reached: {type(error).__name__}.")
    return Uncertain(f"{host} gave no answer after it had the message: {type(error).__name__}.")
