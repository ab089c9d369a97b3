"""Amounts: signs, symbols and separators of every usual kind; the decimal sign is decided by the column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bot.domain.money import exponent, is_currency
from bot.imports import places
from bot.imports.sheets import Cell

Sign = Literal[".", ","]
SIGN_NAMES = {".": "a point", ",": "a comma"}
_EXAMPLES = {".": "1,234.50", ",": "1.234,50"}
MOST_MINOR_UNITS = 10**15
"""Larger than any invoice; sums of a million such amounts still fit into 64 bits."""

_SPACES = re.compile(r"[\s\u00a0\u202f'’]+")
_NO_CENTS = re.compile(r"(?<=\d)[.,][-–—]{1,2}(?=\D*$)")
"""What stands for no cents: 99.- and 99,— are 99."""
_PARTS = re.compile(
    r"(?P<before>[^\d(),.+-]*)(?P<open>\(?)(?P<sign>[+-]?)(?P<inner>[^\d(),.+-]*)(?P<digits>[\d.,]*\d[\d.,]*)(?P<after>[^\d(),.+-]*)(?P<close>\)?)(?P<late>-?)(?P<last>[^\d(),.+-]*)"
)
SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "BRL", "TWD", "UYU", "DOP"),
    "¥": ("JPY", "CNY"),
    "rs": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "kr": ("", "SEK", "NOK", "DKK", "ISK"),
}
"""Signs of several currencies, the likeliest first; empty where none is."""
_CREDIT = {"cr", "c", "h", "haben"}
_DEBIT = {"dr", "d", "s", "soll", ""}


@dataclass(slots=True)
class Votes:
    """What the cells of a sheet's amount columns say of the decimal sign."""

    possible: set[Sign] = field(default_factory=lambda: {".", ","})
    asked: bool = False
    """Whether any cell depends on the sign."""
    example: str = ""

    def take(self, cells: Iterable[Cell]) -> None:
        """Take in the cells of a column."""
        for cell in cells:
            if isinstance(cell, str) and cell:
                cents = _NO_CENTS.search(_SPACES.sub("", cell))
                if cents:
                    self.asked = True
                    self.possible &= {cents[0][0]}
                else:
                    self._vote(re.sub(r"[^\d.,]", "", cell).strip(".,"))

    def _vote(self, digits: str) -> None:
        points, commas = digits.count("."), digits.count(",")
        if not points and not commas:
            return
        decimal: Sign | None = None
        if points and commas:
            decimal = "." if digits.rfind(".") > digits.rfind(",") else ","
        else:
            used: Sign = "." if points else ","
            other: Sign = "," if points else "."
            before, _, after = digits.rpartition(used)
            if points + commas > 1:
                decimal = other
            elif len(after) != 3 or len(before) > 3 or before in ("", "0"):
                decimal = used
        if not self.asked or decimal is None:
            self.asked, self.example = True, digits
        if decimal is not None:
            self.possible &= {decimal}

    @property
    def sign(self) -> Sign | None:
        """Return the only sign possible, None where there are two or none."""
        return next(iter(self.possible)) if len(self.possible) == 1 else None


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as it stands in a cell: `currency` where a symbol or code stands beside it.

    `symbol` is a sign that several currencies share.
    """

    value: Decimal
    currency: str | None = None
    symbol: str | None = None

    def minor(self, currency: str) -> int:
        """Return the minor units; raise ValueError where the amount has more decimals than the currency."""
        digits = exponent(currency)
        scaled = self.value.scaleb(digits)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"has more decimals than {currency} has ({digits})")
        if abs(scaled) > MOST_MINOR_UNITS:
            raise ValueError("is larger than any invoice")
        return int(scaled)


def read_amount(cell: Cell, sign: Sign) -> Amount:
    """Return the amount that a cell says; raise ValueError for what is none."""
    if isinstance(cell, bool):
        raise ValueError("is no amount such as 1234.50")
    if isinstance(cell, int | float):
        # workbooks hold binary fractions: 0.1 + 0.2 is meant to be 0.3
        return Amount(Decimal(repr(round(float(cell), 4))).normalize() + 0)
    if not isinstance(cell, str):
        raise ValueError("is a date, no amount")
    text = _NO_CENTS.sub("", _SPACES.sub("", cell.replace("−", "-")))
    found = _PARTS.fullmatch(re.sub(r"^–(?=\D*\d)", "-", text))
    if found is None:
        raise ValueError("is no amount such as 1234.50")
    words = [word for word in (found["before"], found["inner"], found["after"], found["last"]) if word]
    marks = [word for word in words if word.casefold() in _CREDIT | _DEBIT]
    negative = (found["sign"] == "-") ^ bool(found["open"]) ^ bool(found["late"])
    negative ^= any(word.casefold() in _CREDIT for word in marks)
    value = _number(found["digits"], sign)
    named = [word for word in words if word not in marks]
    shared = next((word.casefold().rstrip(".") for word in named if word.casefold().rstrip(".") in SHARED), None)
    return Amount(-value if negative else value, _currency(named), shared)


def _number(digits: str, sign: Sign) -> Decimal:
    thousands = "." if sign == "," else ","
    whole, point, rest = digits.partition(sign)
    groups = whole.split(thousands)
    right = thousands not in rest and (len(groups) == 1 or _grouped(groups))
    if not right or sign in rest or len(digits) > 30 or not (whole or rest) or (point and not rest and not whole):
        raise ValueError(f"is no amount such as {_EXAMPLES[sign]}; the decimal sign is {SIGN_NAMES[sign]} here")
    return Decimal(f"{''.join(groups) or '0'}.{rest or '0'}")


def _grouped(groups: list[str]) -> bool:
    """Say whether thousands are grouped as people do: in threes, or in twos before the last three as in India."""
    middle = {len(group) for group in groups[1:-1]}
    return 1 <= len(groups[0]) <= 3 and len(groups[-1]) == 3 and middle in (set(), {3}, {2})


def _currency(words: list[str]) -> str | None:
    for word in words:
        if word.casefold().rstrip(".") in SHARED:
            continue
        if len(word) == 3 and is_currency(word.upper()):
            return word.upper()
        try:
            return places.currency(word)
        except ValueError:
            raise ValueError("is no amount such as 1234.50") from None
    return None
