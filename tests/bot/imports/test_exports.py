"""Twelve exports import at the first try, without a word said: the totals are written out here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.imports import ImportResult, import_files
from storage.db import Database
from storage.models import Contact, Customer, Invoice
from tests.bot.imports import exports
from tests.builders import Builder


def save(folder: Path, *files: tuple[str, bytes]) -> list[Path]:
    for name, content in files:
        (folder / name).write_bytes(content)
    return [folder / name for name, _ in files]


def owed(db: Database) -> dict[str, int]:
    with db.read() as session:
        query = select(Invoice.currency, func.sum(Invoice.outstanding)).group_by(Invoice.currency)
        return {currency: int(total) for currency, total in session.execute(query)}


def lines(db: Database) -> list[tuple[str, str, str, str, int, int, str]]:
    """Return number, customer, issue and due date, total, outstanding, status of every invoice, by number."""
    query = select(Invoice, Customer.name).join(Customer, Customer.id == Invoice.customer_id).order_by(Invoice.number)
    with db.read() as session:
        return [
            (i.number, name, i.issue_date.isoformat(), i.due_date.isoformat(), i.total, i.outstanding, i.status)
            for i, name in session.execute(query)
        ]


@pytest.mark.parametrize(
    ("export", "customers", "contacts", "invoices", "outstanding"),
    [
        (exports.xero_invoices, 2, 1, 3, {"GBP": 633_750}),
        (exports.xero_aged_receivables, 2, 0, 3, {"GBP": 111_005}),
        (exports.quickbooks_aging_detail, 3, 0, 3, {"USD": 253_152}),
        (exports.quickbooks_open_invoices, 2, 0, 3, {"USD": 74_910}),
        (exports.odoo_invoices, 2, 0, 3, {"EUR": 141_500}),
        (exports.odoo_aged_receivable, 2, 0, 2, {"EUR": 131_000}),
        (exports.sage_aged_debtors, 2, 0, 2, {"USD": 128_510}),
        (exports.stripe_invoices, 2, 2, 3, {"EUR": 12_000, "JPY": 5_000}),
        (exports.sap_open_items, 2, 0, 2, {"EUR": 1_234_567, "CHF": 98_765}),
        (exports.datev_open_items, 2, 2, 2, {"USD": 105_950}),
        (exports.sage_100_echeancier, 2, 0, 3, {"EUR": 462_540}),
        (exports.holded_facturas, 2, 1, 3, {"EUR": 136_000}),
    ],
)
def test_an_export_imports_at_the_first_try(
    db: Database,
    build: Builder,
    tmp_path: Path,
    export: Callable[[], tuple[str, bytes] | list[tuple[str, bytes]]],
    customers: int,
    contacts: int,
    invoices: int,
    outstanding: dict[str, int],
) -> None:
    workspace = build.workspace(currency="USD")
    made = export()
    files = save(tmp_path, *(made if isinstance(made, list) else [made]))
    outcome = import_files(db, workspace.id, files)
    result = outcome.result
    assert (result.customers_new, result.contacts_new, result.invoices_new) == (customers, contacts, invoices)
    assert owed(db) == outstanding
    assert {each.currency: each.amount for each in result.after} == outstanding
    again = import_files(db, workspace.id, files).result
    assert again == ImportResult(unchanged=customers + contacts + invoices)


def test_lines_of_one_invoice_are_one_invoice(db: Database, build: Builder, tmp_path: Path) -> None:
    outcome = import_files(db, build.workspace_id, save(tmp_path, exports.xero_invoices()))
    assert lines(db) == [
        ("INV-0010", "Ridgeway University", "2026-02-03", "2026-03-05", 618_750, 618_750, "open"),
        ("INV-0011", "City Limousines", "2026-01-25", "2026-02-24", 25_000, 15_000, "open"),
        ("INV-0012", "City Limousines", "2026-01-26", "2026-02-25", 9_900, 0, "paid"),
    ]
    assert outcome.left_out == {
        "lines of invoices that were read already": 1,
        "credit notes, payments and other documents that are no invoices": 1,
        "drafts": 1,
    }
    with db.read() as session:
        contact = session.scalars(select(Contact)).one()
        assert (contact.street, contact.postcode, contact.city, contact.country) == (
            "1 College Way, Block C",
            "OK12 3TN",
            "Oaktown",
            "GB",
        )


def test_group_rows_name_the_customer_and_totals_are_no_invoices(db: Database, build: Builder, tmp_path: Path) -> None:
    import_files(db, build.workspace_id, save(tmp_path, exports.xero_aged_receivables()))
    assert lines(db) == [
        ("INV-0001", "Basket Case", "2026-01-03", "2026-01-17", 91_455, 91_455, "open"),
        ("INV-0002", "Basket Case", "2026-03-10", "2026-04-09", 12_050, 12_050, "open"),
        ("INV-0003", "Total Coffee Ltd", "2025-11-02", "2025-12-02", 7_500, 7_500, "open"),
    ]


def test_months_come_first_where_the_whole_column_says_so(db: Database, build: Builder, tmp_path: Path) -> None:
    import_files(db, build.workspace_id, save(tmp_path, exports.quickbooks_aging_detail()))
    assert lines(db) == [
        ("1004", "Cool Cars", "2025-11-24", "2025-12-24", 236_952, 236_952, "open"),
        ("1019", "Freeman Sporting Goods:0969 Ocean View Road", "2026-02-10", "2026-03-12", 47_750, 8_100, "open"),
        ("1022", "Jeff's Jalopies", "2026-03-02", "2026-04-01", 8_100, 8_100, "open"),
    ]


def test_disputes_promises_and_account_titles_are_understood(db: Database, build: Builder, tmp_path: Path) -> None:
    import_files(db, build.workspace_id, save(tmp_path, exports.sage_100_echeancier(), exports.sage_aged_debtors()))
    with db.read() as session:
        found = session.execute(select(Invoice.number, Invoice.status, Invoice.promised_on).order_by(Invoice.number))
        assert [tuple(row) for row in found] == [
            ("5501", "open", None),
            ("5522", "open", None),
            ("FA00012", "open", None),
            ("FA00015", "disputed", None),
            ("FA00018", "open", date(2026, 4, 15)),
        ]
        names = session.execute(select(Customer.external_id, Customer.name).order_by(Customer.external_id))
        assert [tuple(row) for row in names] == [
            ("ABS001", "ABS Garages Ltd"),
            ("BAGUE", "Bagues & Cie"),
            ("BRI001", "Brian's Motors"),
            ("CARAT", "Carat S.à.r.l"),
        ]


def test_names_of_countries_and_of_salespeople(db: Database, build: Builder, tmp_path: Path) -> None:
    files = save(tmp_path, exports.holded_facturas(), exports.odoo_invoices(), *exports.datev_open_items())
    import_files(db, build.workspace_id, files)
    with db.read() as session:
        found = session.execute(select(Customer.name, Customer.country, Customer.custom).order_by(Customer.name)).all()
        assert [tuple(row) for row in found] == [
            ("Azure Interior", None, {"Salesperson": "Mitchell Admin"}),
            ("Bäckerei Schäfer KG", "DE", {}),
            ("Deco Addict", None, {"Salesperson": "Marc Demo"}),
            ("Lisboa Lda", "PT", {}),
            ("Muñoz e Hijos SL", "ES", {}),
            ("Österreich-Handel GmbH", "AT", {}),
        ]
        assert (
            session.scalars(select(Contact.city).where(Contact.email == "buchhaltung@schaefer.example")).one() == "Köln"
        )


def test_a_hand_made_workbook_with_a_sheet_each(db: Database, build: Builder, tmp_path: Path) -> None:
    from tests.bot.imports.workbooks import xlsx

    book = {
        "Notes": [["Made by Jo"], ["Ask me"]],
        "Customers": [["Customer no", "Name", "Phone", "Language"], [1001, "Acme", "+49 30 1", "German"]],
        "Contacts": [
            ["Customer no", "Full name", "Email", "Job title"],
            [1001, "Payer, Pat", "pat@a.example", "Payer"],
        ],
        "Invoices": [
            ["Customer no", "Invoice", "Date", "Due", "Amount"],
            [1001, 77, date(2026, 1, 2), date(2026, 2, 1), 9.5],
        ],
    }
    outcome = import_files(db, build.workspace_id, save(tmp_path, ("book.xlsx", xlsx(book))))
    assert lines(db) == [("77", "Acme", "2026-01-02", "2026-02-01", 950, 950, "open")]
    assert [w for w in outcome.warnings if "Notes" in w]
    with db.read() as session:
        pat = session.scalars(select(Contact).where(Contact.email == "pat@a.example")).one()
        assert (pat.first_name, pat.last_name, [p.position for p in pat.positions]) == ("Pat", "Payer", ["Payer"])
        assert session.scalars(select(Customer.language)).one() == "de"
