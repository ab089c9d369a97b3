"""From a path to its sheets: what kind of file it is, is told by its first bytes and never by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.imports.faults import FileFault
from bot.imports.sheets import Sheet
from bot.imports.text import MOST_BYTES, read_text
from bot.imports.workbook import read_workbook

MOST_WORKBOOK_BYTES = 50_000_000
_NOT_LISTS = {
    b"%PDF": "it is a PDF; export the list as CSV or XLSX",
    b"\x89PNG": "it is a picture; export the list as CSV or XLSX",
    b"\xff\xd8\xff": "it is a picture; export the list as CSV or XLSX",
    b"GIF8": "it is a picture; export the list as CSV or XLSX",
    b"\x1f\x8b": "it is packed; unpack it first",
    b"7z\xbc\xaf": "it is packed; unpack it first",
    b"Rar!": "it is packed; unpack it first",
    b"<?xml": "it is XML; open it in a spreadsheet and save it as CSV or XLSX",
    b"<!DO": "it is a web page; export the list as CSV or XLSX",
    b"<htm": "it is a web page; export the list as CSV or XLSX",
}


@contextmanager
def open_file(path: Path, name: str | None = None) -> Iterator[list[Sheet]]:
    """Give the sheets of a CSV, XLSX, XLS or ODS file; `name` is what the person calls it. Raises FileFault."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise FileFault(f"it can't be opened ({error.strerror})") from None
    if size == 0:
        raise FileFault("it is empty")
    for magic, reason in _NOT_LISTS.items():
        if start.lower().startswith(magic.lower()):
            raise FileFault(reason)
    called = name or path.name
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        if size > MOST_WORKBOOK_BYTES:
            raise FileFault(f"it is larger than {MOST_WORKBOOK_BYTES // 1_000_000} MB; split it")
        with read_workbook(path, called) as sheets:
            yield sheets
        return
    if size > MOST_BYTES:
        raise FileFault(f"it is larger than {MOST_BYTES // 1_000_000} MB; split it")
    yield [read_text(path, called)]
