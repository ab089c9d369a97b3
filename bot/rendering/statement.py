"""The account statement: every open invoice of one customer, as a PDF made by Typst."""

from __future__ import annotations

import json
from datetime import date

from babel import Locale

from bot.domain.merge import InvoiceFacts, MergeFacts, totals
from bot.rendering.content import TEMPLATES
from bot.rendering.locales import date_text, locale_of, money_text, short_date, words
from bot.rendering.typesetter import TYPESETTER

_TEMPLATE = TEMPLATES / "statement" / "statement.typ"


def statement_name(today: date) -> str:
    """Return what the statement of a day is called as a file."""
    return f"statement-{today.isoformat()}.pdf"


def statement_pdf(facts: MergeFacts) -> bytes:
    """Return the statement as PDF, in the customer's language; disputed invoices are shown and summed as such.

    The facts go in as JSON, never as Typst source. Raises what the typesetter raises: Refused and Broken.
    """
    locale = locale_of(facts.language)
    given = {"statement": json.dumps(_statement(facts, locale), ensure_ascii=False)}
    return TYPESETTER.set(_TEMPLATE, given, machine_fonts=True, format="pdf")[0]


def _statement(facts: MergeFacts, locale: Locale) -> dict[str, object]:
    shown = sorted((i for i in facts.invoices if i.outstanding > 0), key=lambda i: (i.due_date, i.number))
    w = words(locale)
    return {
        "words": w,
        "language": locale.language,
        "day": facts.today.isoformat(),
        "organisation": facts.organisation.name,
        "customer": facts.customer.name,
        "customer_number": facts.customer.external_id,
        "as_of": date_text(facts.today, locale),
        "rows": [
            [
                i.number,
                short_date(i.issue_date, locale),
                short_date(i.due_date, locale),
                _status(i, facts, w),
                money_text(i.money, locale),
            ]
            for i in shown
        ],
        "overdue": [money_text(m, locale) for m in totals(facts.overdue)],
        "disputed": [money_text(m, locale) for m in totals(i for i in shown if not i.is_asked_for)],
        "totals": [money_text(m, locale) for m in totals(shown)],  # what the rows add up to
    }


def _status(invoice: InvoiceFacts, facts: MergeFacts, w: dict[str, str]) -> str:
    if invoice.status == "disputed":
        return w["disputed"]
    return w["overdue"] if invoice.is_overdue(facts.today) else w["not_due"]
