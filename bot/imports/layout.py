"""How a sheet is laid out: titles above the header, and rows below it that are no entries of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from bot.domain.folding import fold
from bot.domain.money import is_currency
from bot.imports.columns import Columns, recognise, shape_of, without_addresses
from bot.imports.dates import ORDERS, read_day
from bot.imports.fields import BUCKET
from bot.imports.headings import folded, recognised_in
from bot.imports.sheets import Cell, Sheet, as_text

RowKind = Literal["entry", "group", "section", "total", "header", "footer"]

_LOOKED_AT = 60
_TOTAL = re.compile(
    r"(?:grand |sub|report )?totals?\b|sub-total|grand-total|net total|totaux|total general|sous[- ]total"
    r"|summe\b|gesamt\b|gesamtsumme|zwischensumme|endsumme|gesamtbetrag|saldo gesamt|suma\b|subtotal|aged receivables?$"
    r"|report generated|aging total|percentage of"
)
_FOOTER = re.compile(
    r"(?:cash|accrual) basis\b.*|.*\d.*\b(?:gmt|utc)\b.*|.*\b(?:gmt|utc)\b.*\d.*"
    r"|(?:page|seite|pagina|pag) \d+(?: \D+ \d+)?"
    r"|(?:printed|generated|created|exported|report (?:run|date)|erstellt|gedruckt|stand|imprimee?|editee?|generee?"
    r"|impreso|generado|exportado|edition du|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b.*\d{4}.*"
)
_ONLY_TOTAL = re.compile(r"(?:grand )?totals?:?|totaux|summe|gesamt|suma|percentage of total.*")
_GROUP_PREFIX = re.compile(r"^(?:customer|client|kunde|debitor|cliente|account|compte|konto|cuenta) *[:#] *", re.I)
_ACCOUNT_LABELS = {
    "a/c",
    "account",
    "customer no",
    "customer code",
    "konto",
    "kunde",
    "kunden-nr",
    "code client",
    "compte",
}
_NAME_LABELS = {"name", "nom", "nombre", "customer", "client"}
_TITLE_CURRENCY = re.compile(
    r"(?:currency|devise|wahrung|moneda|amounts? in|montants? en|betrage in|importes en)\W+(.{3,20})$"
)
_DAYS = ("invoice.due_date", "invoice.issue_date")
_AMOUNTS = ("invoice.total", "invoice.outstanding", "invoice.paid_amount", BUCKET)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the header is and what it means; `titles` are the texts above it."""

    header_row: int
    columns: Columns
    titles: tuple[str, ...]
    chosen: Mapping[str, str]
    """What was chosen for its headings, now or earlier."""

    @property
    def currency(self) -> str | None:
        """Return the currency that a title names, as "Currency: EUR" does."""
        for title in self.titles:
            found = _TITLE_CURRENCY.search(fold(title))
            code = found[1].strip().upper()[:3] if found else ""
            if is_currency(code):
                return code
        return None


def find_layout(sheet: Sheet, chosen: Mapping[str, str], remembered: Mapping[str, Mapping[str, str]]) -> Layout | None:
    """Return the layout, or None for a sheet in which no header is recognised. Raises HeaderFault for a useless one.

    `remembered` has what was chosen earlier for a header of the same shape; `chosen` comes before it.
    """
    first = list(islice(sheet.rows(), _LOOKED_AT))
    best, most = None, 0
    for position, (_, cells) in enumerate(first):
        if shape_of([as_text(cell) for cell in cells]) in remembered:
            best = position
            break
        found = recognised_in(cells, chosen)
        if found > most and (found > 1 or len([c for c in cells if c != ""]) == 1):
            best, most = position, found
    if best is None:
        return None
    number, cells = first[best]
    width = max(len(row) for _, row in first[best:])
    headings = [as_text(cell) for cell in cells] + [""] * (width - len(cells))
    known = remembered.get(shape_of(headings), {})
    titles = tuple(as_text(cell) for _, row in first[:best] for cell in row if cell != "")
    columns = without_addresses(recognise(headings, {**known, **chosen}), [row for _, row in first[best + 1 :]])
    return Layout(number, columns, titles, {**known, **chosen})


