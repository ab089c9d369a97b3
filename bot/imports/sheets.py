"""A sheet: rows of cells that can be walked as often as needed without being held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

Cell = str | int | float | bool | date | datetime
"""What a cell holds: CSV has texts alone, workbooks have numbers, dates and truth values too. Empty is ""."""

Numbered = tuple[int, list[Cell]]
"""A row's number, as a spreadsheet counts, and its cells."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook, or a whole CSV file; `rows` starts anew at each call and skips empty rows."""

    file: str
    name: str
    """Of the sheet; empty for CSV and for a workbook of one sheet."""
    rows: Callable[[], Iterator[Numbered]]
    delimiter: str = ""
    encoding: str = ""

    @property
    def is_workbook(self) -> bool:
        """Say whether the sheet comes from a workbook."""
        return not self.delimiter


def as_text(cell: Cell) -> str:
    """Return a cell as a person would type it: whole numbers without a point, days without a time."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def clean(text: str) -> str:
    """Return a cell of a CSV file without what spreadsheets and we ourselves put around it to keep it from being read
    as a formula: ="00123" is 00123, and '+49 30 is +49 30."""
    text = text.strip().replace("\x00", "")
    if len(text) > 3 and text.startswith('="') and text.endswith('"'):
        return text[2:-1]
    if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r":
        return text[1:]
    return text
