"""What a column can mean: every field of the book, what a person calls it, how its cells are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text",
    "day",
    "moment",
    "amount",
    "currency",
    "country",
    "language",
    "zone",
    "emails",
    "list",
    "yes_no",
    "status",
    "flag",
    "paid_on",
    "document",
    "side",
]

LEFT_OUT = "leave_out"
"""Said of a column that has no place in the book."""
CUSTOM_CHOICE = "custom"
"""Said of a column that is to be a field of the customer's own."""
BUCKET = "invoice.bucket"
LINE_TOTAL = "invoice.line_total"
CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `name` is what `--map` and the README call it, `label` what Slack shows, `most` its length."""

    name: str
    label: str
    kind: Kind
    most: int = 300

    @property
    def attribute(self) -> str:
        """Return the field's name within its customer, contact or invoice."""
        return self.name.partition(".")[2]


_ALL = (
    Field("customer.external_id", "Customer number", "text", 200),
    Field("customer.name", "Customer name", "text", 300),
    Field("customer.group", "Group", "text", 300),
    Field("customer.language", "Language", "language", 100),
    Field("customer.currency", "Customer's currency", "currency", 100),
    Field("customer.country", "Customer's country", "country", 100),
    Field("customer.time_zone", "Time zone", "zone", 64),
    Field("customer.paused_until", "Paused until", "day", 60),
    Field("customer.account_managers", "Account managers (emails)", "emails", 5000),
    Field("customer.last_contacted", "Last contacted", "moment", 60),
    Field("contact.external_id", "Contact number", "text", 320),
    Field("contact.name", "Contact's full name", "text", 300),
    Field("contact.first_name", "First name", "text", 200),
    Field("contact.last_name", "Last name", "text", 200),
    Field("contact.email", "Email", "text", 320),
    Field("contact.phone", "Phone", "text", 64),
    Field("contact.positions", "Positions", "list", 2000),
    Field("contact.main", "Main contact", "yes_no", 20),
    Field("contact.address", "Whole postal address", "text", 1000),
    Field("contact.street", "Street", "text", 500),
    Field("contact.postcode", "Postcode", "text", 32),
    Field("contact.city", "City", "text", 200),
    Field("contact.region", "Region", "text", 200),
    Field("contact.country", "Contact's country", "country", 100),
    Field("invoice.number", "Invoice number", "text", 200),
    Field("invoice.issue_date", "Invoice date", "day", 60),
    Field("invoice.due_date", "Due date", "day", 60),
    Field("invoice.total", "Invoice total", "amount", 60),
    Field("invoice.outstanding", "Outstanding", "amount", 60),
    Field("invoice.paid_amount", "Amount paid", "amount", 60),
    Field(BUCKET, "Outstanding, by age", "amount", 60),
    Field("invoice.currency", "Currency", "currency", 100),
    Field("invoice.status", "Status", "status", 100),
    Field("invoice.disputed", "Disputed", "flag", 1000),
    Field("invoice.promised_on", "Promised for", "day", 60),
    Field("invoice.paid_on", "Paid on", "paid_on", 60),
    Field("invoice.kind", "Kind of document", "document", 200),
    Field("invoice.side", "Debit or credit", "side", 20),
    Field("invoice.line", "Line of an invoice (left out)", "text", 10_000),
    Field(LINE_TOTAL, "Total of one line, to be added up", "amount", 60),
)
FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
SEVERAL = frozenset({BUCKET, LINE_TOTAL, LEFT_OUT, "invoice.line", "invoice.status", "contact.street"})
"""Meanings that several columns of one sheet may share."""
LONGEST_CUSTOM = 1000
