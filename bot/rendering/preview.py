"""A message as its preview shows it: what the customer reads, part by part, for whoever draws it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from html.parser import HTMLParser

from bot.rendering.content import Rendered
from bot.rendering.table import InvoiceTable, Row, text_table

LIMIT = 2_800
"""Characters of a message that a preview shows; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one form; `url` makes it a link."""

    text: str
    bold: bool = False
    italic: bool = False
    url: str | None = None


Line = tuple[Span, ...]


class PartKind(StrEnum):
    """What a part is; FIXED text keeps its columns, as the invoice table in a fixed-width font."""

    TEXT = "text"
    BULLETS = "bullets"
    NUMBERS = "numbers"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, a list (a line an item, NUMBERS from `start`) or a table."""

    kind: PartKind
    lines: tuple[Line, ...]
    start: int = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """The beginning of a message; `more` counts the characters after it."""

    parts: tuple[Part, ...] = ()
    more: int = 0


def preview_of(rendered: Rendered, limit: int = LIMIT) -> Shown:
    """Return the message as its reader sees it, the first `limit` characters of it."""
    if not rendered.html:  # a channel without formatting
        return _within([_fixed(rendered.text.strip())], limit)
    reader = _Reader()
    reader.feed(rendered.html)
    return _within(reader.parts, limit)


def _within(parts: Iterable[Part], limit: int) -> Shown:
    shown: list[Part] = []
    left, more = limit, 0
    for part in parts:
        lines: list[Line] = []
        for line in part.lines:
            kept = tuple(_cut(line, left))
            length = sum(len(span.text) for span in line)
            more += max(length - left, 0)
            left = max(left - length, 0)
            if kept or not more:  # an empty line stays where it is
                lines.append(kept)
        if lines:
            shown.append(replace(part, lines=tuple(lines)))
    return Shown(tuple(shown), more)


def _cut(line: Line, left: int) -> Iterator[Span]:
    for span in line:
        if left > 0:
            yield replace(span, text=span.text[:left])
        left -= len(span.text)


def _fixed(text: str) -> Part:
    return Part(PartKind.FIXED, tuple((Span(line),) if line else () for line in text.split("\n")))


@dataclass(slots=True)
class _Table:
    """The cells of a table, row by row: headings, one row an invoice, sums."""

    rows: list[list[str]] = field(default_factory=list)
    sums: int = 0
    """The row at which the sums begin."""

    def as_part(self) -> Part:
        headings, *rows = [_row(cells) for cells in self.rows[: self.sums]]
        sums = self.rows[self.sums :]
        total = InvoiceTable(headings, tuple(rows), sums[0][0] if sums else "", tuple(cells[-1] for cells in sums))
        return _fixed(text_table(total))


def _row(cells: list[str]) -> Row:
    number, due, late, amount = cells
    return number, due, late, amount


_BEGINS = {"p": PartKind.TEXT, "ul": PartKind.BULLETS, "ol": PartKind.NUMBERS}


class _Reader(HTMLParser):
    """Reads the HTML that this package writes, and no other: no part is inside another."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[Part] = []
        self._kind: PartKind | None = None
        self._lines: list[list[Span]] = []
        self._start = 1
        self._form = Span("")
        self._table: _Table | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a part, a line, a form or a cell."""
        given = dict(attrs)
        if tag in _BEGINS:
            self._kind, self._lines, self._start = (
                _BEGINS[tag],
                [[]] if tag == "p" else [],
                int(given.get("start") or 1),
            )
        elif tag in ("br", "li"):
            self._lines.append([])
        elif tag in ("strong", "em", "a"):
            self._form = self._formed(tag, on=True, url=given.get("href"))
        elif tag == "table":
            self._table = _Table()
        elif self._table is not None:
            self._in_table(self._table, tag)

    def handle_endtag(self, tag: str) -> None:
        """End a part, or a form."""
        if tag in ("strong", "em", "a"):
            self._form = self._formed(tag, on=False, url=None)
        elif tag == "table" and self._table is not None:
            self.parts.append(self._table.as_part())
            self._table = None
        elif tag in _BEGINS and self._kind is not None:
            self.parts.append(Part(self._kind, tuple(map(tuple, self._lines)), self._start))
            self._kind = None

    def handle_data(self, data: str) -> None:
        """Take text; what stands between parts is the page's own white space."""
        if self._table is not None and self._table.rows and self._table.rows[-1]:
            self._table.rows[-1][-1] += data
        elif self._kind is not None and self._lines and data:
            self._lines[-1].append(replace(self._form, text=data))

    def _formed(self, tag: str, *, on: bool, url: str | None) -> Span:
        if tag == "strong":
            return replace(self._form, bold=on)
        return replace(self._form, italic=on) if tag == "em" else replace(self._form, url=url)

    def _in_table(self, table: _Table, tag: str) -> None:
        if tag == "tr":
            table.rows.append([])
        elif tag in ("th", "td"):
            table.rows[-1].append("")
        elif tag == "tfoot":
            table.sums = len(table.rows)
