"""From a row's texts to values; every fault is collected with file, row, column, value and reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.folding import fold_address
from bot.domain.money import is_currency, parse_amount
from bot.errors import UserError
from bot.imports.columns import Columns

T = TypeVar("T")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong with one cell; `row` counts as a spreadsheet does."""

    file: str
    row: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        """Return the fault in one line."""
        return f"{self.file}, row {self.row}, {self.column} {self.value[:60]!r}: {self.reason}"


class ImportFaults(UserError):
    """The files were refused whole: nothing was written."""

    def __init__(self, faults: list[RowFault]) -> None:
        lines = [str(fault) for fault in faults[:SHOWN]]
        if len(faults) > SHOWN:
            lines.append(f"… and {len(faults) - SHOWN} more.")
        super().__init__("\n".join([f"Nothing was imported: {len(faults)} things to mend.", *lines]))
        self.faults = tuple(faults)


@dataclass(slots=True)
class Parsed:
    """What all the files say, by external id and number; a later row of a flat file adds to an earlier one."""

    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    contacts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    mentioned: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    faults: list[RowFault] = field(default_factory=list)


class Row:
    """One row while it is parsed."""

    def __init__(self, file: str, number: int, columns: Columns, cells: tuple[str, ...], parsed: Parsed) -> None:
        self.file, self.number, self.columns, self.parsed = file, number, columns, parsed
        pairs = zip(columns.fields, cells, strict=False)
        self.cells = {f: cell for f, cell in pairs if f is not None}
        if len(cells) > len(columns.fields):
            self.fault("", cells[len(columns.fields)], "there are more cells than columns; check the quotes")

    def fault(self, name: str, value: str, reason: str) -> None:
        """Note that a cell is wrong."""
        heading = next((h for f, h in zip(self.columns.fields, self.columns.headings, strict=True) if f == name), name)
        self.parsed.faults.append(RowFault(self.file, self.number, heading or "the row", value, reason))

    def text(self, name: str, *, needed: bool = False, most: int = 300) -> str | None:
        """Return a cell's text, None for an empty one."""
        value = self.cells.get(name, "")
        if not value and needed:
            self.fault(name, value, "is empty; fill it in")
        if len(value) > most:
            self.fault(name, value, f"is longer than {most} characters")
        return value or None

    def read(self, name: str, parse: Callable[[str], T], reason: str, *, needed: bool = False) -> T | None:
        """Return a cell parsed, None for an empty or a wrong one."""
        value = self.text(name, needed=needed)
        if value is None:
            return None
        try:
            return parse(value)
        except (ValueError, ZoneInfoNotFoundError, OSError):
            self.fault(name, value, reason)
            return None


def parse_row(row: Row) -> None:
    """Take in what one row says of a customer, a contact and an invoice, as its columns have them."""
    kind, key = row.columns.kind, row.text("customer.external_id", needed=True, most=200)
    if key is None:
        return
    row.parsed.mentioned.setdefault(key, (row.file, row.number, key))
    if kind in ("customers", "flat"):
        _customer(row, key, again=kind == "customers")
    if kind == "contacts" or (kind == "flat" and _has_contact(row)):
        _contact(row, key)
    if kind in ("invoices", "flat"):
        _invoice(row, key)


def _has_contact(row: Row) -> bool:
    return any(row.cells.get(f"contact.{f}") for f in ("email", "external_id", "first_name", "last_name"))


def _customer(row: Row, key: str, *, again: bool) -> None:
    if again and key in row.parsed.customers:
        row.fault("customer.external_id", key, "is there twice in this file")
    values: dict[str, Any] = {
        "external_id": key,
        "name": row.text("customer.name", needed=True) or "",
        "group_name": row.text("customer.group"),
        "language": row.read("customer.language", _language, "is no language such as en, fr or de_AT"),
        "currency": row.read("customer.currency", _currency, "is no ISO 4217 currency such as EUR"),
        "country": row.read("customer.country", _country, "is no country code of two letters such as DE"),
        "time_zone": row.read("customer.time_zone", _zone, "is no IANA time zone such as Europe/Paris"),
        "paused_until": row.read("customer.paused_until", date.fromisoformat, _DATE),
        "last_contacted_at": row.read("customer.last_contacted", _moment, _DATE),
        "account_managers": _list(row.cells.get("customer.account_managers", "")),
        "custom": {f.removeprefix("custom."): c for f, c in row.cells.items() if f.startswith("custom.") and c},
    }
    row.parsed.customers[key] = values


