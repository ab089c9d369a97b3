"""How a sheet writes dates and amounts, decided over its whole columns; what stays open is asked, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

from bot.imports import amounts, dates
from bot.imports.amounts import Sign
from bot.imports.dates import Order
from bot.imports.faults import RowFault
from bot.imports.fields import FIELDS
from bot.imports.layout import Layout
from bot.imports.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Dialect:
    """What was decided: `order_seen` and `sign_seen` say whether any cell depends on it."""

    order: Order
    sign: Sign
    order_seen: bool
    sign_seen: bool
    rows: int
    """How many rows there are below the header."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """What the columns leave open: the options that settle it, and the faults that say so."""

    options: tuple[str, ...]
    faults: tuple[RowFault, ...]


def decide(sheet: Sheet, layout: Layout, *, order: Order | None, sign: Sign | None) -> tuple[Dialect, Undecided]:
    """Return how the sheet's dates and amounts are written; `order` and `sign` are what the person said, and win.

    All date columns of a sheet vote together, and so do all columns of amounts: one program wrote them.
    """
    days, sums = dates.Votes(), amounts.Votes()
    day_columns = _indexes(layout, ("day", "moment", "paid_on"))
    sum_columns = _indexes(layout, ("amount",))
    rows = 0
    for number, cells in sheet.rows():
        if number > layout.header_row:
            rows += 1
            days.take(cells[i] for i in day_columns if i < len(cells))
            sums.take(cells[i] for i in sum_columns if i < len(cells))
    found_order, found_sign = order or days.order, sign or sums.sign
    options, faults = [], []
    if days.asked and found_order is None:
        options.append("date_order")
        faults.append(_open_order(sheet, layout, days))
    if sums.asked and found_sign is None:
        options.append("decimal")
        faults.append(_open_sign(sheet, layout, sums))
    decided = Dialect(found_order or "dmy", found_sign or ".", days.asked, sums.asked, rows)
    return decided, Undecided(tuple(options), tuple(faults))


def _indexes(layout: Layout, kinds: tuple[str, ...]) -> list[int]:
    columns = layout.columns.columns
    return [each.index for each in columns if each.field in FIELDS and FIELDS[each.field].kind in kinds]


def _open_order(sheet: Sheet, layout: Layout, votes: dates.Votes) -> RowFault:
    if votes.possible:
        reason = "every date may have the day or the month first: say which with --date-order dmy or --date-order mdy"
    else:
        reason = "some dates have the day first and others the month: say with --date-order dmy or mdy which are right"
    return RowFault(sheet.file, layout.header_row, "the dates", votes.example, reason, sheet.name)


def _open_sign(sheet: Sheet, layout: Layout, votes: amounts.Votes) -> RowFault:
    if votes.possible:
        reason = 'the sign may stand before decimals or thousands: say which with --decimal "." or --decimal ","'
    else:
        reason = 'some amounts have a decimal point and others a comma: say with --decimal "." or "," which are right'
    return RowFault(sheet.file, layout.header_row, "the amounts", votes.example, reason, sheet.name)
