"""The text of every tag for one customer on one day, in the customer's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from babel import Locale

from bot.domain.merge import InvoiceFacts, MergeFacts, totals
from bot.domain.money import Money
from bot.domain.tags import TABLE
from bot.rendering.expressions import Value
from bot.rendering.locales import date_text, list_text, money_text


def values_of(facts: MergeFacts, locale: Locale) -> Values:
    """Return every tag's value but the table's, a block of its own; each is made when first asked for."""
    return Values(facts, locale)


class Values(dict[str, Value]):
    """What the tags say; most messages use a few of them, and amounts in words cost more than the rest of a message."""

    def __init__(self, facts: MergeFacts, locale: Locale) -> None:
        super().__init__()
        self._facts, self._locale = facts, locale

    def __missing__(self, tag: str) -> Value:
        value = self[tag] = _MADE[tag](self._facts, self._locale)
        return value


Made = Callable[[MergeFacts, Locale], Value]


def _of_oldest(made: Callable[[InvoiceFacts, MergeFacts, Locale], Value]) -> Made:
    """Return what tells of the oldest overdue invoice, empty where there is none."""
    return lambda facts, locale: made(facts.overdue[0], facts, locale) if facts.overdue else ""


_MADE: dict[str, Made] = {
    "customer.name": lambda facts, _: facts.customer.name,
    "customer.group": lambda facts, _: facts.customer.group or "",
    "customer.external_id": lambda facts, _: facts.customer.external_id,
    "contact.first_name": lambda facts, _: facts.contact.first_name if facts.contact else "",
    "contact.name": lambda facts, _: facts.contact.name if facts.contact else "",
    "amounts.overdue": lambda facts, locale: _amounts(totals(facts.overdue), locale),
    "amounts.outstanding": lambda facts, locale: _amounts(totals(facts.asked_for), locale),
    "amounts.due": lambda facts, locale: _amounts(totals(facts.not_due), locale),
    "invoices.overdue_count": lambda facts, _: len(facts.overdue),
    "invoices.overdue_numbers": lambda facts, locale: _numbers(facts.overdue, locale),
    "invoices.outstanding_numbers": lambda facts, locale: _numbers(facts.asked_for, locale),
    "oldest.number": _of_oldest(lambda oldest, _, __: oldest.number),
    "oldest.amount": _of_oldest(lambda oldest, _, locale: money_text(oldest.money, locale)),
    "oldest.due_date": _of_oldest(lambda oldest, _, locale: date_text(oldest.due_date, locale)),
    "oldest.days_past_due": _of_oldest(lambda oldest, facts, _: oldest.days_past_due(facts.today)),
    "account_manager.name": lambda facts, _: facts.account_manager.name if facts.account_manager else "",
    "account_manager.email": lambda facts, _: (facts.account_manager.email or "") if facts.account_manager else "",
    "sender.name": lambda facts, _: facts.sender.name,
    "sender.email": lambda facts, _: facts.sender.email,
    "sender.signature": lambda facts, _: facts.sender.signature,
    "organisation.name": lambda facts, _: facts.organisation.name,
    "today": lambda facts, locale: date_text(facts.today, locale),
    TABLE: lambda _, __: "",
}


def _amounts(sums: tuple[Money, ...], locale: Locale) -> str:
    return list_text([money_text(m, locale) for m in sums], locale)


def _numbers(invoices: Iterable[InvoiceFacts], locale: Locale) -> str:
    return list_text([i.number for i in invoices], locale)
