"""SMS texts: segments against an independent implementation, what made them Unicode, values in plain characters."""

from __future__ import annotations

import pytest
import smsutil
from hypothesis import example, given
from hypothesis import strategies as st

from bot.rendering.sms import advice_of, fix_of, opt_out_line, plain_text, plain_value, segments_of

GSM = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà^{}\\[~]|€"


@given(st.text(alphabet=GSM, max_size=700))
@example("a" * 152 + "€" + "a" * 10)
@example("€" * 80)
@example("a" * 160)
@example("a" * 161)
def test_gsm_texts_have_as_many_segments_as_smsutil_says(text: str) -> None:
    found = segments_of(text)
    assert found.encoding == "GSM-7"
    assert found.count == max(len(smsutil.split(text).parts), 1)
    assert found.units == smsutil.split(text).total_bytes


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=400).map(lambda t: t + "ş"))
@example("😀" * 34)
@example("a" * 66 + "😀" + "ş")
def test_unicode_texts_have_as_many_segments_as_smsutil_says(text: str) -> None:
    found = segments_of(text)
    assert found.encoding == "UCS-2"
    assert found.count == len(smsutil.split(text).parts)
    assert found.units == smsutil.split(text).total_bytes // 2


@given(st.text(max_size=200))
def test_a_value_never_brings_a_space_quote_or_dash_that_doubles_the_price(text: str) -> None:
    assert not set(plain_value(text)) & set("\u00a0\u202f\u2009’‘“”„–—…")


@pytest.mark.parametrize(("value", "plain"), [
    ("1\u202f250,00\u00a0€", "1 250,00 €"),
    ("O’Brien – Söhne", "O'Brien - Söhne"),
    ("ﬁrst…", "first..."),
    ("Şişli", "Şişli"),
])  # fmt: skip
def test_values_in_plain_characters_keep_their_letters(value: str, plain: str) -> None:
    assert plain_value(value) == plain


@pytest.mark.parametrize(("text", "encoding", "units", "count", "room"), [
    ("", "GSM-7", 0, 1, 160),
    ("a" * 160, "GSM-7", 160, 1, 160),
    ("a" * 161, "GSM-7", 161, 2, 306),
    ("€" * 80, "GSM-7", 160, 1, 160),
    ("ş" * 70, "UCS-2", 70, 1, 70),
    ("ş" * 71, "UCS-2", 71, 2, 134),
    ("😀" * 36, "UCS-2", 72, 2, 134),
])  # fmt: skip
def test_counts(text: str, encoding: str, units: int, count: int, room: int) -> None:
    found = segments_of(text)
    assert (found.encoding, found.units, found.count, found.room) == (encoding, units, count, room)


def test_what_made_it_unicode_is_named_with_the_fix() -> None:
    advice = advice_of(segments_of("It’s late, café “A”, ê 😀"))
    assert advice == (
        'Unicode, so a segment holds 67 characters instead of 153: replace ’ by \', replace “ by ", replace ” by ", '
        "replace ê by e, 😀 can only be left out."
    )
    assert advice_of(segments_of("plain")) is None
    assert fix_of("Ж") is None


def test_only_what_nobody_sees_is_taken_from_the_authors_text() -> None:
    assert plain_text(" It’s\u00a0due\u200b ") == "It’s due"


@pytest.mark.parametrize(("language", "line"), [
    ("de_AT", "Abmelden: STOP antworten"), ("fr", "STOP pour ne plus recevoir"), ("ja", "Reply STOP to opt out"),
])  # fmt: skip
def test_the_opt_out_line_is_in_the_customers_language_and_in_gsm(language: str, line: str) -> None:
    assert opt_out_line(language) == line
    assert segments_of(opt_out_line(language)).encoding == "GSM-7"
