"""Turns a workbook into lines of JSON: `python -m bot.imports.unpack FILE FOLDER`, within limits on memory and time.

A workbook is a program's input from strangers: a few bytes may claim seventeen billion cells. Whatever it does to the
reader, only this process dies of it. Nothing is evaluated; formulas count with the values that they were saved with.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import python_calamine

MOST_MEMORY = 1_500_000_000
MOST_SECONDS = 90
MOST_UNPACKED = 400_000_000
MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
MOST_SHEETS = 50
LONGEST_CELL = 10_000

_XLSX_FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_ODS_FORMULA = re.compile(rb"<table:table-cell\b(?=[^>]*table:formula=)(?![^>]*office:value-type=)[^>]*>")
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3}\d{1,7})"')
_CHUNK = 4_000_000


class Refused(Exception):
    """The workbook is not read; the message says why."""


def main(path: Path, folder: Path) -> None:
    """Write `index.json` and a file of rows for each sheet into `folder`; what is wrong goes into `fault.txt`."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        if zipfile.is_zipfile(path):
            _examine(path)
        _write(path, folder)
    except Refused as fault:
        (folder / "fault.txt").write_text(str(fault), encoding="utf-8")
    except python_calamine.PasswordError:
        (folder / "fault.txt").write_text("it is locked with a password; save it without one", encoding="utf-8")
    except (python_calamine.CalamineError, zipfile.BadZipFile, EOFError, OSError, NotImplementedError):
        (folder / "fault.txt").write_text("it is damaged or cut off; save or upload it again", encoding="utf-8")


def _examine(path: Path) -> None:
    """Unpack everything once, counting: sizes may lie. Look for formulas that were never calculated on the way."""
    unpacked = 0
    with zipfile.ZipFile(path) as archive:
        if len(archive.infolist()) > 2_000:
            raise Refused("it holds too many parts to be a workbook")
        for part in archive.infolist():
            pattern = _formula_in(part.filename)
            for chunk in _chunks(archive, part):
                unpacked += len(chunk.fresh)
                if unpacked > MOST_UNPACKED:
                    raise Refused(f"it unpacks to more than {MOST_UNPACKED // 1_000_000:,} MB; split it")
                found = pattern.search(chunk.seen) if pattern else None
                if found:
                    cell = _REFERENCE.search(found[0])
                    where = f"cell {cell[1].decode()}" if cell else "a cell"
                    raise Refused(
                        f"{where} holds a formula without a value; open it in a spreadsheet and save it again"
                    )


class _Chunk:
    """A piece of an unpacked part: `fresh` is new, `seen` also holds the end of the piece before."""

    def __init__(self, fresh: bytes, before: bytes) -> None:
        self.fresh, self.seen = fresh, before[-20_000:] + fresh


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[_Chunk]:
    before = b""
    with archive.open(part) as content:
        while fresh := content.read(_CHUNK):
            yield _Chunk(fresh, before)
            before = fresh


def _formula_in(name: str) -> re.Pattern[bytes] | None:
    if name.startswith("xl/worksheets/"):
        return _XLSX_FORMULA
    return _ODS_FORMULA if name == "content.xml" else None


def _write(path: Path, folder: Path) -> None:
    with python_calamine.CalamineWorkbook.from_path(str(path)) as workbook:
        shown = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == python_calamine.SheetVisibleEnum.Visible
            and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        if len(shown) > MOST_SHEETS:
            raise Refused(f"it has {len(shown)} sheets; {MOST_SHEETS} are the most")
        index = []
        for number, name in enumerate(shown):
            rows = _rows(workbook.get_sheet_by_name(name), folder / f"{number}.jsonl")
            index.append({"name": name, "rows": rows, "file": f"{number}.jsonl"})
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def _rows(sheet: python_calamine.CalamineSheet, out: Path) -> int:
    if sheet.total_height > MOST_ROWS:
        raise Refused(f"sheet {sheet.name!r} has more than {MOST_ROWS:,} rows; split it")
    written = 0
    with out.open("w", encoding="utf-8") as lines:
        for number, cells in enumerate(sheet.iter_rows(), 1):
            while cells and cells[-1] == "":
                cells.pop()
            if len(cells) > MOST_COLUMNS:
                raise Refused(f"sheet {sheet.name!r} has {len(cells)} columns; {MOST_COLUMNS} are the most")
            plain = [_plain(cell) for cell in cells]
            if any(cell != "" for cell in plain):
                lines.write(json.dumps([number, plain], ensure_ascii=False, separators=(",", ":")) + "\n")
                written += 1
    return written


def _plain(cell: Any) -> Any:
    """Return a cell as JSON has it; a date or moment is a list of its one text."""
    if isinstance(cell, str):
        if len(cell) > LONGEST_CELL:
            raise Refused(f"it has a cell of more than {LONGEST_CELL:,} characters")
        return cell.strip().replace("\x00", "")
    if isinstance(cell, datetime | date):
        return [cell.isoformat()]
    return str(cell) if isinstance(cell, time | timedelta) else cell


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
