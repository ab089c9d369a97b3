"""Letters by PostGrid: its official client over kept-open connections, one a thread, with every time-out explicit.

Every attempt at a letter goes under the same idempotency key, so one without an answer is simply tried again.
Sources: https://docs.postgrid.com, https://postgrid.readme.io/docs/response-codes-and-retry-logic
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from bot.channels.base import AuthBroken, Message, Receipt, Rejected, SendError, Transient, Uncertain
from bot.channels.postal import MOST_PAGES
from bot.domain.postal import PostalAddress
from bot.domain.states import Reason

if TYPE_CHECKING:
    import postgrid

T = TypeVar("T")
TEST_KEY = "test_sk_"
EVENTS_PATH = "/postgrid/events"
_MOST_BYTES = 10_000_000
_FRESH_FOR = 3 * 3600
"""Seconds; what was signed longer ago is a replay. PostGrid itself repeats for hours, each time signed anew."""


@dataclass(frozen=True, slots=True)
class PostGridAccount:
    """Whose account; the key stays out of reprs."""

    api_key: str
    api_url: str = "https://api.postgrid.com"
    connections: int = 4
    connect: float = 10
    answer: float = 60
    """Seconds: to connect, and to wait for each answer."""

    def __repr__(self) -> str:
        return f"PostGridAccount({self.api_url!r})"

    @property
    def is_test(self) -> bool:
        """Say whether nothing is really posted: PostGrid's test keys print and charge nothing."""
        return self.api_key.startswith(TEST_KEY)


class Fate(StrEnum):
    """What became of a letter that PostGrid took, in our words."""

    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Status:
    """How a letter stands: our word for it, PostGrid's own, and what a person reads of it."""

    provider_id: str
    fate: Fate
    said: str
    detail: str = ""


def status_of(letter: Mapping[str, Any]) -> Status:
    """Return how a letter stands that PostGrid shows as this object: https://docs.postgrid.com (Letter, imbStatus).

    "completed" is PostGrid's word for having arrived; the post may return a letter all the same.
    """
    said, tracked = str(letter.get("status") or ""), str(letter.get("imbStatus") or "")
    provider_id = str(letter.get("id") or "")
    if tracked == "returned_to_sender":
        return Status(provider_id, Fate.RETURNED, tracked, "The post returned it to the sender. Check the address.")
    if said == "cancelled":
        why = letter.get("cancellation") or {}
        words = str(why.get("note") or why.get("reason") or "").replace("_", " ") if isinstance(why, Mapping) else ""
        return Status(provider_id, Fate.CANCELLED, said, f"PostGrid cancelled it{f': {words}' if words else ''}.")
    return Status(provider_id, Fate.DELIVERED if said == "completed" else Fate.UNDER_WAY, tracked or said)


def is_signed(secret: str, header: str, body: bytes, *, now: float) -> bool:
    """Say whether PostGrid signed a webhook's body, not long before `now` (a Unix time).

    Source: https://postgrid.readme.io/docs/manually-verifying-webhook-signatures
    """
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    at, given = parts.get("t", ""), parts.get("v1", "")
    if not (at.isascii() and at.isdigit() and len(at) < 16):
        return False
    seconds = int(at) / 1000 if len(at) > 11 else int(at)
    made = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return abs(now - seconds) <= _FRESH_FOR and hmac.compare_digest(made.encode(), given.encode("utf-8", "replace"))


class PostGridChannel:
    """Posts letters through one PostGrid account."""

    def __init__(self, account: PostGridAccount) -> None:
        self._account = account

    @property
    def connections(self) -> int:
        """Return how many connections a worker keeps open at once."""
        return self._account.connections

    def open(self) -> PostGridConnection:
        """Return a connection; it is made by the first letter, as HTTP has no login of its own."""
        return PostGridConnection(self._account)


