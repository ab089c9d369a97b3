"""Bad rows, with the reason beside each, in a file of the same kind: to be mended and imported again.

A workbook becomes an XLSX, a text file a CSV with the same delimiter. Nothing in them is ever evaluated: what a
spreadsheet would take for a formula is marked as text (https://owasp.org/www-community/attacks/CSV_Injection), and the
mark is taken off again when the file comes back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.imports.columns import WHAT_TO_MEND
from bot.imports.layout import RowSorter
from bot.imports.reading import Reading, SheetSeen
from bot.imports.said import Place
from bot.imports.sheets import Cell, as_text

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[\d.,]+")


@dataclass(frozen=True, slots=True)
class BadFile:
    """The bad rows of one file, under its name with ".bad" in it."""

    name: str
    content: bytes
    rows: int


def bad_files(reading: Reading) -> Iterator[BadFile]:
    """Give one file for each that has bad rows."""
    by_file: dict[str, list[SheetSeen]] = {}
    for seen in reading.sheets:
        if any(place.sheet == seen.number for place in reading.said.bad):
            by_file.setdefault(seen.sheet.file, []).append(seen)
    for file, sheets in by_file.items():
        rows = sum(1 for place in reading.said.bad if place.sheet in {seen.number for seen in sheets})
        is_workbook = sheets[0].sheet.is_workbook
        content = _xlsx(reading, sheets) if is_workbook else _csv(reading, sheets[0])
        yield BadFile(f"{Path(file).stem}.bad{'.xlsx' if is_workbook else '.csv'}", content, rows)


def safe(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; plain numbers stay as they are."""
    return "'" + text if text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text) else text


def _rows(reading: Reading, seen: SheetSeen) -> Iterator[list[Cell]]:
    """Give header and bad rows, each with its reasons; a grouped report keeps the row that names the customer."""
    width = len(seen.layout.columns.columns)
    header: list[Cell] = [each.heading for each in seen.layout.columns.columns]
    if header[-1] == WHAT_TO_MEND:
        header.pop()
        width -= 1
    if seen.layout.currency is not None:  # a title that says what the amounts are in
        for title in seen.layout.titles:
            yield [title]
    yield [*header, WHAT_TO_MEND]
    sorter = RowSorter(seen.layout)
    shown: tuple[str | None, str | None] = (None, None)
    for number, cells in seen.sheet.rows():
        if number <= seen.layout.header_row:
            continue
        if sorter.kind(cells) == "group":
            group: list[Cell] = cells
            continue
        faults = reading.said.bad.get(Place(seen.number, number))
        if faults:
            if (sorter.group or sorter.group_id) and (sorter.group, sorter.group_id) != shown:
                shown = (sorter.group, sorter.group_id)
                yield group
            padded = [*cells[:width], *[""] * (width - len(cells))]
            yield [*padded, "; ".join(f"{fault.column} {fault.reason}" for fault in faults)]


def _csv(reading: Reading, seen: SheetSeen) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=seen.sheet.delimiter, lineterminator="\r\n")
    for cells in _rows(reading, seen):
        writer.writerow([safe(as_text(cell)) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(reading: Reading, sheets: list[SheetSeen]) -> bytes:
    import xlsxwriter  # most files have no bad rows

    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for seen in sheets:
        sheet = workbook.add_worksheet((seen.sheet.name or "Bad rows")[:31])
        for row, cells in enumerate(_rows(reading, seen)):
            for column, cell in enumerate(cells):
                _put(sheet, row, column, cell, day)
    workbook.close()
    return out.getvalue()


def _put(sheet: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    elif isinstance(cell, datetime | date):
        sheet.write_datetime(row, column, cell, day)
    elif cell:
        sheet.write_string(row, column, cell)
