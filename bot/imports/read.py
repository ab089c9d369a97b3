"""From a file's bytes to its header and rows, with limits that keep a hostile file from eating the machine."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

MOST_BYTES = 200_000_000
LONGEST_CELL = 10_000
MOST_COLUMNS = 200


class FileFault(ValueError):
    """The file as a whole can't be read; the message says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's header and its rows with their numbers, as a spreadsheet counts them (the header is row 1)."""

    file: str
    headings: tuple[str, ...]
    rows: list[tuple[int, tuple[str, ...]]]


def read_csv(path: Path) -> Sheet:
    """Return a CSV file's rows; delimiter and encoding are found out. Raises FileFault."""
    lines = _lines(_text(path))
    first = next(lines, None)
    if first is None:
        raise FileFault("it is empty")
    headings = tuple(cell.strip() for cell in first[1])
    if len(headings) > MOST_COLUMNS:
        raise FileFault(f"it has {len(headings)} columns; {MOST_COLUMNS} are the most")
    rows = [(n, tuple(cell.strip() for cell in cells)) for n, cells in lines if any(c.strip() for c in cells)]
    if not rows:
        raise FileFault("it has a header and no rows")
    return Sheet(path.name, headings, rows)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FileFault(f"it is larger than {MOST_BYTES // 1_000_000} MB; split it")
        raw = path.read_bytes()
    except OSError as error:
        raise FileFault(f"it can't be opened ({error.strerror})") from None
    if raw.startswith(b"%PDF"):
        raise FileFault("it is a PDF; export the list as CSV")
    if raw.startswith(b"PK\x03\x04"):
        raise FileFault("it is a spreadsheet or an archive; export the list as CSV")
    if b"\x00" in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileFault("it holds NUL bytes, so it is no text; export it again as CSV")
    return _decoded(raw)


def _decoded(raw: bytes) -> str:
    """Decode by byte order mark, then as UTF-8, then as what Windows writes; only then is the encoding guessed."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    guess = from_bytes(raw[:1_000_000]).best()
    if guess is None:
        raise FileFault("its encoding can't be told; save it as UTF-8")
    return raw.decode(guess.encoding, "replace")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    sample = text[:20_000].split("\n", 1)[0]
    delimiter = max(",;\t|", key=sample.count)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        raise FileFault(f"row {reader.line_num} is no proper CSV ({error}); check its quotes") from None
