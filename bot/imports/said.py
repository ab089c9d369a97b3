"""What all the files of an import say, by customer, contact and invoice, before anything is compared or written."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from bot.domain.folding import fold
from bot.imports.faults import RowFault


class Place(NamedTuple):
    """Where a row stands: the number of its sheet within the import, and its row there."""

    sheet: int
    row: int


def key_of(external_id: str | None, name: str | None) -> str | None:
    """Return what a customer is known by within an import: the external id, else the exact normalised name."""
    if external_id:
        return sys.intern(f"#{external_id}")
    return sys.intern(f"~{fold(name)}") if name else None


@dataclass(slots=True)
class CustomerSaid:
    """A customer: `values` has what the files have a column for; an empty cell is None there."""

    external_id: str | None
    name: str | None
    place: Place
    values: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)
    spare: str | None = None
    """What a new customer without a name is called: a person, or an address."""

    def add(self, other: CustomerSaid) -> None:
        """Take in what a later row says; an empty cell there takes nothing back."""
        self.name = other.name or self.name
        self.spare = self.spare or other.spare
        for name, value in other.values.items():
            if value not in (None, []) or name not in self.values:
                self.values[name] = value
        for heading, text in other.custom.items():
            if text or heading not in self.custom:
                self.custom[heading] = text


@dataclass(slots=True)
class ContactSaid:
    """A contact of the customer `customer`."""

    customer: str
    external_id: str
    place: Place
    values: dict[str, Any]
    is_main: bool | None
    positions: list[str] | None

    def add(self, other: ContactSaid) -> None:
        """Take in what a later row says of the same contact; an empty cell there takes nothing back."""
        self.values |= {name: value for name, value in other.values.items() if value not in (None, "")}
        self.is_main = other.is_main if other.is_main is not None else self.is_main
        self.positions = (
            list(dict.fromkeys([*(self.positions or []), *other.positions])) if other.positions else self.positions
        )


@dataclass(slots=True)
class InvoiceSaid:
    """An invoice of the customer `customer`; `silent` names what its file has no column for. Amounts in minor units."""

    customer: str
    number: str
    place: Place
    issue_date: date
    due_date: date
    total: int
    outstanding: int
    currency: str
    status: str
    promised_on: date | None
    silent: frozenset[str]

    def same(self, other: InvoiceSaid) -> bool:
        """Say whether another row says the same of the invoice."""
        names = ("customer", "issue_date", "due_date", "total", "outstanding", "currency", "status", "promised_on")
        return all(getattr(self, name) == getattr(other, name) for name in names)


@dataclass(slots=True)
class Said:
    """Everything that the files say, and everything that is wrong with them."""

    customers: dict[str, CustomerSaid] = field(default_factory=dict)
    contacts: dict[tuple[str, str], ContactSaid] = field(default_factory=dict)
    invoices: dict[str, InvoiceSaid] = field(default_factory=dict)
    gone: dict[str, Place] = field(default_factory=dict)
    """Invoices that are void, cancelled or written off: closed where the book has them, by number."""
    counts: Counter[str] = field(default_factory=Counter)
    """Rows that are no entries, by why they are left out."""
    faults: list[RowFault] = field(default_factory=list)
    bad: dict[Place, list[RowFault]] = field(default_factory=dict)
    """The faults of single rows: such rows can be left out and mended later."""

    def fault(self, place: Place, fault: RowFault) -> None:
        """Note that a row is wrong."""
        self.bad.setdefault(place, []).append(fault)

    @property
    def all_faults(self) -> list[RowFault]:
        """Return every fault, those of whole files first, then by place."""
        return self.faults + [fault for place in sorted(self.bad) for fault in self.bad[place]]
