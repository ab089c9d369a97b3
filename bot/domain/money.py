"""Money: integer minor units with the currency's own precision, never a float, never rounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

# ISO 4217, list one (active codes); the digits of the minor unit are the standard's, not CLDR's, which differ for
# a few currencies (IQD, COP, IDR and others).
_TWO_DIGITS = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
    CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
    MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD
    SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG
    YER ZAR ZMW ZWG
    """.split()
)
_OTHER_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_PLAIN = re.compile(r"([+-]?)(\d{1,18})(?:\.(\d{1,9}))?", re.ASCII)


def is_currency(code: str) -> bool:
    """Say whether `code` is an active ISO 4217 code, in capitals."""
    return code in _TWO_DIGITS or code in _OTHER_DIGITS


def exponent(currency: str) -> int:
    """Return how many digits the minor unit has (EUR 2, JPY 0, KWD 3); raise ValueError for an unknown code."""
    if currency in _TWO_DIGITS:
        return 2
    try:
        return _OTHER_DIGITS[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code") from None


def unusual_exponents() -> dict[int, tuple[str, ...]]:
    """Return the currencies whose minor unit has other than two digits, by that number of digits."""
    found: dict[int, list[str]] = {}
    for code, digits in _OTHER_DIGITS.items():
        found.setdefault(digits, []).append(code)
    return {digits: tuple(codes) for digits, codes in found.items()}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency; adding or comparing two currencies raises ValueError."""

    amount: int
    currency: str

    def __add__(self, other: Money) -> Money:
        """Add an amount of the same currency."""
        return Money(self.amount + self._same_currency(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        """Subtract an amount of the same currency."""
        return Money(self.amount - self._same_currency(other).amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        """Compare with an amount of the same currency."""
        return self.amount < self._same_currency(other).amount

    @property
    def major(self) -> Decimal:
        """Return the exact amount in major units, with all the digits of the minor unit."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def _same_currency(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} can't be added or compared")
        return other


def parse_amount(text: str, currency: str) -> int:
    """Return the minor units of a plain machine-written amount such as "1234.50".

    Raises ValueError for anything else, for an unknown currency, and for more decimals than the currency has
    (zeros beyond them are harmless and accepted).
    """
    digits = exponent(currency)
    match = _PLAIN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an amount such as 1234.50")
    sign, whole, decimals = match[1], match[2], (match[3] or "")
    if set(decimals[digits:]) - {"0"}:
        raise ValueError(f"{text!r} has more decimals than {currency} has ({digits})")
    minor = int(whole + decimals[:digits].ljust(digits, "0"))
    return -minor if sign == "-" else minor


def by_currency(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Sum per currency, the largest number of major units first; a currency that sums up to nothing is left out."""
    totals: dict[str, int] = {}
    for money in amounts:
        totals[money.currency] = totals.get(money.currency, 0) + money.amount
    sums = [Money(amount, currency) for currency, amount in totals.items() if amount]
    return tuple(sorted(sums, key=lambda money: (-money.major, money.currency)))
