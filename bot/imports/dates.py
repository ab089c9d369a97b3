"""Dates: every usual way of writing one, and the order of day and month decided over a whole column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal

from babel import Locale

from bot.domain.folding import fold
from bot.imports.sheets import Cell

Order = Literal["dmy", "mdy", "ymd"]
ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
ORDER_NAMES = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_NUMERIC = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})(?:[T, ]+\d.*)?")
_DAY_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[-/. ]+(?:de )?([^\W\d]{3,12})\.?[-/., ]+(?:de )?(\d{4}|\d{2})(?: .*)?"
)
_NAMED_DAY = re.compile(r"([^\W\d]{3,12})\.?[- ]+(\d{1,2})(?:st|nd|rd|th)?,?[- ]+(\d{4}|\d{2})(?:,? .*)?")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_NOT_A_DATE = "is no date such as 2026-03-31"
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
"""Days since 1899-12-30, as workbooks count: 1954 to 2119."""


@dataclass(slots=True)
class Votes:
    """What the cells of a sheet's date columns say of the order."""

    possible: set[Order] = field(default_factory=lambda: {"dmy", "mdy"})
    asked: bool = False
    """Whether any cell depends on the order."""
    example: str = ""

    def take(self, cells: Iterable[Cell]) -> None:
        """Take in the cells of a column."""
        for cell in cells:
            found = _NUMERIC.fullmatch(cell.strip()) if isinstance(cell, str) and cell else None
            if found is None:
                continue
            first, sign, second = int(found[1]), found[2], int(found[3])
            if not self.asked or (first <= 12 and second <= 12):
                self.asked, self.example = True, found[0]
            if first > 12 or sign == ".":  # nobody writes the month first with points
                self.possible.discard("mdy")
            if second > 12:
                self.possible.discard("dmy")

    @property
    def order(self) -> Order | None:
        """Return the only order possible, None where there are two or none."""
        return next(iter(self.possible)) if len(self.possible) == 1 else None


def read_day(cell: Cell, order: Order) -> date:
    """Return the day that a cell says; raise ValueError for what is none, or is none in this order."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float):
        return _from_number(cell)
    text = cell.strip()
    serial = _SERIAL.fullmatch(text)
    if serial:  # a workbook's date that was saved as the number it is
        return _from_number(int(serial[1]))
    return _sane(_from_text(text, order))


def read_moment(cell: Cell, order: Order) -> datetime:
    """Return the moment that a cell says, in UTC where it names no offset; a day alone is its beginning."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC) if cell.tzinfo is None else cell
    if isinstance(cell, str):
        try:
            found = datetime.fromisoformat(cell.strip())
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    day = read_day(cell, order)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _from_text(text: str, order: Order) -> date:
    for pattern in (_ISO, _COMPACT):
        found = pattern.fullmatch(text)
        if found:
            return _day(int(found[1]), int(found[2]), int(found[3]))
    numeric = _NUMERIC.fullmatch(text)
    if numeric:
        first, second, third = int(numeric[1]), int(numeric[3]), numeric[4]
        if order == "ymd" and len(third) == 2:
            return _day(2000 + first, second, int(third))
        day, month = (second, first) if order == "mdy" else (first, second)
        return _day(_year(third), month, day)
    named = _DAY_NAMED.fullmatch(text)
    if named:
        return _day(_year(named[3]), _month(named[2]), int(named[1]))
    named = _NAMED_DAY.fullmatch(text)
    if named and fold(named[1]) not in _weekdays():
        return _day(_year(named[3]), _month(named[1]), int(named[2]))
    weekday, _, rest = text.partition(" ")
    if fold(weekday).rstrip(".,") in _weekdays():
        return _from_text(rest.strip(), order)
    raise ValueError(_NOT_A_DATE)


def _from_number(number: float) -> date:
    if _FIRST_SERIAL <= number <= _LAST_SERIAL:
        return date(1899, 12, 30) + timedelta(days=int(number))
    compact = _COMPACT.fullmatch(str(int(number)))
    if compact is None:
        raise ValueError(_NOT_A_DATE)
    return _day(int(compact[1]), int(compact[2]), int(compact[3]))


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(_NOT_A_DATE) from None


def _sane(day: date) -> date:
    if not 1950 <= day.year <= 2199:
        raise ValueError("is a date of another century")
    return day


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text) if int(text) < 70 else 1900 + int(text)


def _month(name: str) -> int:
    found = _months().get(fold(name)[:12])
    if found is None:
        raise ValueError(_NOT_A_DATE)
    return found


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(
        fold(name).rstrip(".")
        for language in ("en", "fr", "de", "es")
        for width in ("wide", "abbreviated")
        for name in Locale(language).days["format"][width].values()
    )


@cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {"sept": 9, "mrz": 3, "maerz": 3, "janner": 1, "feber": 2}
    for language in ("en", "fr", "de", "es"):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for month, name in Locale(language).months[context][width].items():
                    found.setdefault(fold(name).rstrip("."), month)
    return found