class RowSorter:
    """Tells entries from the rows between them; in a grouped report `group` (and `group_id`) say whose rows follow."""

    def __init__(self, layout: Layout) -> None:
        columns = layout.columns
        self._headings = {folded(each.heading) for each in columns.columns if each.heading}
        self._has_invoices = columns.has_invoices
        self._customer = [each.index for each in columns.of("customer.name") + columns.of("customer.external_id")]
        self._number = [each.index for each in columns.of("invoice.number")]
        self._days = [each.index for field in _DAYS for each in columns.of(field)]
        self._amounts = {each.index for field in _AMOUNTS for each in columns.of(field)}
        self.group: str | None = None
        self.group_id: str | None = None

    def kind(self, cells: list[Cell]) -> RowKind:
        """Say what a row is; a group row becomes the group of those that follow."""
        texts = [(i, cell) for i, cell in enumerate(cells) if isinstance(cell, str) and cell]
        if len(texts) > 1 and all(folded(text) in self._headings for _, text in texts):
            return "header"
        filled = {i for i, cell in enumerate(cells) if cell != ""}
        if not self._has_invoices:
            if len(filled) == 1 and texts and _FOOTER.fullmatch(fold(texts[0][1])):
                return "footer"
            lone = len(filled) == 1 or not self._given(cells, self._customer)
            return "total" if texts and _TOTAL.match(fold(texts[0][1])) and lone else "entry"
        if self._has_day(cells):
            return "entry"
        if filled <= self._amounts:
            return "total"
        if texts and self._labelled([text for _, text in texts]):
            return "group"
        words = [(i, text) for i, text in texts if i not in self._amounts]
        numbered = self._given(cells, self._number) and words and words[0][0] not in self._number
        amounts = self._given(cells, list(self._amounts))
        if words and amounts and not numbered and _TOTAL.match(fold(words[0][1])):
            return "total"
        return self._between(cells, words) if len(words) == 1 else "entry"

    def _between(self, cells: list[Cell], words: list[tuple[int, str]]) -> RowKind:
        """Sort a row that has one text, no day, and perhaps amounts: a group, or a heading between rows."""
        index, text = words[0]
        if self._customer and index not in self._customer:
            return "section" if index == 0 and index not in self._number else "entry"
        if self._customer and self._given(cells, list(self._amounts)):
            return "entry"
        if _ONLY_TOTAL.fullmatch(fold(text)):
            return "total"
        self.group, self.group_id = _GROUP_PREFIX.sub("", text).strip(), None
        return "group"

    def _labelled(self, texts: list[str]) -> bool:
        """Take in a group row that says what its parts are: "A/C: | ABC001 | Name: | ABC Ltd"."""
        labels = [fold(text).rstrip(": ") for text in texts]
        if labels[0] not in _ACCOUNT_LABELS or len(texts) < 2:
            return False
        self.group_id = texts[1]
        named = next((i for i, label in enumerate(labels[:-1]) if label in _NAME_LABELS), None)
        self.group = texts[named + 1] if named is not None else None
        return True

    def _given(self, cells: list[Cell], indexes: list[int]) -> bool:
        return any(index < len(cells) and cells[index] != "" for index in indexes)

    def _has_day(self, cells: list[Cell]) -> bool:
        """Say whether a date stands in a date column; a report's group may stand in that column, as a text."""
        for index in self._days:
            cell = cells[index] if index < len(cells) else ""
            if cell == "" or isinstance(cell, bool):
                continue
            if not isinstance(cell, str) or any(_reads(cell, order) for order in ORDERS):
                return True
        return False


def _reads(cell: Cell, order: str) -> bool:
    try:
        read_day(cell, order)  # type: ignore[arg-type]
    except ValueError:
        return False
    return True
