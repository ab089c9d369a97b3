"""What an import would change: the files' words compared with the book, without writing anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.folding import fold
from bot.domain.money import Money, by_currency
from bot.imports.faults import RowFault
from bot.imports.people import plan_contacts
from bot.imports.reading import Reading
from bot.imports.result import ImportResult
from bot.imports.said import CustomerSaid, InvoiceSaid, Place, Said
from storage.book import Book, Changes, InvoiceKept

_NAMED = "name:"
"""What the external id of a customer begins with that is known by its name alone."""


@dataclass(slots=True)
class Plan:
    """What is to be written, and what it comes to."""

    changes: Changes
    result: ImportResult
    unlisted: int = 0
    """Open invoices that the files do not list: `full` closes them."""


def make_plan(
    reading: Reading,
    book: Book,
    assigned: Mapping[int, set[str]],
    *,
    full: bool,
    place_of: Mapping[int, tuple[str, str]],
) -> Plan:
    """Compare what the files say with the book; what can't be told is added to the reading's faults.

    With `full`, open invoices that the files do not list are closed. `place_of` has file and sheet by sheet number.
    """
    said = reading.said
    refs = _resolve(said, book, place_of)
    changes, result = Changes(), ImportResult()
    ids = _customers(said, refs, book, assigned, changes, result)
    plan_contacts(said, refs, book, ids, changes, result)
    new, after = _invoices(said, refs, book, ids, changes, result)
    changes.invoices_new = _Rows(new, refs)
    unlisted = _close(said, book, changes, result, after, full=full)
    owed = (Money(row.outstanding, row.currency) for row in book.invoices.values() if row.outstanding > 0)
    result.before, result.after = by_currency(owed), by_currency(Money(o, c) for c, o in after.items())
    return Plan(changes, result, unlisted)


class _Rows:
    """New invoices as rows, made while they are written: 100,000 of them are never held twice."""

    def __init__(self, invoices: list[InvoiceSaid], refs: Mapping[str, str]) -> None:
        self._invoices, self._refs = invoices, refs

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for said in self._invoices:
            yield self._refs[said.customer], _row(said)


def _row(said: InvoiceSaid) -> dict[str, Any]:
    names = ("number", "issue_date", "due_date", "total", "outstanding", "currency", "status", "promised_on")
    return {name: getattr(said, name) for name in names}


def _resolve(said: Said, book: Book, place_of: Mapping[int, tuple[str, str]]) -> dict[str, str]:
    """Return the external id of every customer that the files speak of; those that can't be told are dropped."""
    named: dict[str, list[str]] = {}
    for customer in said.customers.values():
        if customer.external_id and customer.name:
            named.setdefault(fold(customer.name), []).append(customer.external_id)
    held: dict[str, list[str]] = {}
    for row in book.customers.values():
        held.setdefault(row.name_folded, []).append(row.external_id)
    refs: dict[str, str] = {}
    for key, customer in list(said.customers.items()):
        found = _find(customer, named, held, book)
        if found is None:
            several = customer.external_id is None
            reason = _SEVERAL if several else "no such customer, neither in these files nor in the book"
            _drop(said, key, customer.external_id or customer.name or "", reason, place_of)
        else:
            refs[key] = found
    return refs


def _find(
    customer: CustomerSaid, named: Mapping[str, list[str]], held: Mapping[str, list[str]], book: Book
) -> str | None:
    if customer.external_id:
        is_known = customer.name or customer.spare or customer.external_id in book.customers
        return customer.external_id if is_known else None
    folded = fold(customer.name or "")
    own = sorted(set(named.get(folded, ()))) or held.get(folded, [])
    if len(own) > 1:
        return None
    return own[0] if own else named_id(folded)


def named_id(folded: str) -> str:
    """Return the external id of a customer that is known by its normalised name alone."""
    if len(folded) <= 190:
        return _NAMED + folded
    return f"{_NAMED}{folded[:150]} {hashlib.sha256(folded.encode()).hexdigest()[:16]}"


def _drop(said: Said, key: str, value: str, reason: str, place_of: Mapping[int, tuple[str, str]]) -> None:
    """Take back what the files say of a customer who can't be told; every row that does is a bad one."""
    places: set[Place] = {said.customers.pop(key).place}
    for own in [own for own in said.contacts if own[0] == key]:
        places.add(said.contacts.pop(own).place)
    for number in [n for n, invoice in said.invoices.items() if invoice.customer == key]:
        places.add(said.invoices.pop(number).place)
    for place in places:
        file, sheet = place_of[place.sheet]
        said.fault(place, RowFault(file, place.row, "customer", value, reason, sheet))


