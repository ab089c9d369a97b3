"""Letters in words: what the author wrote as it is printed, the customer's language, and what can't be printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.merge import SenderFacts
from bot.errors import UserError
from bot.rendering.glyphs import _COVERED, printable, unprintable
from bot.rendering.letter import (
    LetterFailed,
    Unprintable,
    layout_for,
    letter_pdf,
    stationery_faults,
    unprintable_in,
)
from bot.rendering.letter_facts import Layout, Letter, Stationery
from bot.rendering.paper import Block, Run
from bot.rendering.typesetter import Refused, pdf_of
from tests.bot.rendering.letters import SENDER, TODAY, facts, letter, pages_of, pieces, text_of

HOSTILE = '#panic("x") $x^2$ \\ [a] @ref <label> "q" \'s\' `raw` *b* _i_ = - + / ~ // /* */ {{7}} {% x %}'


def test_formatting_lists_and_links_are_printed_with_the_links_address() -> None:
    body = (
        "Hello *bold _both_* and _italic_.\nA second line\n\n"
        "- one [two](https://pay.example.com/?c={{customer.external_id}})\n"
        "- mail [us](mailto:ar@example.com) or https://example.com/x\n\n"
        "3. three\n4. [ar@example.com](mailto:ar@example.com)"
    )
    made = letter(body=body)
    assert made.body == (
        Block("p", (
            (Run("Hello "), Run("bold ", bold=True), Run("both", bold=True, italic=True),
             Run(" and "), Run("italic", italic=True), Run(".")),
            (Run("A second line"),),
        )),
        Block("ul", (
            (Run("one "), Run("two"), Run(" (https://pay.example.com/?c=C-1042)")),
            (Run("mail "), Run("us"), Run(" (ar@example.com)"), Run(" or "), Run("https://example.com/x")),
        )),
        Block("ol", ((Run("three"),), (Run("ar@example.com"),)), start=3),
    )  # fmt: skip
    text = text_of(letter_pdf(made).pdf)
    assert "• one two (https://pay.example.com/?c=C-1042)" in text
    assert "• mail us (ar@example.com) or https://example.com/x" in text
    assert "3. three\n4. ar@example.com" in text


def test_the_table_stands_where_the_author_put_it_and_empty_lines_leave_no_gap() -> None:
    made = letter(body='Before {{invoices.table}} after\n{{customer.group | default("")}}\nlast')
    assert [block.kind for block in made.body] == ["p", "table", "p"]
    assert made.body[2].lines == ((Run(" after"),), (Run("last"),))
    nothing_due = letter(facts(0), body="Before\n\n{{invoices.table}}\n\nafter")
    assert [block.kind for block in nothing_due.body] == ["p", "p"]


@pytest.mark.parametrize(("body", "signature"), [
    ("Hello\n\nKind regards", ("Alice Martin", "Accounts receivable")),
    ("I am {{sender.name}}.\n\nKind regards", ("Alice Martin", "Accounts receivable")),
    ("Hello\n\nKind regards\n{{sender.name}}", ()),
    ("{{sender.signature}}\n\nP.S. Thanks", ()),
])  # fmt: skip
def test_the_signature_closes_the_letter_unless_the_author_signed(body: str, signature: tuple[str, ...]) -> None:
    assert letter(body=body).signature == signature


def test_the_name_closes_the_letter_where_nobody_has_written_a_signature() -> None:
    unsigned = replace(facts(), sender=SenderFacts("Alice Martin", "alice@example.com"))
    assert letter(unsigned, body="Hello\n\n{{sender.signature}}").signature == ("Alice Martin",)


@pytest.mark.parametrize(("language", "expected"), [
    ("en_GB", (
        "Date 25 November 2026", "Our reference C-1042", "Payment details", "Page 1 of 2",
        "Invoice Due date Days past due Amount", "Total €62,500.00",
    )),
    ("fr", (
        "Date 25 novembre 2026", "Notre référence C-1042", "Coordonnées de paiement", "Page 1 sur 2",
        "Facture Échéance Jours de retard Montant", "Total 62\u202f500,00\xa0€",
    )),
    ("de_AT", (
        "Datum 25. November 2026", "Unser Zeichen C-1042", "Zahlungsangaben", "Seite 1 von 2",
        "Rechnung Fällig am Tage überfällig Betrag", "Summe €\xa062.500,00",
    )),
    ("es", (
        "Fecha 25 de noviembre de 2026", "Nuestra referencia C-1042", "Datos de pago", "Página 1 de 2",
        "Factura Vencimiento Días de retraso Importe", "Total 62.500,00\xa0€",
    )),
    ("el", ("Date 25 Νοεμβρίου 2026", "Payment details", "Page 1 of 2", "Total 62.500,00\xa0€")),
    ("ja", ("Date November 25, 2026", "Page 1 of 2", "Total €62,500.00")),  # its dates need a script without a font
])  # fmt: skip
def test_words_dates_and_amounts_are_in_the_customers_language(language: str, expected: tuple[str, ...]) -> None:
    text = text_of(letter_pdf(letter(facts(50, language=language))).pdf)
    assert [words for words in expected if words not in text] == []


@pytest.mark.parametrize(("currency", "cents", "amount"), [
    ("JPY", 1_234_567, "JP¥1,234,567"),
    ("KWD", 1_234_567, "KWD\xa01,234.567"),
    ("TRY", 1_234_567, "TRY\xa012,345.67"),
    ("INR", 1_234_567, "₹12,345.67"),
])  # fmt: skip
def test_amounts_have_the_digits_and_the_sign_of_their_currency(currency: str, cents: int, amount: str) -> None:
    assert f"Total {amount}" in text_of(letter_pdf(letter(facts(1, currency=currency, cents=cents))).pdf)


@pytest.mark.parametrize("name", [
    "Ελληνικά Τρόφιμα Α.Ε.",
    "ΔΕΛΤΑ Ἀθηναϊκή",
    "Общество «Ромашка» Ёлкин",
    "Підприємство Ґанок є",
    "Ђорђевић и Љубљана Џ",
    "Nguyễn Ưng Cường",
    "Łódź Şişli İstanbul Țară Ħal Þór Ŵyn Ə",
])  # fmt: skip
def test_greek_cyrillic_and_all_of_latin_are_printed_as_they_are(name: str) -> None:
    made = letter(
        facts(1, name=name), to=(name, "Street 1"), body="*{{customer.name}}* _{{customer.name}}_", subject=name
    )
    text = text_of(letter_pdf(made).pdf)
    assert text.count(name) == 4


def test_every_character_that_counts_as_printable_has_a_glyph_in_every_style() -> None:
    ranges = [part.partition("-") for part in _COVERED.split()]
    every = "".join(chr(c) for a, _, b in ranges for c in range(int(a, 16), int(b or a, 16) + 1))
    assert len(every) == 1908
    runs = tuple(Run(every, bold, italic) for bold in (False, True) for italic in (False, True))
    assert letter_pdf(_of_body(*runs)).pages >= 1  # PDF/A forbids text without a glyph: Typst would refuse


@pytest.mark.parametrize(("text", "characters"), [
    ("株式会社 Acme 株", "株式会社"),
    ("شركة", "شركة"),
    ("บริษัท", "บริษัท"),
    ("אקמה Ltd", "אקמה"),
    ("Acme 😀", "😀"),
    ("Acme\u200b Ltd\ufeff\u00ad ﬁne Ａｃｍｅ e\u0301 \u2003x", ""),
])  # fmt: skip
def test_a_name_in_a_script_without_a_font_is_refused_by_its_characters(text: str, characters: str) -> None:
    assert unprintable(text) == characters
    made = letter(facts(1, name=text), body="Dear {{customer.name}}")
    assert unprintable_in(made) == characters
    if characters:
        with pytest.raises(Unprintable) as told:
            letter_pdf(made)
        assert told.value.characters == characters


def test_what_nobody_sees_is_left_out_and_compatibility_forms_become_plain() -> None:
    assert printable("Acme\u200b Ltd\ufeff\u00ad ﬁne Ａｃｍｅ e\u0301\u2028\ue123") == "Acme Ltd fine Acme é \ue123"


def test_typst_itself_refuses_what_has_no_glyph() -> None:
    with pytest.raises(Refused):
        pdf_of("address", {"layout": "din5008b", "recipient": ["株"]})


def test_hostile_values_are_printed_literally_wherever_they_stand() -> None:
    owed = facts(1, name=HOSTILE, external_id="#[x] $y$")
    made = letter(
        owed, to=(HOSTILE[:38], HOSTILE[38:]), body="{{customer.name}}", subject=HOSTILE[:60], sender=(HOSTILE,)
    )
    text = text_of(letter_pdf(made).pdf).replace("\n", " ")
    assert text.count('#panic("x") $x^2$ \\ [a] @ref <label>') == 5
    assert "#[x] $y$" in text


def test_overlong_words_are_broken_and_copied_whole() -> None:
    url = "https://pay.example.com/" + "x" * 150
    pdf = letter_pdf(letter(facts(1, name="W" * 300), body=f"{url} {{{{customer.name}}}}")).pdf
    text = text_of(pdf)
    assert url in text.replace("\n", "")
    assert "W" * 300 in text.replace("\n", "")
    assert len({round(piece.y) for piece in pieces(pages_of(pdf)[0]) if set(piece.text) == {"W"}}) > 6
    assert "\u200b" not in text


_WORD = st.text(st.sampled_from("aWé#$\\[]@<>\"'`*_=-+/~(){};:% \n\t\u0301ΩЖ€₺אﬁ\u2028\u200f"), max_size=60)


@settings(max_examples=25, deadline=None)
@example("x", "\u0301", ["\u0331x"], Layout.DIN_A, "en")
@example("\u0301", "\u0301", ["\u0331x"], Layout.DIN_A, "en")
@given(
    _WORD, _WORD, st.lists(_WORD, max_size=6), st.sampled_from(Layout), st.sampled_from(["en", "he", "zh_Hant_TW", "x"])
)
def test_whatever_stands_in_it_a_letter_is_made_or_refused_with_a_reason(
    one: str, other: str, to: list[str], layout: Layout, language: str
) -> None:
    blocks = (Block("p", ((Run(one, bold=True), Run(other)),)), Block("ol", ((Run(other),), (Run(one),)), start=7))
    own = Stationery(layout, (one, other), (other,), (f"{one}: {other}", one))
    try:
        assert letter_pdf(Letter(own, language, TODAY, tuple(to), blocks, one, other, (other,))).pages >= 1
    except LetterFailed:
        raise
    except UserError:
        pass


def test_the_country_says_the_layout_unless_a_setting_does() -> None:
    assert [layout_for(country) for country in ("US", "ca", "DE", None)] == [
        Layout.US_10,
        Layout.US_10,
        Layout.DIN_B,
        Layout.DIN_B,
    ]
    assert layout_for("US", "din5008a") is Layout.DIN_A


def test_faults_of_our_own_lines_are_told_with_how_to_mend_them() -> None:
    assert stationery_faults(Stationery(sender=SENDER)) == []
    assert stationery_faults(Stationery()) == [
        "Letters need a sender address: our name, then our postal address, a line each."
    ]
    assert stationery_faults(Stationery(sender=("社",) * 6, contact=("x",) * 6, payment=("x",) * 10)) == [
        "The sender address of letters have 6 lines; 5 are the most.",
        "The contact lines of letters have 6 lines; 5 are the most.",
        "The payment details of letters have 10 lines; 9 are the most.",
        "No font for letters has 社. Write it in Latin, Greek or Cyrillic letters.",
    ]


def _of_body(*runs: Run) -> Letter:
    return Letter(Stationery(sender=SENDER), "en", TODAY + timedelta(days=1), ("Acme",), (Block("p", (runs,)),))
