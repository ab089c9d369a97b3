"""Messages: tags, formatting, languages, and everything that a customer's name must not be able to do."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.merge import (
    ContactFacts,
    CustomerFacts,
    InvoiceFacts,
    MergeFacts,
    OrganisationFacts,
    PersonFacts,
    SenderFacts,
)
from bot.domain.tags import NAMES
from bot.rendering import ContentFaults, check_content, compile_content, statement_pdf
from bot.rendering.values import values_of

TODAY = date(2026, 3, 10)
OLD = InvoiceFacts("INV-1", date(2026, 1, 2), date(2026, 2, 1), 125_000, 125_000, "EUR")
YEN = InvoiceFacts("INV-2", date(2026, 1, 4), date(2026, 2, 3), 250, 250, "JPY")
LATER = InvoiceFacts("INV-3", date(2026, 3, 1), date(2026, 4, 1), 1_500, 1_500, "KWD")
DISPUTED = InvoiceFacts("INV-4", date(2026, 1, 1), date(2026, 2, 1), 999, 999, "EUR", "disputed")


def facts(
    *invoices: InvoiceFacts,
    name: str = "Acme GmbH",
    language: str = "en",
    group: str | None = None,
    contact: ContactFacts | None = None,
    account_manager: PersonFacts | None = None,
) -> MergeFacts:
    return MergeFacts(
        customer=CustomerFacts(7, name, "C-7", group=group, language=language),
        invoices=invoices or (OLD,),
        sender=SenderFacts("Alice Martin", "alice@example.com", "Alice Martin\nAccounts receivable"),
        organisation=OrganisationFacts("Northwind Ltd"),
        today=TODAY,
        contact=contact or ContactFacts("Petra", "Payer"),
        account_manager=account_manager,
    )


def text(body: str, of: MergeFacts | None = None) -> str:
    return compile_content("Hello", body).render(of or facts()).text.strip()


def test_every_tag_says_what_it_stands_for() -> None:
    of = facts(
        OLD, YEN, LATER, DISPUTED, group="Acme Holding", account_manager=PersonFacts("Cam Roux", "cam@example.com")
    )
    said = text(
        "{{customer.name}}|{{customer.group}}|{{customer.external_id}}|{{contact.first_name}}|{{contact.name}}|"
        "{{invoices.overdue_count}}|{{invoices.overdue_numbers}}|{{invoices.outstanding_numbers}}|{{oldest.number}}|"
        "{{oldest.due_date}}|{{oldest.days_past_due}}|{{account_manager.name}}|{{account_manager.email}}|"
        "{{sender.name}}|{{sender.email}}|{{organisation.name}}|{{today}}",
        of,
    )
    assert said.split("|") == [
        "Acme GmbH",
        "Acme Holding",
        "C-7",
        "Petra",
        "Petra Payer",
        "2",
        "INV-1 and INV-2",
        "INV-1, INV-2, and INV-3",
        "INV-1",
        "February 1, 2026",
        "37",
        "Cam Roux",
        "cam@example.com",
        "Alice Martin",
        "alice@example.com",
        "Northwind Ltd",
        "March 10, 2026",
    ]


def test_there_is_a_value_for_every_tag() -> None:
    values = values_of(facts(), Locale("en"))
    assert {name for name in NAMES if values[name] is None} == set()
    assert set(values) == NAMES


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "€1,250.00 and ¥250"),
        ("fr", "1\u202f250,00\xa0€ et 250\xa0JPY"),
        ("de", "1.250,00\xa0€ und 250\xa0¥"),
        ("es", "1.250,00\xa0€ y 250\xa0JPY"),
    ],
)
def test_amounts_follow_language_and_currency(language: str, expected: str) -> None:
    said = text("{{amounts.overdue}}", facts(OLD, YEN, language=language))
    assert said == expected


def test_currency_keeps_its_own_digits() -> None:
    assert text("{{amounts.due}}", facts(LATER)) == "KWD\xa01.500"
    assert text("{{amounts.overdue}}", facts(YEN)) == "¥250"


def test_disputed_invoices_are_never_asked_for() -> None:
    said = text("{{amounts.outstanding}} {{invoices.outstanding_numbers}}\n\n{{invoices.table}}", facts(OLD, DISPUTED))
    assert "INV-4" not in said
    assert said.startswith("€1,250.00 INV-1")


def test_default_stands_in_for_an_empty_value_and_the_rest_is_named_empty() -> None:
    content = compile_content("Hi", 'Dear {{contact.first_name | default("there")}}, {{customer.group}}')
    rendered = content.render(facts(contact=ContactFacts("", "")))
    assert rendered.text == "Dear there,\n"
    assert rendered.empty_tags == ("customer.group",)


@pytest.mark.parametrize(("invoices", "word"), [((OLD,), "invoice"), ((OLD, YEN), "invoices"), ((LATER,), "invoices")])
def test_plural_follows_the_count(invoices: tuple[InvoiceFacts, ...], word: str) -> None:
    assert text('{{invoices.overdue_count | plural("invoice", "invoices")}}', facts(*invoices)) == word


def test_table_lines_up_in_plain_text() -> None:
    assert text("{{invoices.table}}", facts(OLD, YEN, language="de")).replace("\xa0", " ").splitlines() == [
        "Rechnung  Fällig am   Tage überfällig      Betrag",
        "-------------------------------------------------",
        "INV-1     01.02.2026               37  1.250,00 €",
        "INV-2     03.02.2026               35       250 ¥",
        "-------------------------------------------------",
        "Summe                                  1.250,00 €",
        "Summe                                       250 ¥",
    ]


def test_formatting_reads_the_same_in_both_forms() -> None:
    rendered = compile_content("Hi", "*Please* pay _soon_:\n\n- one\n- two\n\n[Pay](https://pay.example.com/a)").render(
        facts()
    )
    assert rendered.text == "Please pay soon:\n\n- one\n- two\n\nPay (https://pay.example.com/a)\n"
    assert "<strong>Please</strong> pay <em>soon</em>:" in rendered.html
    assert "<li>one</li><li>two</li>" in rendered.html
    assert '<a href="https://pay.example.com/a" rel="noopener noreferrer"' in rendered.html


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{customer.nam}}", "There is no tag {{customer.nam}} (line 1). Did you mean {{customer.name}}?"),
        ("a\n{{first_name}}", "There is no tag {{first_name}} (line 2). Did you mean {{contact.first_name}}?"),
        ("{{ ''.__class__ }}", "no calculation or call"),
        ("{{ customer.name.__class__ }}", "There is no tag"),
        ("{{ customer.name.upper() }}", "no calculation or call"),
        ("{{ 'a' * 100000000 }}", "no calculation or call"),
        ("{% for x in y %}{% endfor %}", "no {% … %}"),
        ("{{ customer.name | attr('x') }}", "not | attr"),
        ("{{ customer.name", "this tag is not complete"),
        ("{# hidden #}", "comments"),
        ("[pay](htp:/x)", "must begin with https://"),
        ("[pay](javascript:alert)", "must begin with https://"),
        ("[](https://a.example.com)", "has no text"),
        ("[pay](https://a.example.com", "not complete"),
        ("see https://localhost", "no proper host"),
        ("", "Write a message."),
        ("x" * 3001, "3000 are the most"),
    ],
)
def test_what_is_wrong_is_said_with_how_to_mend_it(body: str, said: str) -> None:
    faults = check_content("Hello", body)
    assert [f.field for f in faults][:1] == ["body"]
    assert said in " ".join(f.message for f in faults)
    with pytest.raises(ContentFaults):
        compile_content("Hello", body)


@pytest.mark.parametrize("subject", ["", "a\nb", "a\r\nBcc: x@example.com", "{{invoices.table}}", "x" * 201])
def test_subject_faults(subject: str) -> None:
    assert [f.field for f in check_content(subject, "Hello")] == ["subject"]


def test_customer_data_can_not_add_a_header_line() -> None:
    rendered = compile_content("{{customer.name}}", "x").render(facts(name="Evil\r\nBcc: everyone@example.com"))
    assert rendered.subject == "Evil Bcc: everyone@example.com"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.seen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.seen += data


_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks that turn the direction of the text: taken out of every value."""
_NAMES = st.text(
    st.characters(blacklist_categories=["Cs", "Co", "Cc", "Zl", "Zp"], blacklist_characters=_TURNING),
    min_size=1,
    max_size=40,
).filter(lambda s: s.strip())


