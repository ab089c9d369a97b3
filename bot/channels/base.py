"""What every channel offers, in one vocabulary: a message goes in, a receipt comes out, or one of four refusals.

The distinctions are what "sent once" rests on: `Rejected`, `Transient` and `AuthBroken` say that this attempt certainly
did not go out; `Uncertain` says that nobody knows, and is never tried again without a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.postal import PostalAddress
from bot.domain.states import Reason
from bot.errors import BotError

Address = tuple[str, str]
"""A display name (may be empty) and the address: of an email, or a phone number in E.164."""

Attachment = tuple[str, str, bytes]
"""A file name, a MIME type such as `application/pdf`, and the content."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter as it is printed; `page_size` is a4 or us_letter, `sender` where it comes back to."""

    pdf: bytes = field(repr=False)
    pages: int
    to: PostalAddress
    sender: PostalAddress
    page_size: str
    campaign_id: int
    campaign: str
    customer: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it goes out; `message_id` is ours, in angle brackets (RFC 5322, section 3.6.4)."""

    action_id: int
    message_id: str
    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    html: str = ""
    cc: tuple[Address, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    paper: Paper | None = None
    key: str = ""
    """The same for every attempt at this message; another once a person sent it again after it came back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider accepted the message: its words or id, and for each refused recipient the words of the refusal."""

    provider_id: str
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message that the provider says it has; `status` and `error_code` are its own words for what became of it."""

    provider_id: str
    text: str
    at: datetime
    status: str = ""
    error_code: int | None = None


class SendError(BotError):
    """The message was not accepted; `detail` holds the provider's words, which may name addresses: never log it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Rejected(SendError):
    """The provider refused for good; `refused` maps recipients to its words, where it spoke of recipients.

    `reason` says more where the provider did: the address is none, or must not be contacted (then it is suppressed).
    """

    def __init__(self, detail: str, refused: Mapping[str, str] | None = None, reason: Reason = Reason.REJECTED) -> None:
        super().__init__(detail)
        self.refused = dict(refused or {})
        self.reason = reason


class Transient(SendError):
    """Nothing went out, and trying again later may help; `retry_after` is in seconds, where the provider named it."""

    def __init__(self, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Uncertain(SendError):
    """The call ended without an answer after the provider had everything: it may have gone out."""


class AuthBroken(SendError):
    """The provider does not accept our login: no message will go out until somebody mends that."""


class Connection(Protocol):
    """One kept-open way to the provider, used by one thread."""

    def send(self, message: Message) -> Receipt:
        """Send one message; raise one of the SendErrors. A connection that broke is opened anew by the next call."""

    def close(self) -> None:
        """End the connection; a second call does nothing."""


class Channel(Protocol):
    """A way for messages to leave."""

    @property
    def connections(self) -> int:
        """Return how many connections a worker keeps open at once."""

    def open(self) -> Connection:
        """Connect and log in; raise Transient when the provider can't be reached, AuthBroken when it refuses us."""
