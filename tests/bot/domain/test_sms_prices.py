"""Prices of SMS as an admin writes them."""

from __future__ import annotations

import re
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


def test_a_price_may_be_nothing_and_is_never_dear() -> None:
    prices = parse_prices(" EUR;DE:0,other=100 ")
    assert prices is not None
    assert (prices.of("DE"), prices.of("FR")) == (Decimal(0), Decimal(100))


CURRENCY = "Begin with the currency: EUR DE 0.0925, FR 0.0798, other 0.10."
PAIRS = "Write a price after every country: EUR DE 0.0925, FR 0.0798, other 0.10."


@pytest.mark.parametrize(("text", "says"), [
    ("DE 0.09", CURRENCY),
    ("EUR", PAIRS), ("EUR DE", PAIRS), ("EUR,", PAIRS),
    ("EUR Germany 0.09", "Germany is no country of two letters such as DE, and not “other”."),
    ("EUR 49 0.09", "49 is no country of two letters such as DE, and not “other”."),
    ("EUR ÄÖ 0.09", "ÄÖ is no country of two letters such as DE, and not “other”."),
    ("EUR DE nine", "nine is no price of a segment for DE, such as 0.0925."),
    ("EUR DE -1", "-1 is no price of a segment for DE, such as 0.0925."),
    ("EUR DE 100.01", "100.01 is no price of a segment for DE, such as 0.0925."),
    ("EUR DE NaN", "NaN is no price of a segment for DE, such as 0.0925."),
])  # fmt: skip
def test_a_wrong_price_list_says_how_it_is_written(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        parse_prices(text)
