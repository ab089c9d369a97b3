"""Everything that one message is rendered from: plain values of one customer on one day.

Disputed invoices are never asked for: they count in no amount, number or table of a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.domain.money import Money, by_currency


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """One invoice; amounts are minor units of `currency`; `status` is open, disputed or paid."""

    number: str
    issue_date: date
    due_date: date
    total: int
    outstanding: int
    currency: str
    status: str = "open"
    promised_on: date | None = None

    @property
    def money(self) -> Money:
        """Return what is still to be paid."""
        return Money(self.outstanding, self.currency)

    @property
    def is_asked_for(self) -> bool:
        """Say whether a message may ask for it: something is outstanding, and it is not disputed."""
        return self.outstanding > 0 and self.status == "open"

    def is_overdue(self, today: date) -> bool:
        """Say whether it is asked for and past its due date on `today`."""
        return self.is_asked_for and self.due_date < today

    def days_past_due(self, today: date) -> int:
        """Return the days since the due date, 0 when it is not past."""
        return max((today - self.due_date).days, 0)


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The company that owes; `language` is a locale such as `fr` or `de_AT`."""

    id: int
    name: str
    external_id: str
    group: str | None = None
    language: str | None = None
    currency: str | None = None
    country: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """The first recipient at the customer."""

    first_name: str
    last_name: str
    email: str | None = None

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One of us: an account manager."""

    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """The verified identity in From."""

    name: str
    email: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """Our own company, with what counts where a customer has no language; `sms_opt_out` ends every SMS with how to."""

    name: str
    locale: str = "en"
    sms_opt_out: bool = False


@dataclass(frozen=True, slots=True)
class MergeFacts:
    """The whole of it; `today` is the day in the workspace's time zone."""

    customer: CustomerFacts
    invoices: tuple[InvoiceFacts, ...]
    sender: SenderFacts
    organisation: OrganisationFacts
    today: date
    contact: ContactFacts | None = None
    account_manager: PersonFacts | None = None

    @property
    def language(self) -> str:
        """Return the locale of the message."""
        return self.customer.language or self.organisation.locale

    @property
    def asked_for(self) -> tuple[InvoiceFacts, ...]:
        """Return what is outstanding and undisputed, oldest due date first."""
        return _oldest_first(i for i in self.invoices if i.is_asked_for)

    @property
    def overdue(self) -> tuple[InvoiceFacts, ...]:
        """Return what is past its due date, oldest first."""
        return _oldest_first(i for i in self.invoices if i.is_overdue(self.today))

    @property
    def not_due(self) -> tuple[InvoiceFacts, ...]:
        """Return what is outstanding and not past its due date."""
        return _oldest_first(i for i in self.asked_for if i.due_date >= self.today)


def totals(invoices: Iterable[InvoiceFacts]) -> tuple[Money, ...]:
    """Return the outstanding sums, one a currency."""
    return by_currency(i.money for i in invoices)


def _oldest_first(invoices: Iterable[InvoiceFacts]) -> tuple[InvoiceFacts, ...]:
    return tuple(sorted(invoices, key=lambda i: (i.due_date, i.number)))