@given(_NAMES)
def test_no_name_breaks_out_of_the_page(name: str) -> None:
    body = "<<{{customer.name}}>>"
    page, reference = _Page(), _Page()
    rendered = compile_content("Hi", body).render(facts(name=name))
    page.feed(rendered.html)
    reference.feed(compile_content("Hi", body).render(facts(name="x")).html)
    assert page.tags == reference.tags
    assert f"<<{name}>>" in page.seen
    assert rendered.text.strip() == f"<<{name}>>"


@pytest.mark.parametrize("name", ["*bold*", "_it_", "[a](https://evil.example.com)", "https://evil.example.com", "- x"])
def test_no_name_becomes_formatting(name: str) -> None:
    rendered = compile_content("Hi", "{{customer.name}}").render(facts(name=name))
    assert f">{name}</p>" in rendered.html


def test_values_in_links_are_percent_encoded() -> None:
    content = compile_content("Hi", "[pay](https://pay.example.com/?c={{customer.name}})")
    assert (
        'href="https://pay.example.com/?c=A%22%20onclick%3D%22x%26b"'
        in content.render(facts(name='A" onclick="x&b')).html
    )


def test_statement_is_a_pdf_with_every_open_invoice() -> None:
    from io import BytesIO

    from pypdf import PdfReader

    reader = PdfReader(BytesIO(statement_pdf(facts(OLD, LATER, DISPUTED, name="Ελλάς Ж #x", language="de"))))
    said = " ".join(page.extract_text() for page in reader.pages)
    for expected in ("Kontoauszug", "Ελλάς Ж #x", "INV-1", "INV-3", "INV-4", "Strittig", "Noch nicht fällig"):
        assert expected in said
    assert re.findall(r"(Überfällig|Strittig|Summe) ([\d.,]+)", said)[-4:] == [
        ("Überfällig", "1.250,00"),
        ("Strittig", "9,99"),
        ("Summe", "1.259,99"),
        ("Summe", "1,500"),
    ], "the sums are those of the rows"


