"""Any book, written in any dialect, is read back equal; any corruption is refused or harmless."""

from __future__ import annotations

import csv
import io
import string
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from bot.domain.folding import fold
from bot.errors import UserError
from bot.imports import Options, Wishes, import_files
from storage.db import Database
from storage.migrate import upgrade
from storage.models import Contact, Customer, Invoice
from tests.bot.imports.workbooks import ods, xls, xlsx
from tests.builders import Builder

LETTERS = string.ascii_letters + string.digits + " äöüßéèçñÀÉ&.-'"
names = (
    st.text(LETTERS, min_size=3, max_size=30)
    .map(str.strip)
    .filter(lambda t: any(c.isalpha() for c in t[:1]) and fold(t))
)
EURO = "EUR"


@dataclass(frozen=True)
class Line:
    """One invoice; amounts in cents."""

    customer: int
    number: str
    issued: date
    days: int
    total: int
    owed: int
    status: str

    @property
    def due(self) -> date:
        return self.issued + timedelta(days=self.days)


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    kind: str
    delimiter: str
    encoding: str
    sign: str
    thousands: str
    days: str
    language: str


HEADS = {
    "en": ["Customer number", "Customer name", "Email", "Invoice number", "Invoice date", "Due date", "Total", "Outstanding", "Currency", "Status"],
    "fr": ["Code client", "Raison sociale", "Courriel", "Numéro de facture", "Date de facture", "Échéance", "Montant TTC", "Reste à payer", "Devise", "Statut"],
    "de": ["Kundennummer", "Firma", "E-Mail-Adresse", "Rechnungsnummer", "Rechnungsdatum", "Fällig am", "Rechnungsbetrag", "Offener Betrag", "Währung", "Status"],
    "es": ["Código cliente", "Razón social", "Correo electrónico", "Número de factura", "Fecha de factura", "Vencimiento", "Importe total", "Saldo pendiente", "Moneda", "Estado"],
}  # fmt: skip
STATUS = {
    "en": {"open": "Open", "disputed": "In dispute", "paid": "Paid"},
    "fr": {"open": "Impayée", "disputed": "En litige", "paid": "Réglée"},
    "de": {"open": "offen", "disputed": "strittig", "paid": "bezahlt"},
    "es": {"open": "Pendiente", "disputed": "En disputa", "paid": "Cobrada"},
}

invoice_lines = st.builds(
    Line,
    customer=st.integers(0, 4),
    number=st.text(string.ascii_uppercase + string.digits + "-/", min_size=1, max_size=12).map(lambda t: "R" + t),
    issued=st.dates(date(1990, 1, 1), date(2060, 1, 1)),
    days=st.integers(0, 400),
    total=st.integers(1, 10**11),
    owed=st.integers(1, 10**11),
    status=st.sampled_from(["open", "disputed", "paid"]),
)
books = st.tuples(
    st.lists(names, min_size=5, max_size=5, unique_by=fold),
    st.lists(invoice_lines, min_size=1, max_size=12, unique_by=lambda line: line.number),
)
dialects = st.builds(
    Dialect,
    kind=st.sampled_from([*["csv"] * 9, "xlsx", "xls", "ods"]),
    delimiter=st.sampled_from(list(",;\t|")),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"]),
    sign=st.sampled_from([".", ","]),
    thousands=st.sampled_from(["", "other", " ", "\u202f", "'"]),
    days=st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y", "%Y%m%d"]),
    language=st.sampled_from(list(HEADS)),
).filter(lambda how: how.encoding != "mac_roman" or how.language != "en")
# English headings have no accents: by a lone "À" nobody can tell a Mac's file from a Windows one


def owed(line: Line) -> int:
    return 0 if line.status == "paid" else min(line.owed, line.total)


def amount(cents: int, how: Dialect) -> str:
    mark = {"other": "," if how.sign == "." else "."}.get(how.thousands, how.thousands)
    if mark in ("\u202f", "'") and how.encoding in ("cp1252", "mac_roman"):
        mark = " "
    return f"{Decimal(cents) / 100:,.2f}".replace(",", "T").replace(".", how.sign).replace("T", mark)


