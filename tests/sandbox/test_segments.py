"""A text is cut into segments as networks do it; the bot, which counts by itself, comes to the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.sms import segments_of
from sandbox.segments import cut


@pytest.mark.parametrize(
    ("text", "encoding", "places", "sizes"),
    [
        ("", "GSM-7", 0, [0]),
        ("a" * 160, "GSM-7", 160, [160]),
        ("a" * 161, "GSM-7", 161, [153, 8]),
        ("€" * 80, "GSM-7", 160, [80]),
        # an extended character takes two places and is not cut: the first segment stays one short
        ("€" * 81, "GSM-7", 162, [76, 5]),
        ("–" + "a" * 69, "UCS-2", 70, [70]),
        ("–" + "a" * 70, "UCS-2", 71, [67, 4]),
        ("😀" * 35, "UCS-2", 70, [35]),
        ("😀" * 36, "UCS-2", 72, [33, 3]),
    ],
)
def test_a_text_is_cut_where_networks_cut_it(text: str, encoding: str, places: int, sizes: list[int]) -> None:
    found = cut(text)
    assert (found.encoding, found.places, [len(one) for one in found.parts]) == (encoding, places, sizes)
    assert "".join(found.parts) == text


@given(st.text(alphabet=st.sampled_from("aé€[ñ\n–😀ABC"), max_size=400))
def test_the_bot_counts_as_many(text: str) -> None:
    ours, theirs = segments_of(text), cut(text)
    assert (ours.encoding, ours.units, ours.count, ours.room) == (
        theirs.encoding,
        theirs.places,
        len(theirs.parts),
        theirs.room,
    )
