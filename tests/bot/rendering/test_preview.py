"""The preview shows a message as its reader sees it: its formatting, its lists, the table in columns, and no more."""

from __future__ import annotations

from bot.domain.channels import SMS
from bot.rendering import compile_content, preview_of
from bot.rendering.content import Content
from bot.rendering.preview import Part, PartKind, Shown, Span
from tests.bot.rendering.test_content import OLD, facts

TEXT, BULLETS, NUMBERS, FIXED = PartKind.TEXT, PartKind.BULLETS, PartKind.NUMBERS, PartKind.FIXED


def test_paragraphs_lists_links_and_the_table_keep_their_form() -> None:
    body = """Dear *{{customer.name}}*,
please _pay **now**_:

{{invoices.table}}
- [here](https://pay.example.com/?c={{customer.external_id}})
- or call

3. third
4. fourth"""
    shown = preview_of(compile_content("Hi", body).render(facts(OLD, name="A & <b>")))
    assert shown.more == 0
    text, table, bullets, numbers = shown.parts
    assert text == Part(
        TEXT,
        (
            (Span("Dear "), Span("A & <b>", bold=True), Span(",")),
            (Span("please "), Span("pay ", italic=True), Span("now", bold=True, italic=True), Span(":")),
        ),
    )
    assert table.kind is FIXED
    assert ["".join(span.text for span in line) for line in table.lines] == [
        "Invoice  Due date     Days past due     Amount",
        "----------------------------------------------",
        "INV-1    Feb 1, 2026             37  €1,250.00",
        "----------------------------------------------",
        "Total                                €1,250.00",
    ]
    assert bullets == Part(BULLETS, ((Span("here", url="https://pay.example.com/?c=C-7"),), (Span("or call"),)))
    assert numbers == Part(NUMBERS, ((Span("third"),), (Span("fourth"),)), start=3)


def test_the_end_of_a_long_message_is_counted() -> None:
    rendered = compile_content("Hi", "y" * 600 + "\n\n" + "z" * 600).render(facts())
    assert preview_of(rendered, 1000) == Shown(
        (Part(TEXT, ((Span("y" * 600),),)), Part(TEXT, ((Span("z" * 400),),))), more=200
    )


def test_an_sms_is_shown_as_it_is_sent() -> None:
    rendered = Content("", "Dear all\n\n*pay*", SMS).render(facts())
    lines = preview_of(rendered).parts[0].lines
    assert ["".join(span.text for span in line) for line in lines][:3] == ["Dear all", "", "pay"]