def table(customers: list[str], lines: list[Line], how: Dialect) -> list[list[object]]:
    rows: list[list[object]] = [list(HEADS[how.language])]
    for line in lines:
        mail = f"pay{line.customer}@example.com"
        shown = STATUS[how.language][line.status]
        start = [f"C{line.customer}", customers[line.customer], mail, line.number]
        if how.kind == "csv":
            days: list[object] = [line.issued.strftime(how.days), line.due.strftime(how.days)]
            sums: list[object] = [amount(line.total, how), amount(owed(line), how)]
        else:
            days, sums = [line.issued, line.due], [line.total / 100, owed(line) / 100]
        rows.append([*start, *days, *sums, EURO, shown])
    return rows


def written(rows: list[list[object]], how: Dialect) -> bytes:
    if how.kind != "csv":
        return {"xlsx": xlsx, "xls": xls, "ods": ods}[how.kind]({"Sheet": rows})
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=how.delimiter).writerows(rows)
    return out.getvalue().encode(how.encoding, "replace" if how.encoding in ("cp1252", "mac_roman") else "strict")


def wishes(how: Dialect) -> Wishes:
    order = {"%d/%m/%Y": "dmy", "%m/%d/%Y": "mdy"}.get(how.days)
    return Wishes(Options(date_order=order, decimal=how.sign if how.kind == "csv" else None))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    url = f"sqlite:///{tmp_path_factory.mktemp('properties')}/book.db"
    upgrade(url)
    return Builder(Database(url))


def clear(db: Database) -> None:
    with db.write() as session:
        for model in (Invoice, Contact, Customer):
            session.execute(delete(model))


def held(db: Database) -> list[tuple[object, ...]]:
    query = select(
        Customer.external_id, Customer.name, Invoice.number, Invoice.issue_date, Invoice.due_date, Invoice.total,
        Invoice.outstanding, Invoice.currency, Invoice.status,
    ).join(Customer, Customer.id == Invoice.customer_id)  # fmt: skip
    with db.read() as session:
        return sorted(tuple(row) for row in session.execute(query))


@pytest.mark.timeout(600)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(book=books, how=dialects)
def test_any_book_in_any_dialect_is_read_back_equal(
    build: Builder, tmp_path: Path, book: tuple[list[str], list[Line]], how: Dialect
) -> None:
    db, (customers, lines) = build.db, book
    clear(db)
    path = tmp_path / f"book.{how.kind}"
    path.write_bytes(written(table(customers, lines, how), how))
    import_files(db, build.workspace_id, [path], wishes=wishes(how))
    assert held(db) == sorted(
        (f"C{n.customer}", customers[n.customer], n.number, n.issued, n.due, n.total, owed(n), EURO, n.status)
        for n in lines
    )
    again = import_files(db, build.workspace_id, [path], wishes=wishes(how)).result
    assert not again.changes_anything


@pytest.mark.timeout(600)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(book=books, how=dialects, where=st.floats(0, 1), junk=st.binary(max_size=8), cut=st.booleans())
def test_corruption_never_half_writes(
    build: Builder,
    tmp_path: Path,
    book: tuple[list[str], list[Line]],
    how: Dialect,
    where: float,
    junk: bytes,
    cut: bool,
) -> None:
    db, (customers, lines) = build.db, book
    clear(db)
    content = written(table(customers, lines, how), how)
    at = int(len(content) * where)
    path = tmp_path / f"book.{how.kind}"
    path.write_bytes(content[:at] + junk + (b"" if cut else content[at + len(junk) :]))
    try:
        outcome = import_files(db, build.workspace_id, [path], wishes=wishes(how))
    except UserError:
        with db.read() as session:
            assert session.scalar(select(func.count()).select_from(Customer)) == 0
    else:
        with db.read() as session:
            assert session.scalar(select(func.count()).select_from(Invoice)) == outcome.result.invoices_new
            assert session.scalar(select(func.count()).select_from(Customer)) == outcome.result.customers_new
