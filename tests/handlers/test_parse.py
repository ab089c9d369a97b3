"""What people type, read as they mean it."""

from __future__ import annotations

import pytest

from handlers.parse import typed_amount


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1500", "1500"),
        ("1,500", "1500"),
        ("1.500", "1500"),
        ("1.500,00", "1500"),
        ("1,500.50", "1500.50"),
        ("1 500,5", "1500.5"),
        ("12,5", "12.5"),
        ("1,234,567", "1234567"),
        ("0", "0"),
    ],
)
def test_an_amount_in_every_notation(typed: str, read: str) -> None:
    assert str(typed_amount(typed)) == read


@pytest.mark.parametrize("typed", ["lots", "EUR 1500", "-5", "(5)", "1.2.3", "1,50,0", "1e5", "9" * 14, "NaN", ""])
def test_what_is_no_amount(typed: str) -> None:
    assert typed_amount(typed) is None
