"""What the columns of a file mean: recognised by their headings, whatever their case, spaces or dashes."""

from __future__ import annotations

import re
from dataclasses import dataclass

CUSTOMER = ("external_id", "name", "group", "language", "currency", "country", "time_zone", "paused_until")
CUSTOMER_MORE = ("account_managers", "last_contacted")
CONTACT = ("external_id", "first_name", "last_name", "email", "phone", "positions", "main")
ADDRESS = ("street", "postcode", "city", "region", "country")
INVOICE = ("number", "issue_date", "due_date", "total", "outstanding", "currency", "status", "promised_on")

_KNOWN = (
    {f"customer.{f}": f"customer.{f}" for f in (*CUSTOMER, *CUSTOMER_MORE)}
    | {f"contact.{f}": f"contact.{f}" for f in (*CONTACT, *ADDRESS)}
    | {f"invoice.{f}": f"invoice.{f}" for f in INVOICE}
)

_WORDS: dict[str, dict[str, str]] = {
    "customers": {f: f"customer.{f}" for f in (*CUSTOMER, *CUSTOMER_MORE)}
    | {"customer_external_id": "customer.external_id", "customer_name": "customer.name", "id": "customer.external_id"},
    "contacts": {f: f"contact.{f}" for f in (*CONTACT, *ADDRESS)}
    | {"customer_external_id": "customer.external_id", "position": "contact.positions", "is_main": "contact.main"},
    "invoices": {f: f"invoice.{f}" for f in INVOICE}
    | {"customer_external_id": "customer.external_id", "invoice_number": "invoice.number"},
}
_WORDS["flat"] = {
    **_WORDS["invoices"],
    **{f"customer_{f}": f"customer.{f}" for f in (*CUSTOMER, *CUSTOMER_MORE)},
    **{f"contact_{f}": f"contact.{f}" for f in (*CONTACT, *ADDRESS)},
}

_NEEDED: dict[str, tuple[str, ...]] = {
    "customers": ("customer.external_id", "customer.name"),
    "contacts": ("customer.external_id", "contact.email"),
    "invoices": ("customer.external_id", "invoice.number", "invoice.due_date", "invoice.total", "invoice.currency"),
    "flat": (
        "customer.external_id",
        "customer.name",
        "invoice.number",
        "invoice.due_date",
        "invoice.total",
        "invoice.currency",
    ),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """How to read a file: `fields` names each column's meaning by position; None for a column that is left out."""

    kind: str
    headings: tuple[str, ...]
    fields: tuple[str | None, ...]


class HeaderFault(ValueError):
    """The header can't be understood; the message says what is missing."""


def folded(heading: str) -> str:
    """Return a heading in the form that is looked up."""
    return re.sub(r"[^a-z0-9.]+", "_", heading.strip().casefold()).strip("_")


def recognise(headings: tuple[str, ...]) -> Columns:
    """Return how to read a file with this header; raise HeaderFault when it is none of ours.

    Unknown columns become custom fields of the customer, in files that hold customers.
    """
    names = [folded(h) for h in headings]
    repeated = next((h for h, n in zip(headings, names, strict=True) if n and names.count(n) > 1), None)
    if repeated is not None:
        raise HeaderFault(f"the column {repeated!r} is there twice; rename or remove one")
    kinds = sorted(_NEEDED, key=lambda kind: -sum(n in _WORDS[kind] for n in names))
    for kind in ("flat", "customers", "contacts", "invoices"):
        if _missing(kind, names) == ():
            return _columns(kind, headings, names)
    nearest = kinds[0]
    missing = ", ".join(each.split(".", 1)[1] if nearest != "flat" else each for each in _missing(nearest, names))
    raise HeaderFault(f"it looks most like a file of {nearest}, but these columns are missing: {missing}")


def _missing(kind: str, names: list[str]) -> tuple[str, ...]:
    found = {_WORDS[kind].get(n) or _KNOWN.get(n) for n in names}
    return tuple(need for need in _NEEDED[kind] if need not in found)


def _columns(kind: str, headings: tuple[str, ...], names: list[str]) -> Columns:
    custom = kind in ("flat", "customers")
    fields = [
        _WORDS[kind].get(n) or _KNOWN.get(n) or (f"custom.{h.strip()}" if custom and h.strip() else None)
        for h, n in zip(headings, names, strict=True)
    ]
    return Columns(kind, headings, tuple(fields))
