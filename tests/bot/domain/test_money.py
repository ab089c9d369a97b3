"""Money: exact minor units, each currency with its own digits."""

from __future__ import annotations

import pytest

from bot.domain.money import Money, by_currency, exponent, is_currency, parse_amount, unusual_exponents


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0), ("IQD", 3), ("CLF", 4)]
)
def test_digits_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "DEM"])
def test_unknown_codes_are_refused(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(ValueError, match="ISO 4217"):
        exponent(code)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.50", "EUR", 123_450),
        ("1234.5", "EUR", 123_450),
        (" 7 ", "EUR", 700),
        ("-0.01", "EUR", -1),
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
    ("text", "currency"),
    [
        ("1.234", "EUR"),
        ("0.5", "JPY"),
        ("1.2345", "KWD"),
        ("1,234.50", "EUR"),
        ("1.234,50", "EUR"),
        ("", "EUR"),
        (".5", "EUR"),
        ("1e3", "EUR"),
        ("NaN", "EUR"),
        ("١٢", "EUR"),
        ("€5", "EUR"),
        ("5", "???"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_rounded(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals|ISO 4217"):
        parse_amount(text, currency)


def test_only_one_currency_adds_and_compares() -> None:
    assert Money(150, "EUR") + Money(50, "EUR") == Money(200, "EUR")
    assert Money(150, "EUR") - Money(50, "EUR") == Money(100, "EUR")
    assert Money(1, "EUR") < Money(2, "EUR")
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")
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
    assert "JPY" in unusual[0]
    assert "KWD" in unusual[3]
