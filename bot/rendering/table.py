"""The table of overdue invoices: a real table in HTML, aligned columns in plain text."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

from bot.domain.merge import MergeFacts, totals
from bot.rendering.cleaning import one_line
from bot.rendering.locales import money_text, number_text, short_date, words

Row = tuple[str, str, str, str]

ROW_CELLS = ("\ue010", "\ue011", "\ue012", "\ue013")
HEAD_CELLS = ("\ue014", "\ue015", "\ue016", "\ue017")
TOTAL_CELLS = ("\ue018", "\ue019")

SKELETON = (
    '<table class="invoices"><thead><tr>'
    + f'<th scope="col">{HEAD_CELLS[0]}</th><th scope="col">{HEAD_CELLS[1]}</th>'
    + "".join(f'<th scope="col" class="number">{c}</th>' for c in HEAD_CELLS[2:])
    + "</tr></thead><tbody><tr>"
    + f"<td>{ROW_CELLS[0]}</td><td>{ROW_CELLS[1]}</td>"
    + "".join(f'<td class="number">{c}</td>' for c in ROW_CELLS[2:])
    + '</tr></tbody><tfoot><tr><th scope="row" colspan="3">'
    + f'{TOTAL_CELLS[0]}</th><td class="number">{TOTAL_CELLS[1]}</td></tr></tfoot></table>'
)
"""One table with one row, its cells marked; CSS is inlined into it once, then rows are repeated from it."""

_BODY_ROW = re.compile(r"(?<=<tbody>)<tr.*?</tr>", re.S)
_TOTAL_ROW = re.compile(r"<tr[^>]*>(?:(?!<tr).)*?" + TOTAL_CELLS[0] + r".*?</tr>", re.S)


@dataclass(frozen=True, slots=True)
class InvoiceTable:
    """One customer's overdue invoices in words: made once a message, shown in both of its forms."""

    headings: Row
    rows: tuple[Row, ...]
    total: str
    sums: tuple[str, ...]


class TableTemplate:
    """The skeleton after its CSS was inlined, cut into head, row and total."""

    def __init__(self, inlined: str) -> None:
        body, total = _BODY_ROW.search(inlined), _TOTAL_ROW.search(inlined)
        if body is None or total is None:
            raise ValueError("the table skeleton lost its rows while its CSS was inlined")
        self._row, self._total = body[0], total[0]
        self._before, rest = inlined[: body.start()], inlined[body.end() :]
        self._between, self._after = rest.split(self._total)

    def render(self, table: InvoiceTable) -> str:
        """Return the table in HTML; empty when nothing is overdue."""
        if not table.rows:
            return ""
        head = _fill(self._before, HEAD_CELLS, table.headings)
        body = "".join(_fill(self._row, ROW_CELLS, row) for row in table.rows)
        total = "".join(_fill(self._total, TOTAL_CELLS, (table.total, amount)) for amount in table.sums)
        return head + body + self._between + total + self._after


def table_of(facts: MergeFacts, locale: Locale) -> InvoiceTable:
    """Return the table of the overdue invoices, oldest first, with one sum a currency."""
    w = words(locale)
    return InvoiceTable(
        headings=(w["invoice"], w["due"], w["late"], w["amount"]),
        rows=_rows(facts, locale),
        total=w["total"],
        sums=tuple(money_text(m, locale) for m in totals(facts.overdue)),
    )


def text_table(table: InvoiceTable) -> str:
    """Return the table in columns that line up in a fixed-width font; empty when nothing is overdue."""
    if not table.rows:
        return ""
    rows = table.rows
    totals_rows: list[Row] = [(table.total, "", "", amount) for amount in table.sums]
    lines: list[Row] = [table.headings, *rows, *totals_rows]
    widths = [max(_width(line[n]) for line in lines) for n in range(4)]
    text = [_line(line, widths) for line in lines]
    rule = "-" * max(_width(t) for t in text)
    return "\n".join([text[0], rule, *text[1 : 1 + len(rows)], rule, *text[1 + len(rows) :]])


def _rows(facts: MergeFacts, locale: Locale) -> tuple[Row, ...]:
    return tuple(
        (
            one_line(i.number),
            short_date(i.due_date, locale),
            number_text(i.days_past_due(facts.today), locale),
            money_text(i.money, locale),
        )
        for i in facts.overdue
    )


def _fill(markup: str, cells: tuple[str, ...], values: tuple[str, ...]) -> str:
    for cell, value in zip(cells, values, strict=True):
        markup = markup.replace(cell, html.escape(value))
    return markup


def _line(cells: Row, widths: list[int]) -> str:
    left = [c + " " * (w - _width(c)) for c, w in zip(cells[:2], widths[:2], strict=True)]
    right = [" " * (w - _width(c)) + c for c, w in zip(cells[2:], widths[2:], strict=True)]
    return "  ".join([*left, *right]).rstrip()


def _width(text: str) -> int:
    """Return the columns that a text takes in a fixed-width font."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    """Return 2 for wide East Asian characters, 0 for combining and invisible ones, else 1."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
