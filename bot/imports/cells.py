"""The cells of one row, read by their meaning; every fault is noted with column, value and reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot.imports import amounts, dates, places, words
from bot.imports.columns import Columns
from bot.imports.dialect import Dialect
from bot.imports.faults import RowFault
from bot.imports.fields import FIELDS
from bot.imports.said import Place
from bot.imports.sheets import Cell, Sheet, as_text

_REPEATS = frozenset({"day", "moment", "paid_on", "currency", "country", "language", "zone", "status", "yes_no"})
"""Kinds of cells whose values repeat a great deal, so that they are kept from row to row."""
_REMEMBERED = 20_000
_IN_LINES = frozenset({"contact.address"})
"""Texts whose lines say something; those of any other are put into one."""


class Cells:
    """The row that `at` was last called with."""

    def __init__(self, sheet: Sheet, columns: Columns, dialect: Dialect) -> None:
        self._sheet, self._dialect = sheet, dialect
        self.fields: dict[str, list[int]] = {}
        for each in columns.columns:
            if each.field:
                self.fields.setdefault(each.field, []).append(each.index)
        self.headings = {each.index: each.heading for each in columns.columns}
        self._read: dict[tuple[str, Cell], Any] = {}
        self._here: dict[int, Any] = {}
        self._parsers = self._make_parsers()
        self.cells: list[Cell] = []
        self.faults: list[RowFault] = []
        self.place = Place(0, 0)

    def at(self, place: Place, cells: list[Cell]) -> None:
        """Go to another row, which has no faults yet."""
        self.place, self.cells, self.faults = place, cells, []
        self._here.clear()

    def has(self, *fields: str) -> bool:
        """Say whether the sheet has a column for any of `fields`."""
        return any(field in self.fields for field in fields)

    def has_contacts(self) -> bool:
        """Say whether any column speaks of a contact."""
        return any(field.startswith("contact.") for field in self.fields)

    def text(self, field: str) -> str | None:
        """Return a text cell, None for an empty one; one that is too long is a fault."""
        for index in self.fields.get(field, ()):
            text = as_text(self.cells[index]) if index < len(self.cells) else ""
            text = text.strip() if field in _IN_LINES else " ".join(text.split())
            if len(text) > FIELDS[field].most:
                self.fault(self.headings[index], text, f"is longer than {FIELDS[field].most} characters")
            return text or None
        return None

    def value(self, field: str) -> Any:
        """Return the value of a field, None where it is empty, not there, or wrong (a fault is then noted)."""
        for index in self.fields.get(field, ()):
            return self.one(field, index)
        return None

    def first_of(self, field: str, order: Sequence[Any]) -> Any:
        """Return the value that comes first in `order` of those of a field's columns, None where they are empty."""
        found = [value for index in self.fields.get(field, ()) if (value := self.one(field, index)) is not None]
        return min(found, key=order.index) if found else None

    def one(self, field: str, index: int) -> Any:
        """Return the value of one column, as `value` does."""
        if index in self._here:
            return self._here[index]
        cell = self.cells[index] if index < len(self.cells) else ""
        if cell == "":
            return None
        repeats = FIELDS[field].kind in _REPEATS and not isinstance(cell, bool)
        known = self._read.get((field, cell)) if repeats else None
        value = known if known is not None else self._value(field, index, cell)
        self._here[index] = value
        if repeats and value is not None and len(self._read) < _REMEMBERED:
            self._read[field, cell] = value
        return value

    def _value(self, field: str, index: int, cell: Cell) -> Any:
        text = as_text(cell)
        if len(text) > FIELDS[field].most:
            self.fault(self.headings[index], text, f"is longer than {FIELDS[field].most} characters")
            return None
        try:
            return self._parsers[FIELDS[field].kind](cell)
        except ValueError as error:
            self.fault(self.headings[index], text, str(error))
            return None

    def _make_parsers(self) -> dict[str, Callable[[Cell], Any]]:
        order, sign = self._dialect.order, self._dialect.sign
        return {
            "text": lambda cell: " ".join(as_text(cell).split()) or None,
            "day": lambda cell: dates.read_day(cell, order),
            "moment": lambda cell: dates.read_moment(cell, order),
            "paid_on": lambda cell: dates.read_day(cell, order),
            "amount": lambda cell: amounts.read_amount(cell, sign),
            "currency": lambda cell: places.currency(as_text(cell)),
            "country": lambda cell: places.country(as_text(cell)),
            "language": lambda cell: places.language(as_text(cell)),
            "zone": lambda cell: words.time_zone(as_text(cell)),
            "emails": lambda cell: words.emails(as_text(cell)),
            "list": lambda cell: words.several(as_text(cell)),
            "yes_no": lambda cell: words.yes_or_no(as_text(cell)),
            "status": lambda cell: words.status(as_text(cell)),
            "flag": lambda cell: words.flag(as_text(cell)),
            "side": lambda cell: words.is_credit(as_text(cell)),
        }

    def shown(self, field: str) -> str:
        """Return a cell as it stands."""
        indexes = self.fields.get(field, ())
        return next((as_text(self.cells[i]) for i in indexes if i < len(self.cells)), "")

    def heading(self, field: str) -> str:
        """Return what the sheet calls a field; the field's own label where it has no column."""
        indexes = self.fields.get(field)
        return (self.headings[indexes[0]] if indexes else "") or FIELDS[field].label

    def fault(self, column: str, value: str, reason: str) -> None:
        """Note that a cell of this row is wrong, once."""
        fault = self.at_fault(column, value, reason)
        if fault not in self.faults:
            self.faults.append(fault)

    def at_fault(self, column: str, value: str, reason: str) -> RowFault:
        """Return a fault of this row, without noting it."""
        return RowFault(self._sheet.file, self.place.row, column, value, reason, self._sheet.name)
