"""What the columns of a sheet mean: recognised by their headings, whatever language, case, spaces or dashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.imports.faults import HeaderFault
from bot.imports.fields import BUCKET, CUSTOM_CHOICE, FIELDS, LEFT_OUT, LINE_TOTAL, SEVERAL
from bot.imports.headings import codes, depends, first_field, folded, key_in, sure_fields

How = Literal["known", "chosen", "custom", "left out"]

_LAST = {
    "id",
    "reference",
    "ref",
    "referencia",
    "referenz",
    "transaction",
    "document",
    "documento",
    "posting date",
    "post date",
}
"""Headings that name a field only where no better column does."""
WHAT_TO_MEND = "What to mend"
"""The heading of the reasons in a file of bad rows; left out when the file comes back."""
_LAYOUTS: tuple[tuple[frozenset[str], dict[str, str]], ...] = (
    # Sage 50: "No" counts transactions, "Ref" is the invoice's number
    (frozenset({"no", "type", "date", "ref"}), {"ref": "invoice.number", "no": LEFT_OUT}),
    # Sage 50, customers: five lines of an address, of which the last three are town, county and postcode
    *(
        (
            frozenset(f"{line}{n}" for n in range(1, 6)),
            {f"{line}3": "contact.city", f"{line}4": "contact.region", f"{line}5": "contact.postcode"},
        )
        for line in ("address", "address ", "address line ")
    ),
    # QuickBooks Online, customers: the name is that of the customer, of whom a company's need not be known
    (frozenset({"name", "company name", "open balance"}), {"name": "customer.name", "company name": LEFT_OUT}),
    # Odoo's export for its own import has the names of its database
    (frozenset({"name", "partner id", "amount total"}), {"name": "invoice.number"}),
    (frozenset({"name", "partner id", "amount residual"}), {"name": "invoice.number"}),
)
_INVOICE_WORDS = (
    {"date", "datum", "fecha"},
    set("amount total montant betrag balance solde saldo importe debit".split()),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `field` is what it means, None where it is left out."""

    index: int
    heading: str
    field: str | None
    how: How


@dataclass(frozen=True, slots=True)
class Columns:
    """How to read a sheet."""

    columns: tuple[Column, ...]
    has_invoices: bool

    def of(self, field: str) -> tuple[Column, ...]:
        """Return the columns with this meaning."""
        return tuple(each for each in self.columns if each.field == field)

    def has(self, *fields: str) -> bool:
        """Say whether a column means any of `fields`."""
        return any(each.field in fields for each in self.columns)

    @property
    def shape(self) -> str:
        """Return the header's shape: what a remembered choice is found by."""
        return shape_of([each.heading for each in self.columns])

    @property
    def currency(self) -> str | None:
        """Return the one currency that the headings of amounts name, as "Amount (EUR)" does."""
        found = {code for each in self.columns if each.field in _AMOUNTS for code in codes(each.heading)}
        return found.pop() if len(found) == 1 else None


_AMOUNTS = {"invoice.total", "invoice.outstanding", "invoice.paid_amount", BUCKET, LINE_TOTAL}


def shape_of(headings: Sequence[str]) -> str:
    """Return the shape of a header: its folded headings in order, without the column that we add to bad rows."""
    names = [folded(heading) for heading in headings]
    while names and names[-1] in ("", folded(WHAT_TO_MEND)):
        names.pop()
    return "|".join(names)