class PostGridConnection:
    """One kept-open HTTP connection, used by one thread."""

    def __init__(self, account: PostGridAccount) -> None:
        self._account = account

    @cached_property
    def _client(self) -> postgrid.PostGrid:
        import httpx  # here: whoever posts no letters this way need not have them
        import postgrid

        limits = httpx.Timeout(self._account.answer, connect=self._account.connect)
        return postgrid.PostGrid(
            print_mail_api_key=self._account.api_key,
            address_verification_api_key="",
            base_url=self._account.api_url,
            timeout=limits,
            max_retries=0,  # the engine retries, and knows what may be out
        )

    def send(self, message: Message) -> Receipt:
        """Post one letter; a second call with the same `message.key` posts nothing. Raise one of the SendErrors."""
        paper = message.paper
        if paper is None:
            raise Rejected("There is nothing to print.")
        if paper.pages > MOST_PAGES or len(paper.pdf) > _MOST_BYTES:
            raise Rejected(f"The letter has {paper.pages} pages; {MOST_PAGES} are the most, in at most 10 MB.")
        given: dict[str, Any] = {
            "to": _contact(paper.to),
            "from_": _contact(paper.sender),
            "pdf": (f"{message.action_id}.pdf", paper.pdf, "application/pdf"),
            "size": paper.page_size,
            "address_placement": "insert_blank_page",  # PostGrid prints the address itself: on ours it would overlap
            "color": False,
            "metadata": {"message": message.message_id},
            "idempotency_key": message.key or message.message_id,
        }
        made = self._call(lambda: self._client.print_mail.letters.create(**given))
        return Receipt(str(made.id))

    def status(self, provider_id: str) -> Status:
        """Ask how a letter stands; raise a SendError when PostGrid can't say."""
        return status_of(
            self._call(lambda: self._client.print_mail.letters.retrieve(provider_id).to_dict(use_api_names=True))
        )

    def probe(self) -> None:
        """Ask for a letter: raise AuthBroken when the key is wrong, Transient when nobody answers."""
        self._call(lambda: self._client.print_mail.letters.list(limit=1))

    def close(self) -> None:
        """End the connection; a second call does nothing."""
        if "_client" in self.__dict__:
            self._client.close()

    def _call(self, request: Callable[[], T]) -> T:
        import httpx
        import postgrid

        host = urlsplit(self._account.api_url).hostname or ""
        try:
            return request()
        except postgrid.APIStatusError as error:
            raise error_of(error.status_code, error.body, error.response.headers.get("Retry-After")) from None
        except postgrid.APIConnectionError as error:
            name = type(error.__cause__ or error).__name__
            if isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
                raise Transient(f"{host} can't be reached: {name}.") from None
            raise Uncertain(f"{host} gave no answer after it had the letter: {name}.") from None
        except postgrid.PostGridError as error:
            raise Uncertain(f"PostGrid's answer can't be understood: {type(error).__name__}.") from None


def error_of(status: int, body: object, retry_after: str | None) -> SendError:
    """Return the error for an HTTP answer other than success, in the channels' vocabulary, with PostGrid's words."""
    found = body.get("error", body) if isinstance(body, Mapping) else {}
    words = str(found.get("message") or "") if isinstance(found, Mapping) else str(found)
    detail = f"{words[:500] or 'no reason given'} (PostGrid {status})"
    if status in (401, 403):
        return AuthBroken(f"PostGrid refused our key. Check POSTGRID_API_KEY. {detail}")
    if status == 402:
        return AuthBroken(f"PostGrid wants to be paid first. Look into its dashboard. {detail}")
    if status in (409, 425, 429, 503):  # 409: the first attempt under this key is not over yet
        waits = float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
        return Transient(f"PostGrid asks for patience: {detail}", waits)
    if status >= 500 or status == 408:
        return Uncertain(f"PostGrid failed while it had the letter: {detail}")
    is_address = any(word in words.casefold() for word in ("address", "postalorzip", "provinceorstate", "countrycode"))
    return Rejected(detail, reason=Reason.INVALID_ADDRESS if is_address else Reason.REJECTED)


def _contact(address: PostalAddress) -> dict[str, str]:
    first, *more = address.streets or ("",)
    said = {
        "company_name": address.company,
        "first_name": address.name,
        "address_line1": first,
        "address_line2": ", ".join(more),
        "city": address.city,
        "province_or_state": address.region,
        "postal_or_zip": address.postcode,
        "country_code": address.country,
    }
    return {key: value for key, value in said.items() if value}