def _customers(
    said: Said,
    refs: Mapping[str, str],
    book: Book,
    assigned: Mapping[int, set[str]],
    changes: Changes,
    result: ImportResult,
) -> dict[str, int]:
    """Sort the customers into new, changed and unchanged; return the ids of those in the book, by external id."""
    ids: dict[str, int] = {}
    adopted = {row.name_folded: row for row in book.customers.values() if row.external_id == named_id(row.name_folded)}
    for external_id, customer in _merged(said, refs).items():
        known = book.customers.get(external_id)
        if known is None and customer.name:
            known = adopted.get(fold(customer.name))  # known by name alone so far: now the files say its number
        managers: list[str] = customer.values.get("account_managers") or []
        reassigned = bool(managers) and (known is None or set(managers) != assigned.get(known.id, set()))
        if reassigned:
            changes.account_managers[external_id] = managers
        if known is None:
            customer.name = customer.name or customer.spare
        values = _values(customer, external_id, dict(known.custom) if known is not None else {})
        if known is None:
            changes.customers_new.append({**_BLANK, **values})
            result.customers_new += 1
            continue
        ids[external_id] = known.id
        differs = {name: value for name, value in values.items() if getattr(known, name) != value}
        if differs:
            changes.customers_changed.append({"id": known.id, **differs})
        result.customers_changed += bool(differs) or reassigned
        says_something = bool(customer.name or customer.values or customer.custom)
        result.unchanged += says_something and not differs and not reassigned
    return ids


def _merged(said: Said, refs: Mapping[str, str]) -> dict[str, CustomerSaid]:
    """Return the customers by external id: what one file says by number and another by name is one."""
    merged: dict[str, CustomerSaid] = {}
    for key, customer in said.customers.items():
        earlier = merged.setdefault(refs[key], customer)
        if earlier is not customer:
            earlier.add(customer)
    return merged


def _values(customer: CustomerSaid, external_id: str, custom: dict[str, str]) -> dict[str, Any]:
    """Return the columns of a customer that the files have something to say of."""
    values: dict[str, Any] = {"external_id": external_id}
    if customer.name:
        values |= {"name": customer.name, "name_folded": fold(customer.name)}
    for name in ("language", "currency", "country", "time_zone", "paused_until"):
        if name in customer.values:
            values[name] = customer.values[name]
    if "group" in customer.values:
        group: str | None = customer.values["group"]
        values |= {"group_name": group, "group_folded": fold(group) if group else None}
    if customer.values.get("last_contacted") is not None:
        # a file that does not say must not forget what we sent ourselves
        values["last_contacted_at"] = customer.values["last_contacted"]
    if customer.custom:
        custom |= customer.custom
        values["custom"] = {heading: text for heading, text in custom.items() if text}
    return values


def _invoices(
    said: Said, refs: Mapping[str, str], book: Book, ids: Mapping[str, int], changes: Changes, result: ImportResult
) -> tuple[list[InvoiceSaid], dict[str, int]]:
    """Sort the invoices into new, changed and unchanged; return the new ones, and what is owed then, by currency."""
    owners = {known: external_id for external_id, known in ids.items()}
    new: list[InvoiceSaid] = []
    after: dict[str, int] = {}
    for number, row in book.invoices.items():
        if number not in said.invoices and row.outstanding > 0:
            after[row.currency] = after.get(row.currency, 0) + row.outstanding
    for number, invoice in said.invoices.items():
        known = book.invoices.get(number)
        if known is None:
            new.append(invoice)
        else:
            _keep_silent(invoice, known)
            values = _row(invoice)
            external_id = refs[invoice.customer]
            if owners.get(known.customer_id) != external_id or any(getattr(known, n) != v for n, v in values.items()):
                changes.invoices_changed.append((external_id, {"id": known.id, **values}))
            else:
                result.unchanged += 1
        after[invoice.currency] = after.get(invoice.currency, 0) + invoice.outstanding
    result.invoices_new, result.invoices_changed = len(new), len(changes.invoices_changed)
    return new, after


def _keep_silent(invoice: InvoiceSaid, known: InvoiceKept) -> None:
    """Keep of the book what the invoice's file has no column for."""
    if "promised_on" in invoice.silent:
        invoice.promised_on = known.promised_on
    if "issue_date" in invoice.silent and known.issue_date <= invoice.due_date:
        invoice.issue_date = known.issue_date
    if "disputed" in invoice.silent and known.status == "disputed" and invoice.status == "open":
        invoice.status = "disputed"


def _close(said: Said, book: Book, changes: Changes, result: ImportResult, after: dict[str, int], *, full: bool) -> int:
    """Close what is void in the files, and with `full` what they do not list; return how many they do not list."""
    unlisted = 0
    for number, row in book.invoices.items():
        if row.status == "paid" or number in said.invoices:
            continue
        unlisted += number not in said.gone
        if full or number in said.gone:
            changes.closed.append(row.id)
            after[row.currency] = after.get(row.currency, 0) - row.outstanding
    result.invoices_closed = len(changes.closed)
    return unlisted


_BLANK: dict[str, Any] = {
    **dict.fromkeys(("group_name", "group_folded", "language", "currency", "country", "time_zone", "paused_until")),
    "custom": {},
    "last_contacted_at": None,
}
_SEVERAL = "several customers have this name; give their numbers too"
