"""The account statement: every open invoice of one customer, as a PDF made by Typst."""

from __future__ import annotations

import json
import threading
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale

from bot.cores import CORE
from bot.domain.merge import InvoiceFacts, MergeFacts, totals
from bot.rendering.content import TEMPLATES
from bot.rendering.locales import date_text, locale_of, money_text, short_date, words

if TYPE_CHECKING:
    import typst

_LOCK = threading.Lock()


def statement_name(today: date) -> str:
    """Return what the statement of a day is called as a file."""
    return f"statement-{today.isoformat()}.pdf"


def statement_pdf(facts: MergeFacts) -> bytes:
    """Return the statement as PDF, in the customer's language; disputed invoices are shown and summed as such.

    One compiler is kept and used by one thread at a time; the facts go in as JSON, never as Typst source.
    """
    locale = locale_of(facts.language)
    with _LOCK, CORE.roaming():
        pdf = _compiler().compile(
            format="pdf", sys_inputs={"statement": json.dumps(_statement(facts, locale), ensure_ascii=False)}
        )
    assert isinstance(pdf, bytes)  # a PDF is one file, whatever its pages
    return pdf


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    import typst  # imported when first used: most campaigns attach nothing

    return typst.Compiler(str(TEMPLATES / "statement" / "statement.typ"))


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