def _contact(row: Row, key: str) -> None:
    email = row.text("contact.email", most=320)
    first, last = row.text("contact.first_name", most=200) or "", row.text("contact.last_name", most=200) or ""
    own = row.text("contact.external_id", most=320) or (fold_address(email) if email else f"{first} {last}".strip())
    if not own:
        row.fault("contact.email", "", "a contact needs an email, an id or a name")
        return
    if (key, own) in row.parsed.contacts and row.columns.kind == "contacts":
        row.fault("contact.external_id", own, "this contact is there twice in this file")
    address = {f: row.text(f"contact.{f}") for f in ("street", "postcode", "city", "region")}
    country = row.read("contact.country", _country, "is no country code of two letters such as DE")
    main = row.read("contact.main", _yes_or_no, "is neither yes nor no")
    row.parsed.contacts[key, own] = {
        "external_id": own,
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": row.text("contact.phone", most=64),
        **address,
        "country": country,
        "is_main": main,
        "positions": _list(row.cells.get("contact.positions", "")),
    }


def _invoice(row: Row, key: str) -> None:
    number = row.text("invoice.number", needed=True, most=200)
    currency = row.read("invoice.currency", _currency, "is no ISO 4217 currency such as EUR", needed=True)
    due = row.read("invoice.due_date", date.fromisoformat, _DATE, needed=True)
    issued = row.read("invoice.issue_date", date.fromisoformat, _DATE) or due
    total = _amount(row, "invoice.total", currency, needed=True)
    status = row.read("invoice.status", _status, "is none of open, disputed, paid") or "open"
    owed = _amount(row, "invoice.outstanding", currency)
    outstanding = 0 if status == "paid" and owed is None else total if owed is None else owed
    if number is None or currency is None or due is None or issued is None or total is None or outstanding is None:
        return
    if number in row.parsed.invoices:
        row.fault("invoice.number", number, "is there twice")
    if due < issued:
        row.fault("invoice.due_date", due.isoformat(), "is before the issue date")
    if outstanding > max(total, 0):
        row.fault("invoice.outstanding", row.cells.get("invoice.outstanding", ""), "is more than the total")
    if status == "paid" and outstanding:
        row.fault("invoice.outstanding", row.cells.get("invoice.outstanding", ""), "a paid invoice has nothing left")
    row.parsed.invoices[number] = {
        "number": number,
        "customer": key,
        "issue_date": issued,
        "due_date": due,
        "total": total,
        "outstanding": outstanding,
        "currency": currency,
        "status": status,
        "promised_on": row.read("invoice.promised_on", date.fromisoformat, _DATE),
    }


_DATE = "is no date such as 2026-03-31"


def _amount(row: Row, name: str, currency: str | None, *, needed: bool = False) -> int | None:
    value = row.text(name, needed=needed)
    if value is None or currency is None:
        return None
    try:
        return parse_amount(value, currency)
    except ValueError as error:
        row.fault(name, value, f"is no amount such as 1234.50 in {currency} ({error})")
        return None


def _language(text: str) -> str:
    head, _, tail = text.replace("-", "_").partition("_")
    if not (2 <= len(head) <= 3 and head.isalpha() and (not tail or tail.isalnum())):
        raise ValueError(text)
    return f"{head.lower()}_{tail.upper()}" if tail else head.lower()


def _currency(text: str) -> str:
    if not is_currency(text.upper()):
        raise ValueError(text)
    return text.upper()


def _country(text: str) -> str:
    if len(text) != 2 or not text.isalpha() or not text.isascii():
        raise ValueError(text)
    return text.upper()


def _zone(text: str) -> str:
    ZoneInfo(text)
    return text


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _status(text: str) -> str:
    if text.casefold() not in ("open", "disputed", "paid"):
        raise ValueError(text)
    return text.casefold()


def _yes_or_no(text: str) -> bool:
    known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.casefold() not in known:
        raise ValueError(text)
    return known[text.casefold()]


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.split(";") if each.strip()]
