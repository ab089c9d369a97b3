"""Money: exact minor units, each currency with its own digits."""

from __future__ import annotations

import re

import pytest

from bot.domain.money import Money, by_currency, exponent, is_currency, parse_amount, unusual_exponents

NO_AMOUNTS = ("1,234.50", "1.234,50", "", ".5", "1.", "1e3", "NaN", "١٢", "€5", "1" * 19)


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0), ("IQD", 3), ("CLF", 4)]
)
def test_digits_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits
    assert is_currency(currency)


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "DEM"])
def test_unknown_codes_are_refused(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(ValueError, match=f"^'{code}' is not an ISO 4217 currency code$"):
        exponent(code)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.50", "EUR", 123_450),
        ("1234.5", "EUR", 123_450),
        (" 7 ", "EUR", 700),
        ("-0.01", "EUR", -1),
        ("+0.10", "EUR", 10),
        ("1234", "JPY", 1234),
        ("1234.00", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("1.2340", "KWD", 1234),
        ("999999999999999.99", "EUR", 99_999_999_999_999_999),
    ],
)
def test_plain_amounts_become_minor_units(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "says"),
    [
        ("1.234", "EUR", "'1.234' has more decimals than EUR has (2)"),
        ("0.5", "JPY", "'0.5' has more decimals than JPY has (0)"),
        ("1.2345", "KWD", "'1.2345' has more decimals than KWD has (3)"),
        *((text, "EUR", f"{text!r} is not an amount such as 1234.50") for text in NO_AMOUNTS),
        ("5", "???", "'???' is not an ISO 4217 currency code"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_rounded(text: str, currency: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        parse_amount(text, currency)


def test_only_one_currency_adds_and_compares() -> None:
    assert Money(150, "EUR") + Money(50, "EUR") == Money(200, "EUR")
    assert Money(150, "EUR") - Money(50, "EUR") == Money(100, "EUR")
    assert Money(1, "EUR") < Money(2, "EUR")
    assert not Money(2, "EUR") < Money(2, "EUR")
    with pytest.raises(ValueError, match=r"^EUR and USD can't be added or compared$"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") - Money(1, "USD")
    with pytest.raises(ValueError, match="JPY and KWD"):
        sorted([Money(1, "KWD"), Money(1, "JPY")])


def test_sums_are_per_currency_and_sorted_by_major_units() -> None:
    amounts = [Money(100, "EUR"), Money(5_000, "KWD"), Money(250, "JPY"), Money(400, "EUR"), Money(500, "USD")]
    assert by_currency([*amounts, Money(9, "GBP"), Money(-9, "GBP")]) == (
        Money(250, "JPY"),
        Money(500, "EUR"),
        Money(5_000, "KWD"),
        Money(500, "USD"),
    )
    assert by_currency([]) == ()


def test_major_units_keep_every_digit() -> None:
    assert [str(Money(1234, code).major) for code in ("EUR", "JPY", "KWD")] == ["12.34", "1234", "1.234"]


def test_currencies_without_two_digits_are_listed_by_their_digits() -> None:
    unusual = unusual_exponents()
    assert sorted(unusual) == [0, 3, 4]
    assert unusual[0][:3] == ("BIF", "CLP", "DJF")
    assert unusual[3] == ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
    assert unusual[4] == ("CLF", "UYW")
