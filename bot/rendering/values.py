"""The text of every tag for one customer on one day, in the customer's language."""

from __future__ import annotations

from collections.abc import Iterable

from babel import Locale

from bot.domain.merge import InvoiceFacts, MergeFacts, totals
from bot.domain.money import Money
from bot.domain.tags import TABLE
from bot.rendering.expressions import Value
from bot.rendering.locales import date_text, list_text, money_text


def values_of(facts: MergeFacts, locale: Locale) -> dict[str, Value]:
    """Return every tag's value but the table's, which is a block of its own."""
    contact, account_manager = facts.contact, facts.account_manager
    return {
        "customer.name": facts.customer.name,
        "customer.group": facts.customer.group or "",
        "customer.external_id": facts.customer.external_id,
        "contact.first_name": contact.first_name if contact else "",
        "contact.name": contact.name if contact else "",
        "amounts.overdue": _amounts(totals(facts.overdue), locale),
        "amounts.outstanding": _amounts(totals(facts.asked_for), locale),
        "amounts.due": _amounts(totals(facts.not_due), locale),
        "invoices.overdue_count": len(facts.overdue),
        "invoices.overdue_numbers": _numbers(facts.overdue, locale),
        "invoices.outstanding_numbers": _numbers(facts.asked_for, locale),
        **_oldest(facts, locale),
        "account_manager.name": account_manager.name if account_manager else "",
        "account_manager.email": (account_manager.email or "") if account_manager else "",
        "sender.name": facts.sender.name,
        "sender.email": facts.sender.email,
        "sender.signature": facts.sender.signature,
        "organisation.name": facts.organisation.name,
        "today": date_text(facts.today, locale),
        TABLE: "",
    }


def _oldest(facts: MergeFacts, locale: Locale) -> dict[str, Value]:
    oldest = next(iter(facts.overdue), None)
    if oldest is None:
        return dict.fromkeys(("oldest.number", "oldest.amount", "oldest.due_date", "oldest.days_past_due"), "")
    return {
        "oldest.number": oldest.number,
        "oldest.amount": money_text(oldest.money, locale),
        "oldest.due_date": date_text(oldest.due_date, locale),
        "oldest.days_past_due": oldest.days_past_due(facts.today),
    }


def _amounts(sums: tuple[Money, ...], locale: Locale) -> str:
    return list_text([money_text(m, locale) for m in sums], locale)


def _numbers(invoices: Iterable[InvoiceFacts], locale: Locale) -> str:
    return list_text([i.number for i in invoices], locale)
