"""A letter as the JSON that its template reads: every text cleaned, composed, and breakable where it is very long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.rendering.cleaning import clean_lines, one_line
from bot.rendering.glyphs import printable
from bot.rendering.locales import date_text, locale_of, words
from bot.rendering.paper import Block
from bot.rendering.table import InvoiceTable

_UNBROKEN_CELL, _UNBROKEN_LINE, _UNBROKEN_OWN, _UNBROKEN_TEXT = 14, 20, 30, 44
"""How long a word may be to fit into a cell of the table, the window, our own lines beside it, a line of the text."""
_BETWEEN = re.compile("(?<=.)(?=[^\u0300-\u036f])")
"""Between two letters, an accent staying with its own."""


class Layout(StrEnum):
    """A sheet and where its window is: DIN 5008 form A or B on A4, or a #10 envelope's on US Letter."""

    DIN_A = "din5008a"
    DIN_B = "din5008b"
    US_10 = "us10"


@dataclass(frozen=True, slots=True)
class Stationery:
    """What is the same on all our letters. `sender` is our name, then our postal address, a line each.

    `contact` stands beside it (telephone, email, web); `payment` are the bank details, "IBAN: DE89 ..." a line.
    """

    layout: Layout = Layout.DIN_B
    sender: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    payment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter in words. `language` is a locale such as `fr` or `de_AT`; `recipient` the lines in the window."""

    stationery: Stationery
    language: str
    day: date
    recipient: tuple[str, ...]
    body: tuple[Block, ...]
    reference: str = ""
    subject: str = ""
    signature: tuple[str, ...] = ()


def facts_of(letter: Letter) -> dict[str, object]:
    """Return everything that stands in the letter, as its template reads it."""
    locale, own = locale_of(letter.language), letter.stationery
    w, day = words(locale), printable(date_text(letter.day, locale))
    recipient, reference = clean(letter.recipient), _line(letter.reference, _UNBROKEN_CELL)
    return {
        "layout": own.layout.value,
        "language": locale.language,
        "region": locale.territory,
        "day": [letter.day.year, letter.day.month, letter.day.day],
        "words": {"letter": w["letter"], "page": w["page_of"], "payment": w["payment"]},
        "sender": clean(own.sender, _UNBROKEN_OWN),
        "contact": clean(own.contact, _UNBROKEN_OWN),
        "recipient": recipient,
        "facts": [[w["date"], day], *([[w["reference"], reference]] if reference else [])],
        "continued": " · ".join(part for part in (*recipient[:1], reference, day) if part),
        "subject": _line(letter.subject, _UNBROKEN_TEXT),
        "body": [_block(block) for block in letter.body],
        "signature": clean(letter.signature, _UNBROKEN_TEXT),
        "payment": [_labelled(line) for line in clean(own.payment, _UNBROKEN_OWN)],
    }


def clean(lines: Sequence[str], unbroken: int = _UNBROKEN_LINE) -> list[str]:
    """Return the lines as they are printed, without empty ones; longer words than `unbroken` may be broken."""
    return [shown for line in lines if (shown := _line(line, unbroken))]


def texts(found: object) -> Iterator[str]:
    """Yield every text of a letter's facts."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from texts(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from texts(value)


def _block(block: Block) -> dict[str, object]:
    if block.table is not None:
        return {"kind": "table", "table": _table(block.table)}
    lines = [[{"text": _text(r.text), "bold": r.bold, "italic": r.italic} for r in line] for line in block.lines]
    return {"kind": block.kind, "start": block.start, "lines": lines}


def _table(table: InvoiceTable) -> dict[str, object]:
    def cells(given: Sequence[str]) -> list[str]:
        return [_line(cell, _UNBROKEN_CELL) for cell in given]

    return {
        "headings": cells(table.headings),
        "rows": [cells(row) for row in table.rows],
        "total": _line(table.total, _UNBROKEN_OWN),
        "sums": cells(table.sums),
    }


def _text(text: str) -> str:
    return _breakable(printable(clean_lines(text)), _UNBROKEN_TEXT)


def _line(text: str, unbroken: int) -> str:
    return _breakable(printable(one_line(text)).strip(), unbroken)


def _breakable(text: str, most: int) -> str:
    """Let a very long word, such as a link's address, be broken anywhere: it would stick out of the page otherwise."""
    return re.sub(rf"\S{{{most + 1},}}", lambda m: _BETWEEN.sub("\u200b", m[0]), text)


def _labelled(line: str) -> list[str]:
    label, colon, value = line.partition(": ")
    return [label, value.strip()] if colon else ["", line]
