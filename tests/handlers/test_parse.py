"""What people type, read as they mean it."""

from __future__ import annotations

import pytest

from handlers.parse import may_be_unfit, typed_amount


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


@pytest.mark.parametrize(
    ("raw", "suspect"),
    [
        ("payload=%7B%22type%22%3A%22block_actions%22%7D", False),
        ("text=M%C3%BCller+%26+S%C3%B6hne", False),
        ("text=a%00b", True),
        ("payload=%22%5Cu0000%22", True),
        ("payload=%22%5CuD83D%22", True),
        ("a\x00b", True),
        ("", True),
    ],
)
def test_only_a_payload_that_may_hold_what_no_database_keeps_is_looked_through(raw: str, suspect: bool) -> None:
    assert may_be_unfit(raw) is suspect
