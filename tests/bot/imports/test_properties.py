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
from bot.imports import ImportResult, Options, Wishes, import_files
from storage.db import Database
from storage.migrate import upgrade
from storage.models import Contact, Customer, Invoice
from tests.bot.imports.workbooks import ods, xls, xlsx
from tests.builders import Builder

LOWER = string.ascii_lowercase + "äöüßéèçñ"
words = st.builds(
    lambda first, rest: first + rest,
    st.sampled_from(string.ascii_letters + "ÀÉÄÖÜ"),
    st.text(LOWER, min_size=2, max_size=9) | st.text(string.digits, max_size=2),
)
# names as people write them: by a capital or a lone letter within words, nobody can tell a Mac's file from a Windows one
names = st.lists(words, min_size=1, max_size=4).map(" ".join).filter(lambda name: len(name) > 2)
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
    layout: str
    ends: str
    beside: str


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
    layout=st.sampled_from(["flat", "flat", "titled", "grouped", "two lists"]),
    ends=st.sampled_from(["\r\n", "\n", "\r"]),
    beside=st.sampled_from(["", "", "EUR ", " EUR"]),
).filter(lambda how: how.encoding != "mac_roman" or (how.language != "en" and how.layout != "grouped"))
# English headings have no accents, and neither do most Spanish ones


def owed(line: Line) -> int:
    return 0 if line.status == "paid" else min(line.owed, line.total)


def amount(cents: int, how: Dialect) -> str:
    mark = {"other": "," if how.sign == "." else "."}.get(how.thousands, how.thousands)
    if mark in ("\u202f", "'") and how.encoding in ("cp1252", "mac_roman"):
        mark = " "
    text = f"{Decimal(cents) / 100:,.2f}".replace(",", "T").replace(".", how.sign).replace("T", mark)
    return f"{how.beside}{text}" if how.beside.endswith(" ") else f"{text}{how.beside}"


Table = list[list[object]]


def tables(customers: list[str], lines: list[Line], how: Dialect) -> list[Table]:
    """Lay the book out: an invoice a row, below titles and above a total, below its customer, or in two lists."""
    head: list[object] = list(HEADS[how.language])
    flat = flat_rows(customers, lines, how)
    if how.layout == "titled":
        total: list[object] = ["Total", "", "", "", "", "", *flat[0][6:8], "", ""]
        return [[["A list of ours"], [], head, *flat, total]]
    if how.layout == "grouped":
        grouped: Table = [head[3:]]
        for customer in sorted({line.customer for line in lines}):
            own = [row[3:] for row, line in zip(flat, lines, strict=True) if line.customer == customer]
            grouped += [[customers[customer]], *own, [f"Total {customers[customer]}", "", "", own[0][3], own[0][4]]]
        return [grouped]
    if how.layout == "two lists":
        named = {line.customer: row[:3] for row, line in zip(flat, lines, strict=True)}
        return [[head[:3], *named.values()], [head[:1] + head[3:], *(row[:1] + row[3:] for row in flat)]]
    return [[head, *flat]]


def flat_rows(customers: list[str], lines: list[Line], how: Dialect) -> Table:
    rows: Table = []
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


def written(book: list[Table], how: Dialect) -> list[bytes]:
    if how.kind != "csv":
        sheets = {f"Sheet{number}": table for number, table in enumerate(book)}
        return [{"xlsx": xlsx, "xls": xls, "ods": ods}[how.kind](sheets)]
    texts = []
    for table in book:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=how.delimiter, lineterminator=how.ends).writerows(table)
        texts.append(out.getvalue())
    errors = "replace" if how.encoding in ("cp1252", "mac_roman") else "strict"
    return [text.encode(how.encoding, errors) for text in texts]


def saved(contents: list[bytes], how: Dialect, folder: Path) -> list[Path]:
    paths = [folder / f"book{number}.{how.kind}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def imported(build: Builder, paths: list[Path], how: Dialect) -> ImportResult:
    """Import without a word; say how the file is written only where that is asked."""
    try:
        return import_files(build.db, build.workspace_id, paths).result
    except UserError as error:
        assert "--date-order" in error.message or "--decimal" in error.message, error.message
        return import_files(build.db, build.workspace_id, paths, wishes=wishes(how)).result


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
        Customer.name, Invoice.number, Invoice.issue_date, Invoice.due_date, Invoice.total,
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
    paths = saved(written(tables(customers, lines, how), how), how, tmp_path)
    imported(build, paths, how)
    assert held(db) == sorted(
        (customers[n.customer], n.number, n.issued, n.due, n.total, owed(n), EURO, n.status) for n in lines
    )
    with db.read() as session:
        emails = set(session.scalars(select(Contact.email)))
        numbers = set(session.scalars(select(Customer.external_id)))
    if how.layout != "grouped":
        assert emails == {f"pay{n.customer}@example.com" for n in lines}
        assert numbers == {f"C{n.customer}" for n in lines}
    assert not imported(build, paths, how).changes_anything


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
    contents = written(tables(customers, lines, how), how)
    content = contents[-1]
    at = int(len(content) * where)
    contents[-1] = content[:at] + junk + (b"" if cut else content[at + len(junk) :])
    paths = saved(contents, how, tmp_path)
    try:
        outcome = import_files(db, build.workspace_id, paths, wishes=wishes(how))
    except UserError:
        with db.read() as session:
            assert session.scalar(select(func.count()).select_from(Customer)) == 0
    else:
        with db.read() as session:
            assert session.scalar(select(func.count()).select_from(Invoice)) == outcome.result.invoices_new
            assert session.scalar(select(func.count()).select_from(Customer)) == outcome.result.customers_new
