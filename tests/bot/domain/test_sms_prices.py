"""Prices of SMS as an admin writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.sms_prices import parse_prices


def test_prices_by_country_with_one_for_all_others() -> None:
    prices = parse_prices("eur DE 0.0925, fr=0.0798; other: 0.10")
    assert prices is not None
    assert prices.currency == "EUR"
    found = [prices.of(country) for country in ("DE", "FR", "US", None)]
    assert found == [Decimal("0.0925"), Decimal("0.0798"), Decimal("0.10"), Decimal("0.10")]


def test_without_a_price_for_others_there_is_none() -> None:
    prices = parse_prices("USD US 0.0079")
    assert prices is not None
    assert (prices.of("DE"), prices.of(None)) == (None, None)
    assert parse_prices("  ") is None


@pytest.mark.parametrize(("text", "says"), [
    ("DE 0.09", "Begin with the currency"),
    ("EUR", "after every country"),
    ("EUR DE", "after every country"),
    ("EUR Germany 0.09", "Germany is no country"),
    ("EUR DE nine", "nine is no price"),
    ("EUR DE -1", "-1 is no price"),
    ("EUR DE 1e9", "1e9 is no price"),
])  # fmt: skip
def test_a_wrong_price_list_says_how_it_is_written(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_prices(text)
