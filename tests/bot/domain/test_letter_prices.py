"""What posting letters costs, as an admin writes it down."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.letter_prices import parse_letter_prices


def test_a_letter_costs_its_postage_and_its_pages() -> None:
    prices = parse_letter_prices("eur letter 0.95, page: 0.12")
    assert prices is not None
    assert (prices.currency, prices.of(3)) == ("EUR", Decimal("1.31"))
    assert prices.of(7, letters=2) == Decimal("2.74")
    assert parse_letter_prices("  ") is None


@pytest.mark.parametrize("text", ["0.95", "EUR", "EUR letter", "EUR stamp 1", "EUR page -1", "EUR page x", "EUR 1 2 3"])
def test_what_can_not_be_read_says_how_it_is_written(text: str) -> None:
    with pytest.raises(ValueError, match=r"0\.95"):
        parse_letter_prices(text)
