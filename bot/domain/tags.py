"""The merge tags: what a message can say of its customer. The catalogue is the only list of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: `name` stands between the braces, `label` and `group` in the tag picker, `example` in the help.

    `may_be_empty` says that nothing is missing from a message where the tag has nothing to say.
    """

    name: str
    group: str
    label: str
    example: str
    may_be_empty: bool = False

    @property
    def code(self) -> str:
        """Return the tag as it is written in a message."""
        return "{{" + self.name + "}}"


TAGS: tuple[Tag, ...] = (
    Tag("customer.name", "Customer", "Customer name", "Acme GmbH"),
    Tag("customer.group", "Customer", "Group", "Acme Holding"),
    Tag("customer.external_id", "Customer", "Customer number", "C-1042"),
    Tag("contact.first_name", "Contact", "First name", "Petra"),
    Tag("contact.name", "Contact", "Full name", "Petra Payer"),
    Tag("amounts.overdue", "Amounts", "Overdue amount", "€1,250.00"),
    Tag("amounts.outstanding", "Amounts", "Outstanding amount", "€1,800.00"),
    Tag("amounts.due", "Amounts", "Amount not due yet", "€550.00"),
    Tag("invoices.table", "Invoices", "Table of overdue invoices", "(table)"),
    Tag("invoices.overdue_count", "Invoices", "Number of overdue invoices", "3"),
    Tag("invoices.overdue_numbers", "Invoices", "Overdue invoice numbers", "INV-1, INV-2 and INV-3"),
    Tag("invoices.outstanding_numbers", "Invoices", "Outstanding invoice numbers", "INV-1, INV-2 and INV-7"),
    Tag("oldest.number", "Oldest overdue invoice", "Its number", "INV-1"),
    Tag("oldest.amount", "Oldest overdue invoice", "Its amount", "€420.00"),
    Tag("oldest.due_date", "Oldest overdue invoice", "Its due date", "3 March 2026"),
    Tag("oldest.days_past_due", "Oldest overdue invoice", "Days past due", "42"),
    Tag("account_manager.name", "Account manager", "Account manager's name", "Camille Roux"),
    Tag("account_manager.email", "Account manager", "Account manager's email", "camille@example.com"),
    Tag("sender.name", "Sender", "Sender's name", "Alice Martin"),
    Tag("sender.email", "Sender", "Sender's email", "alice@example.com"),
    Tag("sender.signature", "Sender", "Sender's signature", "Alice Martin, Accounts receivable", may_be_empty=True),
    Tag("organisation.name", "Organisation", "Our name", "Northwind Ltd"),
    Tag("today", "Date", "Today's date", "23 November 2026"),
)

NAMES = frozenset(tag.name for tag in TAGS)
MAY_BE_EMPTY = frozenset(tag.name for tag in TAGS if tag.may_be_empty)
TABLE = "invoices.table"

_SYNONYMS = {
    "name": "customer.name",
    "company": "customer.name",
    "customer": "customer.name",
    "client": "customer.name",
    "first_name": "contact.first_name",
    "firstname": "contact.first_name",
    "contact": "contact.name",
    "contact.last_name": "contact.name",
    "amount": "amounts.overdue",
    "amount_due": "amounts.overdue",
    "balance": "amounts.outstanding",
    "overdue": "amounts.overdue",
    "outstanding": "amounts.outstanding",
    "invoices": "invoices.table",
    "table": "invoices.table",
    "count": "invoices.overdue_count",
    "date": "today",
    "signature": "sender.signature",
    "sender": "sender.name",
    "organisation": "organisation.name",
    "organization.name": "organisation.name",
    "account_manager": "account_manager.name",
}


_CLOSE_WITHIN = 0.7
"""How alike two names behind the same prefix must be: contact.email is no misspelt contact.name."""


def _folded(text: str) -> str:
    return "_".join(text.casefold().replace("-", " ").split())


_BY_LABEL = {_folded(tag.label): tag.name for tag in TAGS}
_SPELLINGS = {**_SYNONYMS, **{name.replace(".", "_"): name for name in NAMES}, **{name: name for name in NAMES}}


def nearest(word: str) -> str | None:
    """Return the tag that `word` was most likely meant to be, or None when nothing is near."""
    folded = _folded(word)
    if known := _SYNONYMS.get(folded) or _BY_LABEL.get(folded):
        return known
    prefix, dot, tail = folded.partition(".")
    within = {name.removeprefix(f"{prefix}."): name for name in NAMES if name.startswith(f"{prefix}.")} if dot else {}
    if within:
        close = difflib.get_close_matches(tail, within, cutoff=_CLOSE_WITHIN)
        return within[close[0]] if close else None
    close = difflib.get_close_matches(folded, _SPELLINGS)
    return _SPELLINGS[close[0]] if close else None
