"""Texts and values that go wrong on purpose: nothing raises, nothing is mailed that was not meant."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser
from io import BytesIO

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from bot.domain.merge import (
    ContactFacts,
    CustomerFacts,
    InvoiceFacts,
    MergeFacts,
    OrganisationFacts,
    PersonFacts,
    SenderFacts,
)
from bot.rendering import check_content, compile_content, statement_pdf
from bot.rendering.content import Rendered

LATE = InvoiceFacts("INV-1", date(2026, 1, 2), date(2026, 2, 1), 125_000, 125_000, "EUR")


def facts(*invoices: InvoiceFacts, name: str = "Acme", signature: str = "", language: str = "en") -> MergeFacts:
    return MergeFacts(
        customer=CustomerFacts(7, name, "C-7", language=language),
        invoices=invoices,
        sender=SenderFacts("Alice", "alice@example.com", signature),
        organisation=OrganisationFacts("Northwind"),
        today=date(2026, 3, 10),
        contact=ContactFacts("", ""),
        account_manager=PersonFacts("Cam", "cam+ar@example.com"),
    )


def rendered(body: str, of: MergeFacts | None = None, subject: str = "Hello") -> Rendered:
    return compile_content(subject, body).render(of or facts(LATE))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{" + "(" * 1400 + "1" + ")" * 1400 + "}}", "too deeply nested"),
        ("{{a" + ".b" * 1400 + "}}", "too deeply nested"),
        ("{{" + "-" * 2900 + "1}}", "too deeply nested"),
        ("Dear {customer.name}", "Line 1: {customer.name} is no tag. Did you mean {{customer.name}}?"),
        ("Hello,\n\n{first_name}}", "Line 3: {first_name} is no tag. Did you mean {{contact.first_name}}?"),
        ("all right }} then", "Line 1: }} closes no tag."),
        ("htp://pay.example.com", "must begin with https://"),
        ("pay at https:/pay.example.com", "no proper host"),
        ("[pay]()", "The link pay has no address."),
        ("[pay] (https://pay.example.com)", "not complete"),
        ("[pay(https://pay.example.com)", "not complete"),
        ("pay](https://pay.example.com)", "not complete"),
        ("[pay](data:text/html,x)", "must begin with https://"),
        ("[pay](https://{{customer.name}}/x)", "no proper host"),
        ("[pay](https://bank.example.com@evil.example.com)", "user name before its host"),
        ("[pay](https://pay.example.com:port)", "is broken"),
        ("[see {{invoices.table}}](https://pay.example.com)", "can't stand in a link"),
        ("https://pay.example.com/{{invoices.table}}", "can't stand in a link"),
        ("{{customer.name | plural('a', 'b')}}", "plural goes with"),
    ],
)
def test_a_text_that_would_be_mailed_wrong_is_refused(body: str, said: str) -> None:
    assert said in " ".join(fault.message for fault in check_content("Hello", body))


@pytest.mark.parametrize(
    "body", ["a {b} c", "see [1] (page 2)", "[sic]", "{}", "https://pay.example.com:8443/a?b=c#d", "5 * 3 * 2"]
)
def test_plain_text_is_left_alone(body: str) -> None:
    assert check_content("Hello", body) == []
    assert rendered(body).text == body + "\n"


def test_curly_quotes_in_a_tag_are_as_good_as_straight_ones() -> None:
    assert rendered("“Dear” {{contact.first_name | default(“friend”)}}").text == "“Dear” friend\n"


def test_an_empty_table_is_named_and_an_empty_default_is_not() -> None:
    out = rendered('{{contact.first_name | default("")}}x\n\n{{invoices.table}}', facts())
    assert (out.text, out.empty_tags) == ("x\n", ("invoices.table",))


def test_links_to_an_address_take_a_tag() -> None:
    out = rendered("[write](mailto:{{account_manager.email}})")
    assert 'href="mailto:cam%2Bar@example.com"' in out.html
    assert out.text == "write (mailto:cam%2Bar@example.com)\n"


def test_days_have_a_plural_too() -> None:
    body = '{{oldest.days_past_due}} {{oldest.days_past_due | plural("day", "days")}}'
    late_one = InvoiceFacts("INV-1", date(2026, 1, 2), date(2026, 3, 9), 1, 1, "EUR")
    assert [rendered(body, facts(late)).text for late in (LATE, late_one)] == ["37 days\n", "1 day\n"]


def test_numbered_lists_keep_the_authors_numbers() -> None:
    out = rendered("1. one\n2. two\n\nbetween\n\n3. three")
    assert out.text == "1. one\n2. two\n\nbetween\n\n3. three\n"
    assert '<ol start="3"' in out.html


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x00b\x1b[0m", "ab[0m"),
        ("x\r\ny", "x y"),
        ("x\u2028y", "x y"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\ud800b", "ab"),
        ("\ue0020\ue003", "0"),
        ("\ue00099\ue001", "99"),
    ],
)
def test_no_value_breaks_a_line_turns_the_text_or_passes_for_a_place(value: str, shown: str) -> None:
    invoice = InvoiceFacts(value, date(2026, 1, 2), date(2026, 2, 1), 100, 100, "EUR")
    out = rendered("{{customer.name}}\n\n{{invoices.table}}", facts(invoice, name=value), "{{customer.name}}")
    assert out.subject == shown
    assert out.text.startswith(shown + "\n\nInvoice")
    assert out.text.splitlines()[4].split("  ")[0] == shown
    out.html.encode()


def test_a_default_can_not_pass_for_a_place() -> None:
    assert rendered('{{contact.first_name | default("\\ue00299\\ue003")}}').text == "99\n"


def test_a_signature_keeps_its_lines_and_a_subject_has_one() -> None:
    out = rendered("{{sender.signature}}", facts(signature="Alice\r\nAR"), "{{sender.signature}}")
    assert (out.subject, out.text) == ("Alice AR", "Alice\nAR\n")
    assert "Alice<br>AR" in out.html


_FORM = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "div"}
_KEPT = {
    "*": {"style", "class"},
    "a": {"href"},
    "ol": {"start"},
    "th": {"scope", "colspan"},
}


@given(st.text(st.characters(exclude_categories=["Cs", "Co", "Cc"]), min_size=1, max_size=60))
def test_a_sanitiser_finds_nothing_to_take_out(value: str) -> None:
    body = "*{{customer.name}}* [a](https://pay.example.com/{{customer.name}})\n\n- x\n\n{{invoices.table}}"
    invoice = InvoiceFacts(value, date(2026, 1, 2), date(2026, 2, 1), 100, 100, "EUR")
    page = rendered(body, facts(invoice, name=value)).html
    content = page[page.index("<div") : page.rindex("</body>")]
    clean = nh3.clean(content, tags=_FORM, attributes=_KEPT, link_rel="noopener noreferrer")
    assert _events(clean) == _events(content)


class _Events(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, sorted(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.seen.append(data)


def _events(markup: str) -> list[object]:
    parser = _Events()
    parser.feed(markup)
    parser.close()
    return parser.seen


def test_text_from_right_to_left_says_so() -> None:
    assert '<html lang="ar" dir="rtl">' in rendered("x", facts(LATE, language="ar")).html
    assert '<html lang="de-AT" dir="ltr">' in rendered("x", facts(LATE, language="de-AT")).html


def test_wide_characters_line_up() -> None:
    wide = InvoiceFacts("請求書", date(2026, 1, 2), date(2026, 2, 1), 100, 100, "EUR")
    assert rendered("{{invoices.table}}", facts(wide, LATE)).text.splitlines()[2:4] == [
        "INV-1    Feb 1, 2026             37  €1,250.00",
        "請求書   Feb 1, 2026             37      €1.00",
    ]


def test_a_long_statement_has_its_heading_on_every_page() -> None:
    many = [InvoiceFacts(f"INV-{n}", date(2026, 1, 2), date(2026, 2, 1), n, n, "EUR") for n in range(1, 201)]
    pages = PdfReader(BytesIO(statement_pdf(facts(*many, name="A very long name " * 20, language="fr")))).pages
    assert len(pages) > 3
    texts = [page.extract_text() for page in pages]
    for number, said in enumerate(texts, 1):
        assert "Échéance" in said
        assert f"{number} / {len(pages)}" in said
    assert all(f"INV-{n} " in " ".join(texts) for n in range(1, 201))


@pytest.mark.parametrize(
    ("language", "forms", "said"),
    [
        ("en", ("invoice", "invoices"), ["invoices", "invoice", "invoices", "invoices"]),
        ("fr", ("facture", "factures"), ["facture", "facture", "factures", "factures"]),
        ("de", ("Rechnung", "Rechnungen"), ["Rechnungen", "Rechnung", "Rechnungen", "Rechnungen"]),
        ("es", ("factura", "facturas"), ["facturas", "factura", "facturas", "facturas"]),
        ("pl", ("faktura", "faktury", "faktur"), ["faktur", "faktura", "faktury", "faktur"]),
        ("ja", ("invoice", "invoices"), ["invoices", "invoices", "invoices", "invoices"]),
    ],
)
def test_plurals_follow_the_language(language: str, forms: tuple[str, ...], said: list[str]) -> None:
    words = ", ".join(f'"{form}"' for form in forms)
    content = compile_content("Hello", f"{{{{invoices.overdue_count | plural({words})}}}}")
    texts = [content.render(facts(*[LATE] * count, language=language)).text.strip() for count in (0, 1, 2, 5)]
    assert texts == said
