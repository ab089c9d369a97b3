"""Money: whole minor units of one currency, never a float. Precision is the currency's own (ISO 4217)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF"), 0
    ),
    **dict.fromkeys(("XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Digits after the point where they are not two (ISO 4217, list one)."""

_TWO_DIGITS = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS "
    "KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
    "PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
    "TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG".split()
)

_AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>\d{1,15})(?:\.(?P<rest>\d+))?")


def is_currency(code: str) -> bool:
    """Say whether `code` is a currency of ISO 4217."""
    return code in _EXPONENTS or code in _TWO_DIGITS


def exponent(currency: str) -> int:
    """Return how many digits the currency has after the point; raise ValueError for an unknown code."""
    if not is_currency(currency):
        raise ValueError(f"{currency!r} is not an ISO 4217 currency")
    return _EXPONENTS.get(currency, 2)


def parse_amount(text: str, currency: str) -> int:
    """Return the minor units that a plain amount such as "-1234.50" stands for.

    Raises ValueError for anything else, and for more digits after the point than the currency has: nothing is rounded.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a plain amount such as 1234.50")
    digits, rest = exponent(currency), match["rest"] or ""
    if len(rest.rstrip("0")) > digits:
        raise ValueError(f"{currency} has {digits} digits after the point")
    minor = int(match["whole"]) * 10**digits + int((rest[:digits] or "0").ljust(digits, "0") if digits else "0")
    return -minor if match["sign"] else minor


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole minor units of its currency (cents of EUR, yen of JPY, fils of KWD)."""

    amount: int
    currency: str

    @property
    def exponent(self) -> int:
        """Return how many digits the currency has after the point."""
        return exponent(self.currency)

    def __add__(self, other: Money) -> Money:
        """Add within one currency; raise ValueError across two."""
        if other.currency != self.currency:
            raise ValueError(f"can't add {other.currency} to {self.currency}")
        return Money(self.amount + other.amount, self.currency)


def by_currency(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Return one sum a currency, largest in major units first, then by code; sums of nothing are left out."""
    sums: dict[str, int] = defaultdict(int)
    for money in amounts:
        sums[money.currency] += money.amount
    found = [Money(amount, currency) for currency, amount in sums.items() if amount]
    return tuple(sorted(found, key=lambda m: (-m.amount / 10**m.exponent, m.currency)))
