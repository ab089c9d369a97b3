"""Shares of a batch: equal between workspaces, then between campaigns, whatever their sizes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fairness import in_turns, shares


def test_a_workspace_gets_no_more_for_having_many_campaigns() -> None:
    assert shares({1: 10, 2: 10, 3: 10, 4: 20}, 12) == {1: 2, 2: 2, 3: 2, 4: 6}


def test_what_can_not_be_divided_goes_to_the_first() -> None:
    assert shares({1: 10, 2: 20}, 3) == {1: 2, 2: 1}
    assert shares({1: 10, 2: 10}, 1) == {1: 1, 2: 0}


def test_rows_come_in_turns() -> None:
    assert in_turns([[1, 2, 3], [4], [5, 6]]) == [1, 4, 5, 2, 6, 3]
    assert in_turns([[None, 2], [], [0, None]]) == [None, 0, 2, None]


@given(st.dictionaries(st.integers(1, 50), st.integers(1, 5), min_size=1), st.integers(0, 300))
def test_nothing_is_left_over(campaigns: dict[int, int], limit: int) -> None:
    found = shares(campaigns, limit)
    assert sum(found.values()) == limit
    assert set(found) == set(campaigns)
