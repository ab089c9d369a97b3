"""What a message may ask for, of one customer on one day."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.merge import (
    ContactFacts,
    CustomerFacts,
    InvoiceFacts,
    MergeFacts,
    OrganisationFacts,
    SenderFacts,
    totals,
)
from bot.domain.money import Money

TODAY = date(2026, 3, 10)


def invoice(
    number: str, due: date, outstanding: int = 100, currency: str = "EUR", status: str = "open"
) -> InvoiceFacts:
    return InvoiceFacts(number, date(2026, 1, 1), due, 500, outstanding, currency, status)


LATE_B = invoice("B", date(2026, 3, 9), 250)
LATE_A = invoice("A", date(2026, 3, 9))
OLDEST = invoice("Z", date(2026, 2, 1), 5, "JPY")
DUE_TODAY = invoice("D", TODAY)
NOT_YET = invoice("C", date(2026, 3, 11))
DISPUTED = invoice("X", date(2026, 2, 1), status="disputed")
PAID = invoice("P", date(2026, 2, 1), 0)
CREDIT = invoice("N", date(2026, 2, 1), -5)


def facts(language: str | None = None) -> MergeFacts:
    invoices = (NOT_YET, DUE_TODAY, LATE_B, DISPUTED, PAID, CREDIT, LATE_A, OLDEST)
    customer = CustomerFacts(1, "Acme", "C-1", language=language)
    return MergeFacts(customer, invoices, SenderFacts("Alice", "a@example.com"), OrganisationFacts("N", "fr"), TODAY)


def test_only_what_is_outstanding_and_undisputed_is_asked_for_oldest_first() -> None:
    assert facts().asked_for == (OLDEST, LATE_A, LATE_B, DUE_TODAY, NOT_YET)
    assert facts().overdue == (OLDEST, LATE_A, LATE_B)
    assert facts().not_due == (DUE_TODAY, NOT_YET)


def test_totals_are_one_a_currency() -> None:
    assert totals(facts().overdue) == (Money(5, "JPY"), Money(350, "EUR"))


@pytest.mark.parametrize(("due", "days"), [(date(2026, 3, 9), 1), (TODAY, 0), (date(2026, 3, 11), 0)])
def test_days_past_due(due: date, days: int) -> None:
    found = invoice("A", due)
    assert (found.days_past_due(TODAY), found.is_overdue(TODAY)) == (days, days > 0)


def test_the_customers_language_comes_before_ours() -> None:
    assert (facts("de_AT").language, facts().language) == ("de_AT", "fr")


def test_a_contact_with_one_name_has_no_space_around_it() -> None:
    assert [ContactFacts(*names).name for names in (("Pat", "Payer"), ("Pat", ""), ("", "Payer"))] == [
        "Pat Payer",
        "Pat",
        "Payer",
    ]
