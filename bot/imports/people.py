"""Contacts of an import, compared with the book; never are there two main contacts of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from bot.channels.addresses import check_phone
from bot.imports.result import ImportResult
from bot.imports.said import ContactSaid, Said
from storage.book import Book, Changes

_COLUMNS = ("first_name", "last_name", "email", "phone", "street", "postcode", "city", "region", "country")
_BLANK: dict[str, Any] = {**dict.fromkeys(_COLUMNS), "first_name": "", "last_name": ""}


def plan_contacts(
    said: Said, refs: Mapping[str, str], book: Book, ids: Mapping[str, int], changes: Changes, result: ImportResult
) -> None:
    """Sort the contacts into new, changed and unchanged; `ids` has the ids of the customers that are in the book."""
    planner = _Contacts(book, changes, result)
    for (key, own), contact in said.contacts.items():
        external_id = refs[key]
        _read_phone(contact, _country(said, key, book, external_id))
        planner.add(external_id, ids.get(external_id), own, contact)


def _read_phone(contact: ContactSaid, country: str | None) -> None:
    """Put a phone number into its normal form (E.164), by which answers and suppressions find it.

    What is no number, or has no country code in no known country, stays as it is written: it is refused before Send.
    """
    written = contact.values.get("phone")
    if written:
        contact.values["phone"] = check_phone(written, contact.values.get("country") or country).address


def _country(said: Said, key: str, book: Book, external_id: str) -> str | None:
    told = said.customers[key].values.get("country") if key in said.customers else None
    known = book.customers.get(external_id)
    return told or (known.country if known is not None else None)


class _Contacts:
    def __init__(self, book: Book, changes: Changes, result: ImportResult) -> None:
        self._book, self._changes, self._result = book, changes, result
        self._mains: dict[int, Row[Any]] = {row.customer_id: row for row in book.contacts.values() if row.is_main}
        self._planned: dict[str, dict[str, Any]] = {}
        """The row of this import that is to be a customer's main contact."""
        self._unset: set[int] = set()

    def add(self, external_id: str, customer_id: int | None, own: str, contact: ContactSaid) -> None:
        known = self._book.contacts.get((customer_id, own)) if customer_id is not None else None
        values = {name: contact.values[name] for name in _COLUMNS if name in contact.values}
        is_main = self._is_main(external_id, customer_id, known, contact.is_main)
        row: dict[str, Any]
        if known is None:
            row = {**_BLANK, **values, "external_id": own, "is_main": is_main}
            self._changes.contacts_new.append((external_id, row))
            self._result.contacts_new += 1
            changed = True
        else:
            row = {n: v for n, v in {**values, "is_main": is_main}.items() if getattr(known, n) != v}
            changed = bool(row)
            row["id"] = known.id
        if is_main:
            self._take_over(external_id, customer_id, known, row)
        held = self._book.positions.get(known.id, set()) if known is not None else set()
        moved = contact.positions is not None and set(contact.positions) != held
        if moved and contact.positions is not None:
            self._changes.positions[external_id, own] = contact.positions
        if known is not None:
            if changed:
                self._changes.contacts_changed.append(row)
            self._result.contacts_changed += changed or moved
            self._result.unchanged += not changed and not moved

    def _is_main(self, external_id: str, customer_id: int | None, known: Row[Any] | None, said: bool | None) -> bool:
        """Do as the file says; where it does not, the first contact of a customer is the main one."""
        if said is not None:
            return said
        if external_id in self._planned:
            return False
        current = self._mains.get(customer_id) if customer_id is not None else None
        return current is None or (known is not None and current.id == known.id)

    def _take_over(
        self, external_id: str, customer_id: int | None, known: Row[Any] | None, row: dict[str, Any]
    ) -> None:
        """Let the customer's other contact stop being the main one, whether it is in the book or in this import."""
        current = self._mains.get(customer_id) if customer_id is not None else None
        if current is not None and (known is None or current.id != known.id) and current.id not in self._unset:
            self._unset.add(current.id)
            self._changes.unmain.append(current.id)
        earlier = self._planned.get(external_id)
        if earlier is not None and earlier is not row:
            earlier["is_main"] = False
        self._planned[external_id] = row