def test_all_wrong_tags_are_named_at_once() -> None:
    body = "{{customer.nam}} and {{contact.frist_name}}\n{{customer.nam}} {{today | upper}}"
    (fault,) = check_content("Hello", body)
    assert "Did you mean {{customer.name}}?" in fault.message
    assert "Did you mean {{contact.first_name}}?" in fault.message
    assert "not | upper." in fault.message


def test_tags_written_in_words_are_named_one_by_one() -> None:
    body = "Dear {{first name}},\n{{customer name}} owes {{overdue amount}}; {{contact.email}} {{zzz zzz}}"
    (fault,) = check_content("Hello", body)
    assert fault.message == (
        "There is no tag {{first name}} (line 1). Did you mean {{contact.first_name}}? "
        "There is no tag {{customer name}} (line 2). Did you mean {{customer.name}}? "
        "There is no tag {{overdue amount}} (line 2). Did you mean {{amounts.overdue}}? "
        "There is no tag {{contact.email}} (line 2). Choose one from the tag list. "
        "There is no tag {{zzz zzz}} (line 2). Choose one from the tag list."
    )


def test_a_tag_without_an_end_hides_no_other_fault() -> None:
    (fault,) = check_content("Hello", "{{customer name}}\n{{customer.name")
    assert fault.message == (
        "There is no tag {{customer name}} (line 1). Did you mean {{customer.name}}? "
        "Line 2: this tag is not complete. Write it like {{customer.name}}."
    )