def recognise(headings: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """Return how to read a sheet with this header; raise HeaderFault when it is none of ours.

    `chosen` maps folded headings to fields and comes before everything else; LEFT_OUT leaves a column out. Columns that
    nothing is known of become custom fields of the customer.
    """
    names = [folded(heading) for heading in headings]
    repeated = next((h for h, n in zip(headings, names, strict=True) if n and names.count(n) > 1), None)
    if repeated is not None:
        raise HeaderFault(f"the column {repeated!r} is there twice; rename or remove one")
    for layout, meant in _LAYOUTS:
        chosen = {**meant, **chosen} if layout <= set(names) else chosen
    has_invoices = _has_invoices(headings, chosen)
    fields = _fields(headings, names, chosen, has_invoices)
    columns = [
        Column(index, heading, *_meaning(heading, name, fields.get(index), chosen))
        for index, (heading, name) in enumerate(zip(headings, names, strict=True))
    ]
    found = Columns(tuple(_with_odd_number(columns) if has_invoices else columns), has_invoices)
    _complain(found)
    return found


def without_addresses(found: Columns, rows: Sequence[Sequence[object]]) -> Columns:
    """Make a column of account managers a custom field where `rows`, the first ones, name people without an email."""
    named = found.of("customer.account_managers")
    texts = [str(row[each.index]) for each in named for row in rows if each.index < len(row) and row[each.index] != ""]
    strict = any(each.how == "chosen" for each in named)
    if strict or not texts or any("@" in text for text in texts):
        return found
    columns = [
        Column(each.index, each.heading, f"custom.{each.heading.strip()[:100]}", "custom") if each in named else each
        for each in found.columns
    ]
    return Columns(tuple(columns), found.has_invoices)


def is_manager(column: Column) -> bool:
    """Say whether a heading speaks of account managers, whatever its cells hold."""
    return any(field == "customer.account_managers" for _, field in sure_fields(column.heading))


def _meaning(heading: str, name: str, field: str | None, chosen: Mapping[str, str]) -> tuple[str | None, How]:
    if name in chosen:
        if chosen[name] == CUSTOM_CHOICE:
            return f"custom.{heading.strip()[:100]}", "custom"
        return (None, "left out") if chosen[name] == LEFT_OUT else (field, "chosen")
    if field == LEFT_OUT or not name:
        return None, "left out"
    return (field, "known") if field else (f"custom.{heading.strip()[:100]}", "custom")


def _has_invoices(headings: Sequence[str], chosen: Mapping[str, str]) -> bool:
    """Say whether the sheet lists invoices: customers have a balance too, and a day on which they were added."""
    names = {folded(heading) for heading in headings}
    named = {first_field(h, chosen) for h in headings if folded(h) not in depends()["invoices"]} - {None}
    of_invoices = {f for f in named if f and f.startswith("invoice.")} - {
        "invoice.line",
        "invoice.kind",
        "invoice.currency",
    }
    if all(names & words for words in _INVOICE_WORDS):
        return True
    if of_invoices <= _OF_CUSTOMERS_TOO and named & _PEOPLE and not set(chosen.values()) & of_invoices:
        possible = {first_field(heading, chosen) for heading in headings}
        return all(possible & set(group) for group in _NEEDED)
    return bool(of_invoices)


_OF_CUSTOMERS_TOO = {"invoice.issue_date", "invoice.outstanding", "invoice.status", "invoice.paid_amount"}
_PEOPLE = {"contact.email", "contact.phone", "contact.street", "contact.city", "contact.postcode", "contact.address"}
_NEEDED = (
    ("invoice.number",),
    ("invoice.due_date", "invoice.issue_date"),
    ("invoice.total", "invoice.outstanding", BUCKET, LINE_TOTAL),
)
"""An invoice needs one of each."""


def _fields(
    headings: Sequence[str], names: Sequence[str], chosen: Mapping[str, str], has_invoices: bool
) -> dict[int, str]:
    """Give every field to the column that names it best: what was chosen, then what is sure, then what depends."""
    found = {index: chosen[name] for index, name in enumerate(names) if chosen.get(name) in FIELDS}
    taken = set(found.values()) - SEVERAL
    table = depends()["invoices" if has_invoices else "others"]
    open_to = [(i, h, key_in(h, table)) for i, h in enumerate(headings) if names[i] and names[i] not in chosen]
    for _, index, field in sorted((r, i, f) for i, h, key in open_to if key is None for r, f in sure_fields(h)):
        if not has_invoices and field.startswith("invoice."):
            found.setdefault(index, LEFT_OUT)
        elif found.get(index, LEFT_OUT) == LEFT_OUT and field not in taken:
            found[index] = field
            taken |= {field} - SEVERAL
        elif index not in found and field.startswith("invoice."):
            found[index] = LEFT_OUT
    for index, _, key in sorted(open_to, key=lambda each: each[2] in _LAST):
        free = next((f for f in table[key] if f not in taken or f in SEVERAL), None) if key else None
        if free:
            found[index] = free
            taken |= {free} - SEVERAL
    return _mended(found, names, table, taken, has_invoices=has_invoices)


def _mended(
    found: dict[int, str], names: Sequence[str], table: Mapping[str, object], taken: set[str], *, has_invoices: bool
) -> dict[int, str]:
    """Give up what other columns say is meant otherwise."""
    if has_invoices and "invoice.line" in found.values() and "customer.name" in taken:
        # the account that the thing sold is booked on
        ledger = {i for i, f in found.items() if f == "customer.external_id" and names[i].startswith("account")}
        found |= dict.fromkeys(ledger, LEFT_OUT)
    if "invoice.total" in taken or "invoice.outstanding" in taken:
        # of invoices on several rows: where the whole is said, its parts are not added up
        found |= {i: "invoice.line" for i, f in found.items() if f == LINE_TOTAL}
    if not taken & _PEOPLE:
        found |= {i: LEFT_OUT for i, f in found.items() if f == "contact.region"}  # the state of something else
    if "customer.name" not in taken and taken & _PEOPLE - {"contact.phone", "contact.address"}:
        # a list of contacts: the country is that of the address
        found |= {i: "contact.country" for i, f in found.items() if f == "customer.country" and names[i] in table}
    return found


def _complain(found: Columns) -> None:
    """Raise HeaderFault where the sheet can't be used, saying what is missing and what is there."""
    if not found.has_invoices:
        if not found.has("customer.name", "customer.external_id"):
            raise HeaderFault("no column names the customer" + _advice(found, "customer.name"))
        return
    missing = [group[0] for group in _NEEDED if not found.has(*group)]
    if missing and found.has(BUCKET) and "invoice.number" in missing and "invoice.due_date" in missing:
        raise HeaderFault("it says what customers owe, but not by which invoices; export the detailed report instead")
    if missing:
        names = ", ".join(FIELDS[each].label.lower() for each in missing)
        raise HeaderFault(
            f"it looks like a list of invoices, but these columns are missing: {names}" + _advice(found, missing[0])
        )


def _advice(found: Columns, field: str) -> str:
    unknown = [each.heading for each in found.columns if each.how in ("custom", "left out") and each.heading]
    example = f'; if one of them is it, say so with --map {field}="{unknown[0]}"' if unknown else ""
    return example and f". Not recognised: {', '.join(unknown[:8])}{example}"


def _with_odd_number(columns: list[Column]) -> list[Column]:
    """Take a first column without a heading for the invoice's number, as grouped reports have it under the customer."""
    has = {each.field for each in columns}
    first = columns[0]
    if "invoice.number" in has or "customer.name" in has or folded(first.heading):
        return columns
    others = [
        # an account beside such a column is one of the general ledger
        Column(c.index, c.heading, None, "left out") if c.field == "customer.external_id" else c
        for c in columns[1:]
    ]
    return [Column(0, first.heading, "invoice.number", "known"), *others]
