"""Letters on paper: where things stand, what the PDF is, how pages are filled and counted."""

from __future__ import annotations

import json
import re
import unicodedata
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import typst
from pypdf import PdfReader

from bot.rendering.glyphs import unprintable, widest
from bot.rendering.letter import AddressTooLong, address_fault, letter_pdf, letter_png
from bot.rendering.letter_facts import Layout
from bot.rendering.merging import merge
from tests.bot.rendering.letters import ADDRESS, BODY, Piece, facts, fonts_of, letter, pages_of, pieces, text_of

LONG_NAME = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG",
    "Abteilung Kreditorenbuchhaltung",
    "Großherzoginnen-Elisabeth-Straße 112a",
    "12345 Neunkirchen am Brand",
    "GERMANY",
)


@pytest.mark.parametrize(("layout", "sheet", "first_line", "window"), [
    # DIN 5008: the window lies 20 to 105 mm from the left and 27 (A) or 45 mm (B) from the top, 45 mm high
    (Layout.DIN_A, (210, 297), (25.0, 47.7), (20, 27, 105, 72)),
    (Layout.DIN_B, (210, 297), (25.0, 65.7), (20, 45, 105, 90)),
    # US #10: 7/8 in from the left; a third of the sheet less 1 5/8 in, and 1/2 in, from the fold: 2.04 to 3.17 in
    (Layout.US_10, (215.9, 279.4), (25.4, 58.0), (22.2, 51.9, 136.5, 80.4)),
])  # fmt: skip
def test_the_address_stands_in_the_window_and_nothing_else_does(
    layout: Layout, sheet: tuple[float, float], first_line: tuple[float, float], window: tuple[float, ...]
) -> None:
    page = pages_of(letter_pdf(letter(layout=layout)).pdf)[0]
    assert [float(side) / 72 * 25.4 for side in page.mediabox[2:]] == pytest.approx(sheet, abs=0.1)
    found = pieces(page)
    address = [piece for piece in found if piece.text in ADDRESS]
    assert [piece.text for piece in address] == list(ADDRESS)
    assert (address[0].x, address[0].y) == pytest.approx(first_line, abs=1)
    assert all(_within(piece, window) for piece in address)
    others = [piece.text for piece in found if _within(piece, window) and piece.text not in ADDRESS]
    assert others == ([] if layout is Layout.US_10 else ["Northwind Ltd · 12 Harbour Street · Bristol BS1 4QD"])


def _within(piece: Piece, window: tuple[float, ...]) -> bool:
    left, top, right, bottom = window
    return left < piece.x < right and top < piece.y < bottom


@pytest.mark.parametrize("layout", Layout)
def test_a_long_address_gets_smaller_type_until_the_window_shows_all_of_it(layout: Layout) -> None:
    assert address_fault(LONG_NAME, layout) is None
    found = pieces(pages_of(letter_pdf(letter(layout=layout, to=LONG_NAME)).pdf)[0])
    last = next(piece for piece in found if piece.text == "GERMANY")
    assert last.y < {Layout.DIN_A: 72, Layout.DIN_B: 90, Layout.US_10: 77.5}[layout]
    assert next(piece for piece in found if piece.text == "Overdue invoices").y > 90 or layout is Layout.DIN_A


@pytest.mark.parametrize(("lines", "layout", "said"), [
    (("Line",) * 30, Layout.DIN_B, "The address has 30 lines, and the window shows 6. Leave lines out."),
    (("Line",) * 30, Layout.US_10, "The address has 30 lines, and the window shows 5. Leave lines out."),
    (
        ("Line " * 60,) * 2,
        Layout.DIN_B,
        "The address does not fit into the 6 lines of the window. Shorten its long lines.",
    ),
])  # fmt: skip
def test_an_address_that_the_window_cant_show_is_told_and_never_cut(
    lines: tuple[str, ...], layout: Layout, said: str
) -> None:
    assert address_fault(lines, layout) == said
    with pytest.raises(AddressTooLong) as told:
        letter_pdf(letter(layout=layout, to=lines))
    assert told.value.message == said


def test_addresses_are_judged_before_a_letter_is_made() -> None:
    assert address_fault(ADDRESS, Layout.DIN_B) is None
    assert address_fault(("Elisabeth Großherzogin-Straßenberger",), Layout.US_10) is None
    assert address_fault((" ", ""), Layout.DIN_B) == "The letter has no address. Add the contact's postal address."
    assert address_fault(("株式会社 ABC",), Layout.DIN_B) == (
        "No font for letters has 株 式 会 社. Write it in Latin, Greek or Cyrillic letters."
    )


@pytest.mark.parametrize("layout", [Layout.DIN_B, Layout.US_10])
def test_a_letter_is_pdf_a_2b_with_every_font_in_it(layout: Layout) -> None:
    body = "Καλημέρα *κόσμε*, _добрый_ *_день_* ₺ ₽\n\n" + BODY
    pdf = letter_pdf(letter(layout=layout, body=body)).pdf
    reader = PdfReader(BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    about = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r'pdfaid:part(>|=")2', about)
    assert re.search(r'pdfaid:conformance(>|=")B', about)
    assert root["/OutputIntents"]
    assert reader.metadata is not None
    assert str(reader.metadata.creation_date)[:10] == "2026-11-25"
    fonts = fonts_of(reader.pages[0])
    assert len(fonts) > 4
    assert all(fonts.values()), fonts


