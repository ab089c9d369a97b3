"""What the tests of letters share: a letter with defaults, and what a reader of the PDF finds in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from pypdf import PageObject, PdfReader

from bot.domain.channels import EMAIL
from bot.domain.merge import ContactFacts, CustomerFacts, InvoiceFacts, MergeFacts, OrganisationFacts, SenderFacts
from bot.rendering.content import compile_content
from bot.rendering.letter import letter_of
from bot.rendering.letter_facts import Layout, Letter, Stationery

TODAY = date(2026, 11, 25)
ADDRESS = ("Acme GmbH", "Petra Payer", "Musterstraße 12", "12345 Berlin", "GERMANY")
BODY = "Dear {{contact.name}},\n\nplease pay *{{amounts.overdue}}*.\n\n{{invoices.table}}\n\nKind regards"
SENDER = ("Northwind Ltd", "12 Harbour Street", "Bristol BS1 4QD")
PAYMENT = ("Account holder: Northwind Ltd", "IBAN: GB33 BUKB 2020 1555 5555 55", "Please quote your number.")
MM = 72 / 25.4


@dataclass(frozen=True)
class Piece:
    """A piece of text on a page: its baseline's start in mm from the top left corner."""

    text: str
    x: float
    y: float


def facts(
    invoices: int = 3, *, language: str = "en_GB", currency: str = "EUR", cents: int = 125_000, **customer: Any
) -> MergeFacts:
    """Return the facts of one customer; its invoices are 30 days past due and more."""
    owed = tuple(
        InvoiceFacts(
            number=f"INV-{1000 + n}",
            issue_date=TODAY - timedelta(days=60 + n),
            due_date=TODAY - timedelta(days=30 + n),
            total=cents,
            outstanding=cents,
            currency=currency,
        )
        for n in range(invoices)
    )
    return MergeFacts(
        CustomerFacts(1, **({"name": "Acme GmbH", "external_id": "C-1042", "language": language} | customer)),
        owed,
        SenderFacts("Alice Martin", "alice@example.com", "Alice Martin\nAccounts receivable"),
        OrganisationFacts("Northwind Ltd"),
        TODAY,
        ContactFacts("Petra", "Payer"),
    )


def letter(
    given: MergeFacts | None = None,
    *,
    layout: Layout = Layout.DIN_B,
    to: tuple[str, ...] = ADDRESS,
    body: str = BODY,
    subject: str = "Overdue invoices",
    **stationery: tuple[str, ...],
) -> Letter:
    """Return a letter; what a test does not name is ordinary."""
    own = {"sender": SENDER, "contact": ("accounts@northwind.example",), "payment": PAYMENT} | stationery
    return letter_of(compile_content(subject, body, EMAIL), given or facts(), Stationery(layout, **own), to)


def pages_of(pdf: bytes) -> list[PageObject]:
    """Return the pages of a PDF."""
    return list(PdfReader(BytesIO(pdf)).pages)


def text_of(pdf: bytes) -> str:
    """Return all the text of a PDF."""
    return "\n".join(page.extract_text() for page in pages_of(pdf))


def pieces(page: PageObject) -> list[Piece]:
    """Return where every piece of text of a page begins."""
    height, found = float(page.mediabox.height), []

    def visit(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        if text.strip():
            found.append(Piece(text.strip(), x / MM, (height - y) / MM))

    page.extract_text(visitor_text=visit)
    return found


def fonts_of(page: PageObject) -> dict[str, bool]:
    """Return the fonts of a page, without the tag of their subset, and whether each is in the file."""
    fonts = {}
    for reference in page["/Resources"]["/Font"].values():
        font = reference.get_object()
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        fonts[str(font["/BaseFont"]).partition("+")[2]] = any(key.startswith("/FontFile") for key in descriptor)
    return fonts
