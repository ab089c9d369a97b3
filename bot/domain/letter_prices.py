"""What posting letters costs, as an admin wrote it down: "EUR letter 0.95, page 0.12"."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bot.domain.money import is_currency

LONGEST = 200
LIKE = "EUR letter 0.95, page 0.12"
_DEAREST = Decimal(1000)


@dataclass(frozen=True, slots=True)
class LetterPrices:
    """In major units of `currency`: `letter` for each (envelope and postage), and `page` for each page of it."""

    currency: str
    letter: Decimal
    page: Decimal

    def of(self, pages: int | Decimal, letters: int = 1) -> Decimal:
        """Return what letters with so many pages together cost."""
        return self.letter * letters + self.page * pages


def parse_letter_prices(text: str) -> LetterPrices | None:
    """Read the prices; None for an empty text. Raises ValueError with what is wrong and how it is written."""
    words = re.findall(r"[^\s,;=:]+", text)
    if not words:
        return None
    currency, rest = words[0].upper(), words[1:]
    if not is_currency(currency):
        raise ValueError(f"Begin with the currency: {LIKE}.")
    prices = {name.casefold(): price for name, price in zip(rest[::2], rest[1::2], strict=False)}
    if len(rest) % 2 or not prices or not prices.keys() <= {"letter", "page"}:
        raise ValueError(f"Write the price of a letter, of a page, or of both: {LIKE}.")
    return LetterPrices(currency, _price(prices.get("letter", "0")), _price(prices.get("page", "0")))


def _price(word: str) -> Decimal:
    with suppress(InvalidOperation):  # raised by what is no number, and by NaN when it is compared
        if 0 <= (price := Decimal(word)) <= _DEAREST:
            return price
    raise ValueError(f"{word} is no price such as 0.95.")
