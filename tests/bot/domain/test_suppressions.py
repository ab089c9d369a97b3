"""Why an address must not be contacted, in words."""

from __future__ import annotations

import pytest

from bot.domain.suppressions import why


@pytest.mark.parametrize(("cause", "note", "words"), [
    ("opt_out", "", "asked not to be written to"),
    ("hard_bounce", "550 no such user", "came back for good: 550 no such user"),
    ("soft_bounces", "", "came back again and again"),
    ("complaint", "", "called a message spam"),
    ("by_hand_only", "", "by hand only"),  # a cause without words of its own
    ("opt_out", "x" * 201, "asked not to be written to: " + "x" * 200),
])  # fmt: skip
def test_why(cause: str, note: str, words: str) -> None:
    assert why(cause, note) == words
