"""CSV and its kin: encoding and delimiter are found out, and the file is read as a stream, within limits.

Neither the file nor a line of it is ever held whole, so that memory does not grow with what is uploaded.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from bot.imports.faults import FileFault
from bot.imports.headings import recognised_in
from bot.imports.sheets import Cell, Numbered, Sheet, clean

MOST_BYTES = 100_000_000
LONGEST_CELL = 10_000
LONGEST_LINE = 1_000_000
MOST_COLUMNS = 200
MOST_ROWS = 1_000_000
_SAMPLE_ROWS = 60
_DELIMITERS = ",;\t|"
_CHUNK = 1_000_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path, name: str) -> Sheet:
    """Return a text file as a sheet; `name` is what the person calls the file. Raises FileFault."""
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding)

    def rows() -> Iterator[Numbered]:
        return _rows(path, encoding, delimiter)

    return Sheet(name, "", rows, delimiter, encoding)


def _encoding(path: Path) -> str:
    """Tell the encoding by byte order mark, then UTF-8 if the whole file is, then by how well its accents fit."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, foreign = True, bytearray()
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith(_UTF16):
            return "utf-16"
        file.seek(0)
        while chunk := file.read(_CHUNK):
            if b"\x00" in chunk:
                raise FileFault("it holds NUL bytes, so it is no text; export it again as CSV")
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            if not is_utf8 and len(foreign) < _CHUNK:
                foreign += b"\n".join(line for line in chunk.split(b"\n") if not line.isascii())[:_CHUNK]
    if is_utf8:
        return "utf-8-sig"
    return _eight_bits(bytes(foreign))


def _eight_bits(lines: bytes) -> str:
    """Choose what Windows writes unless the accented letters make sense in another usual encoding only."""
    best = max(("cp1252", "mac_roman", "cp850"), key=lambda each: _sense(lines, each))
    if _sense(lines, best) > 0:
        return best
    from charset_normalizer import from_bytes  # few files get this far

    guess = from_bytes(lines[:100_000]).best()
    if guess is None:
        raise FileFault("its encoding can't be told; save it as UTF-8")
    return guess.encoding


_USUAL_LETTERS = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœßùúûüÿÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜ")
_USUAL_SIGNS = frozenset("€£§°º«»–—’‘“”„…¿¡®©\xa0")
_INSIDE_WORDS = "’"


def _sense(lines: bytes, encoding: str) -> int:
    """Score how well the characters beyond ASCII are those of Western texts; ties go to the first encoding.

    A letter speaks more for an encoding than a sign does; a sign within a word speaks against it ("Raz—n" is no
    Spanish), and so does a capital within one ("FacturaciÛn"), or a letter beside an amount, where a currency is
    meant ("12,00 Ä").
    """
    try:
        text = lines.decode(encoding)
    except UnicodeDecodeError:
        return -len(lines)
    score = 0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character.isascii():
            continue
        if character in _USUAL_LETTERS:
            score += -3 if _is_out_of_place(before, character, after) else 2
        elif character == "€":
            score += 3
        elif character not in _USUAL_SIGNS:
            score -= 4
        elif before.isalpha() and after.isalpha() and character not in _INSIDE_WORDS:
            score -= 2
        else:
            score += 1
    return score


def _is_out_of_place(before: str, letter: str, after: str) -> bool:
    """Say whether no Western text has this letter between these neighbours."""
    alone = not before.isalpha() and not after.isalpha()
    return (letter.isupper() and before.islower()) or (alone and letter not in "àÀéÉóÓúÚ")


def _lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open("r", encoding=encoding, newline="", errors="replace") as file:
        first = True
        while line := file.readline(LONGEST_LINE):
            if len(line) >= LONGEST_LINE:
                raise FileFault(f"it has a line of more than {LONGEST_LINE:,} characters; this is no list of rows")
            if "\x00" in line:
                raise FileFault("it holds NUL bytes, so it is no text; export it again as CSV")
            if first and line.lower().startswith("sep=") and len(line.strip()) == 5:
                line = "\n"  # Excel's note of its delimiter is no row; it still counts as one
            first = False
            yield line


def _delimiter(path: Path, encoding: str) -> str:
    """Choose the delimiter under which most of a header is recognised, then the one that cuts most rows alike."""
    sample: list[str] = []
    with path.open("rb") as raw:
        note = raw.read(12).decode("latin-1").replace("\x00", "").lstrip("ï»¿ÿþ").lower()
    if note.startswith("sep=") and len(note) > 4 and note[4] in _DELIMITERS:
        return note[4]
    for line in _lines(path, encoding):
        sample.append(line)
        if len(sample) == _SAMPLE_ROWS:
            break
    if not any(line.strip() for line in sample):
        raise FileFault("it is empty")
    return max(_DELIMITERS, key=lambda each: _fit(sample, each))


def _fit(sample: list[str], delimiter: str) -> tuple[int, int]:
    csv.field_size_limit(LONGEST_LINE)
    try:
        rows = [row for row in csv.reader(sample, delimiter=delimiter) if row]
    except csv.Error:
        return (0, 0)
    widths = [len(row) for row in rows if len(row) > 1]
    alike = max((widths.count(width) for width in set(widths)), default=0)
    return (max((recognised_in(row) for row in rows), default=0), alike)


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[Numbered]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(_lines(path, encoding), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise FileFault(f"it has more than {MOST_ROWS:,} rows; split it")
            if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
                raise FileFault(f"row {number} has {len(cells)} columns; {MOST_COLUMNS} are the most")
            cleaned: list[Cell] = [clean(cell) for cell in cells]
            if any(cleaned):
                yield number, cleaned
    except csv.Error as error:
        raise FileFault(f"row {reader.line_num} is no proper CSV ({error}); check its quotes") from None
