"""XLSX, XLS and ODS: read by python-calamine in a process of its own (see unpack), then walked row by row."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.cores import CORE
from bot.imports.faults import FileFault
from bot.imports.sheets import Cell, Numbered, Sheet

MOST_SECONDS = 120
_UNPACK = Path(__file__).with_name("unpack.py")


@contextmanager
def read_workbook(path: Path, name: str) -> Iterator[list[Sheet]]:
    """Give the workbook's visible sheets that hold anything; their rows are gone at the end. Raises FileFault."""
    with tempfile.TemporaryDirectory(prefix="campaign-bot-") as made:
        folder = Path(made)
        _unpack(path, folder)
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        filled = [each for each in index if each["rows"]]
        if not filled:
            raise FileFault("it is empty")
        yield [_sheet(name, each["name"] if len(filled) > 1 else "", folder / each["file"]) for each in filled]


def _unpack(path: Path, folder: Path) -> None:
    # by its path, and isolated: the package would bring the whole database layer along
    command = [sys.executable, "-I", str(_UNPACK), str(path), str(folder)]
    try:
        with CORE.roaming():
            subprocess.run(command, timeout=MOST_SECONDS, capture_output=True, check=False)  # noqa: S603 (our own module)
    except subprocess.TimeoutExpired:
        raise FileFault("it takes too long to read; split it, or save it as CSV") from None
    fault = folder / "fault.txt"
    if fault.exists():
        raise FileFault(fault.read_text(encoding="utf-8"))
    if not (folder / "index.json").exists():
        raise FileFault("it needs more memory to read than such a list ever does; save it as CSV")


def _sheet(file: str, name: str, path: Path) -> Sheet:
    def rows() -> Iterator[Numbered]:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                number, cells = json.loads(line)
                yield number, [_cell(cell) for cell in cells]

    return Sheet(file, name, rows)


def _cell(cell: Any) -> Cell:
    if isinstance(cell, list):
        text: str = cell[0]
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    found: Cell = cell
    return found
