"""What posting letters costs, as an admin writes it down."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from bot.domain.letter_prices import parse_letter_prices


def test_a_letter_costs_its_postage_and_its_pages() -> None:
    prices = parse_letter_prices("eur letter 0.95, page: 0.12")
    assert prices is not None
    assert (prices.currency, prices.of(3)) == ("EUR", Decimal("1.31"))
    assert prices.of(7, letters=2) == Decimal("2.74")
    assert parse_letter_prices("  ") is None


@pytest.mark.parametrize(("text", "letter", "page"), [
    ("EUR letter 0.95", "0.95", "0"), ("EUR Page=0.12", "0", "0.12"), (" EUR;letter:1000 ", "1000", "0"),
    ("EUR letter 0 page 1000", "0", "1000"),
])  # fmt: skip
def test_either_price_may_be_left_out(text: str, letter: str, page: str) -> None:
    prices = parse_letter_prices(text)
    assert prices is not None
    assert (prices.letter, prices.page) == (Decimal(letter), Decimal(page))


CURRENCY = "Begin with the currency: EUR letter 0.95, page 0.12."
WHAT = "Write the price of a letter, of a page, or of both: EUR letter 0.95, page 0.12."


@pytest.mark.parametrize(("text", "says"), [
    ("0.95", CURRENCY), ("EURO letter 0.95", CURRENCY),
    ("EUR", WHAT), ("EUR letter", WHAT), ("EUR stamp 1", WHAT), ("EUR letter 1 page", WHAT), ("EUR 1 2 3", WHAT),
    ("EUR page -1", "-1 is no price such as 0.95."), ("EUR page x", "x is no price such as 0.95."),
    ("EUR letter 1000.01", "1000.01 is no price such as 0.95."), ("EUR letter NaN", "NaN is no price such as 0.95."),
    ("EUR letter sNaN", "sNaN is no price such as 0.95."), ("EUR page inf", "inf is no price such as 0.95."),
])  # fmt: skip
def test_what_can_not_be_read_says_how_it_is_written(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        parse_letter_prices(text)