def test_a_letter_of_one_page_has_no_page_numbers() -> None:
    made = letter_pdf(letter())
    assert made.pages == len(pages_of(made.pdf)) == 1
    assert "Page" not in text_of(made.pdf)


@pytest.mark.parametrize(("layout", "invoices"), [(Layout.DIN_B, 75), (Layout.US_10, 70)])
def test_a_long_table_repeats_its_head_and_ends_with_its_total(layout: Layout, invoices: int) -> None:
    made = letter_pdf(letter(facts(invoices), layout=layout))
    pages = [page.extract_text() for page in pages_of(made.pdf)]
    assert made.pages == len(pages) == 3
    assert all("Invoice Due date Days past due Amount" in page for page in pages)
    assert [re.findall(r"Page \d of \d", page) for page in pages] == [["Page 1 of 3"], ["Page 2 of 3"], ["Page 3 of 3"]]
    assert ["Acme GmbH · C-1042 · 25 November 2026" in page for page in pages] == [False, True, True]
    assert ["Total €" in page for page in pages] == [False, False, True]
    assert pages[2].index("INV-1000") < pages[2].index("Total €") < pages[2].index("Alice Martin")
    assert sorted(re.findall(r"INV-\d+", "".join(pages))) == [f"INV-{n}" for n in range(1000, 1000 + invoices)]


@pytest.mark.parametrize("invoices", range(14, 30))
def test_neither_the_total_nor_the_signature_is_ever_alone_on_a_page(invoices: int) -> None:
    pages = [page.extract_text() for page in pages_of(letter_pdf(letter(facts(invoices))).pdf)]
    ending = next(page for page in pages if "Total €" in page)
    assert "INV-1000" in ending
    signed = next(page for page in pages if "Alice Martin" in page)
    assert "Kind regards" in signed
    assert "Payment details" in signed


def test_amounts_stand_flush_right_in_figures_of_one_width() -> None:
    made = letter_pdf(letter(facts(4, currency="JPY", cents=1_111_111, language="en")))
    amounts = [
        piece.x for piece in pieces(pages_of(made.pdf)[0]) if piece.text == "¥1,111,111" or "1,111,111" in piece.text
    ]
    other = letter_pdf(letter(facts(4, currency="JPY", cents=8_888_888, language="en")))
    wider = [piece.x for piece in pieces(pages_of(other.pdf)[0]) if "8,888,888" in piece.text]
    assert len(amounts) == len(wider) == 4
    assert amounts == pytest.approx(wider, abs=0.05)


def test_the_same_letter_makes_the_same_bytes() -> None:
    assert letter_pdf(letter()).pdf == letter_pdf(letter()).pdf != letter_pdf(letter(facts(4))).pdf


def test_a_letter_can_be_looked_at_as_pictures() -> None:
    long = letter(facts(75))
    first, last, beyond = (letter_png(long, page, 40) for page in (1, 3, 9))
    assert first.startswith(b"\x89PNG")
    assert first != last == beyond


def test_many_letters_become_one_file_for_the_printer() -> None:
    pdfs = [letter_pdf(letter(facts(n))).pdf for n in (2, 75, 3)]
    into = BytesIO()
    assert merge(iter(pdfs), into) == 5
    merged = into.getvalue()
    assert [len(re.findall(r"INV-\d+", page.extract_text())) > 0 for page in pages_of(merged)] == [True] * 5
    assert "INV-1002" in pages_of(merged)[4].extract_text()
    assert len(merged) < sum(map(len, pdfs))
    nothing = BytesIO()
    assert merge([], nothing) == 0
    assert nothing.getvalue() == b""


def test_no_letter_of_the_window_is_wider_than_it_is_taken_for(tmp_path: Path) -> None:
    """Else an address is thought to fit without being set in type, and no letter can be made for it."""
    characters = [
        chr(n) for n in range(0x20, 0x500) if not unprintable(chr(n)) and unicodedata.category(chr(n)) != "Mn"
    ]
    source = tmp_path / "widths.typ"
    source.write_text(
        '#set text(font: ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"), fallback: false)\n'
        "#set text(size: 100pt)\n"
        "#context [#metadata(json(bytes(sys.inputs.all)).map(c => measure(text(c)).width / 100pt)) <widths>]\n"
    )
    given = {"all": json.dumps(characters)}
    widths = typst.query(source, "<widths>", field="value", one=True, ignore_system_fonts=True, sys_inputs=given)
    measured = dict(zip(characters, json.loads(widths), strict=True))
    assert len(measured) > 900
    assert measured["W"] > 0.9
    assert {c: width for c, width in measured.items() if width > widest(c)} == {}
