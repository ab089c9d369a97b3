"""What a segment of an SMS costs by country, as an admin wrote it down: "EUR DE 0.0925, FR 0.0798, other 0.10"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from bot.domain.money import is_currency

OTHER = "other"
LONGEST = 2000
_DEAREST = Decimal(100)


@dataclass(frozen=True, slots=True)
class SmsPrices:
    """Prices of one segment in major units of `currency`, by ISO 3166 country; `other` stands in for all the rest."""

    currency: str
    by_country: Mapping[str, Decimal] = field(default_factory=dict)

    def of(self, country: str | None) -> Decimal | None:
        """Return a segment's price in a country; None where nobody wrote one down."""
        return self.by_country.get(country or OTHER, self.by_country.get(OTHER))


def parse_prices(text: str) -> SmsPrices | None:
    """Read the prices; None for an empty text. Raises ValueError with what is wrong and how it is written."""
    words = re.findall(r"[^\s,;=:]+", text)
    if not words:
        return None
    currency, rest = words[0].upper(), words[1:]
    if not is_currency(currency):
        raise ValueError("Begin with the currency: EUR DE 0.0925, FR 0.0798, other 0.10.")
    if not rest or len(rest) % 2:
        raise ValueError("Write a price after every country: EUR DE 0.0925, FR 0.0798, other 0.10.")
    prices: dict[str, Decimal] = {}
    for country, price in zip(rest[::2], rest[1::2], strict=True):
        prices[_country(country)] = _price(country, price)
    return SmsPrices(currency, prices)


def _country(word: str) -> str:
    if word.casefold() == OTHER:
        return OTHER
    if len(word) == 2 and word.isascii() and word.isalpha():
        return word.upper()
    raise ValueError(f"{word} is no country of two letters such as DE, and not “other”.")


def _price(country: str, word: str) -> Decimal:
    with suppress(InvalidOperation):  # raised by what is no number, and by NaN when it is compared
        if 0 <= (price := Decimal(word)) <= _DEAREST:
            return price
    raise ValueError(f"{word} is no price of a segment for {country}, such as 0.0925.")
