"""Invoices that are told by their lines alone, a row each: the lines are added up, and an invoice is whole or bad."""

from __future__ import annotations

from bot.imports.faults import RowFault
from bot.imports.said import InvoiceSaid, Place, Said

_SAME = ("customer", "issue_date", "due_date", "currency", "status")


class LineSums:
    """Adds up the lines of one sheet's invoices; `finish` is for when all its rows are read."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self._rows: dict[str, list[RowFault]] = {}
        self._bad: set[str] = set()

    def add(self, line: InvoiceSaid, at: RowFault) -> InvoiceSaid | None:
        """Add one more line to its invoice; return it where it is the first of a new one. `at` says where it stands.

        Raises ValueError where it does not say the same as the lines before.
        """
        self._rows.setdefault(line.number, []).append(at)
        earlier = self._said.invoices.get(line.number)
        if earlier is None:
            return line
        if earlier.place.sheet != line.place.sheet or any(getattr(earlier, n) != getattr(line, n) for n in _SAME):
            raise ValueError("is there twice")
        earlier.total += line.total
        earlier.outstanding += line.outstanding
        return None

    def note_bad(self, number: str) -> None:
        """Note that one line can't be read: the sum of the others would be too small."""
        self._bad.add(number)

    def finish(self, sheet: int) -> int:
        """Take back invoices with a bad line, and return how many came to less than nothing and were left out."""
        for number in self._bad & set(self._rows):
            self._said.invoices.pop(number, None)
            for row in self._rows[number]:
                self._said.fault(Place(sheet, row.row), row)
        owing = [n for n in self._rows if n in self._said.invoices and self._said.invoices[n].total < 0]
        for number in owing:
            del self._said.invoices[number]
        return len(owing)
