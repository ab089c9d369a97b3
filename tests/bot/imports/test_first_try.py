"""Inputs that people really have, each with something that once was read wrongly or refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.imports import ImportFaults, Wishes, import_files
from storage.db import Database
from storage.models import Contact, Customer, Invoice
from tests.bot.imports.test_exports import lines, save
from tests.bot.imports.workbooks import xlsx
from tests.builders import Builder

pytestmark = pytest.mark.database("sqlite")

HEAD = "Customer,Invoice,Invoice date,Due date,Total\n"


def took(
    db: Database, build: Builder, folder: Path, content: str | bytes, name: str = "a.csv"
) -> list[tuple[str, str, int, int]]:
    """Import a file, and return number, customer, total and outstanding of every invoice."""
    import_files(
        db, build.workspace_id, save(folder, (name, content if isinstance(content, bytes) else content.encode()))
    )
    return [(number, customer, total, owed) for number, customer, _, _, total, owed, _ in lines(db)]


def people(db: Database) -> list[tuple[str, str, str, str | None]]:
    query = select(Customer.name, Contact.first_name, Contact.last_name, Contact.email)
    with db.read() as session:
        return [
            tuple(row)
            for row in session.execute(query.join(Contact, Contact.customer_id == Customer.id).order_by(Contact.id))
        ]


def test_a_windows_file_with_euro_signs_is_no_file_of_a_mac(db: Database, build: Builder, tmp_path: Path) -> None:
    text = "Código;Nombre fiscal;Nº factura;Vencimiento;Importe;Cobrado;Pendiente;Situación\n"
    text += "1;Muñoz SL;F1;14/02/2026;1.210,00 €;1.000,00 €;210,00 €;Cobro parcial\n"
    assert took(db, build, tmp_path, text.encode("cp1252")) == [("F1", "Muñoz SL", 121_000, 21_000)]


def test_a_mark_of_debit_and_credit_beside_the_amount_counts(db: Database, build: Builder, tmp_path: Path) -> None:
    # DATEV and SAP write amounts without signs: https://developer.datev.de (Buchungsstapel, Soll/Haben-Kennzeichen)
    text = "Kundennr.\tKunde\tRg.-Nr.\tRg.-Datum\tFaelligkeit\tBetrag\tS/H\n"
    text += "1\tMüller AG\t4711\t03.01.26\t17.01.26\t1.234,56\tS\n1\tMüller AG\t4712\t05.01.26\t19.01.26\t100,00\tH\n"
    assert took(db, build, tmp_path, text.encode("utf-16")) == [("4711", "Müller AG", 123_456, 123_456)]
    with pytest.raises(ImportFaults, match="S/H 'X': is neither a debit"):
        took(db, build, tmp_path, text.replace("\tH\n", "\tX\n"))


@pytest.mark.parametrize(
    ("usual", "amount", "read", "said"),
    [
        ("EUR", "$5.00", (500, "USD"), r"amounts with \$ were read as USD"),
        ("CAD", "$5.00", (500, "CAD"), r"amounts with \$ were read as CAD"),
        ("EUR", "¥ 12000", (12_000, "JPY"), "amounts with ¥ were read as JPY"),
        ("SEK", "12.50 kr", (1_250, "SEK"), "amounts with kr were read as SEK"),
        ("EUR", "CHF 12'000.--", (1_200_000, "CHF"), ""),
        ("EUR", "CHF 99.–", (9_900, "CHF"), ""),
        ("EUR", '"1.234,-"', (123_400, "EUR"), "no currency is named"),
        ("EUR", '"1,23,456.50 Dr"', (12_345_650, "EUR"), "no currency is named"),
    ],
)
def test_signs_beside_amounts(
    db: Database, build: Builder, tmp_path: Path, usual: str, amount: str, read: tuple[int, str], said: str
) -> None:
    workspace = build.workspace(currency=usual)
    content = f"{HEAD}Acme,1,2026-01-01,2026-02-01,{amount}\n"
    outcome = import_files(db, workspace.id, save(tmp_path, ("a.csv", content.encode())))
    with db.read() as session:
        assert session.execute(select(Invoice.total, Invoice.currency)).one() == read
    assert not said or any(said.replace("\\", "") in warning for warning in outcome.warnings)


def test_a_sign_of_several_currencies_is_asked_about(db: Database, build: Builder, tmp_path: Path) -> None:
    with pytest.raises(ImportFaults, match="Total 'kr': is the sign of several currencies; add a column Currency"):
        took(db, build, tmp_path, f"{HEAD}Acme,1,2026-01-01,2026-02-01,12.00 kr\n")


@pytest.mark.parametrize(
    ("issued", "due"),
    [
        ("46027", "46058.5"),
        ("Mon Jan 05 2026", "Thursday 5 February 2026"),
        ("Mon, 05 Jan 2026 09:30:00 GMT", "jeudi 5 février 2026"),
        ("2026-01-05T00:00:00Z", "2026-02-05 00:00:00.000"),
        ("5. Jänner 2026", "5 de febrero de 2026"),
    ],
)
def test_days_in_many_words(db: Database, build: Builder, tmp_path: Path, issued: str, due: str) -> None:
    took(db, build, tmp_path, f'{HEAD}Acme,1,"{issued}","{due}",10\n')
    assert [line[2:4] for line in lines(db)] == [("2026-01-05", "2026-02-05")]


def test_an_invoice_told_by_its_lines_alone_is_added_up(db: Database, build: Builder, tmp_path: Path) -> None:
    # FreshBooks, Reports > Invoice Details > Export: the whole of an invoice stands nowhere
    head = "Client Name,Invoice #,Date Issued,Invoice Status,Date Paid,Item Name,Rate,Quantity,Line Subtotal,Line Total,Currency\n"
    text = (
        head
        + "Acme,101,2026-01-15,overdue,,Design,100,10,1000,1200,USD\nAcme,101,2026-01-15,overdue,,Discount,-60,1,-50,-60,USD\n"
    )
    text += "Bolt,102,2026-01-20,paid,2026-02-01,Design,100,1,100,100,USD\nBolt,103,2026-01-20,sent,,Credit,-9,1,-9,-9,USD\n"
    assert took(db, build, tmp_path, text) == [("101", "Acme", 114_000, 114_000), ("102", "Bolt", 10_000, 0)]


def test_an_invoice_with_one_bad_line_is_bad_as_a_whole(db: Database, build: Builder, tmp_path: Path) -> None:
    head = "Client,Invoice,Date,Item Name,Line Total\n"
    rows = "Acme,1,2026-01-15,A,10\nAcme,1,2026-01-15,B,lots\nBolt,2,2026-01-15,A,5\n"
    files = save(tmp_path, ("a.csv", (head + rows).encode()))
    outcome = import_files(db, build.workspace_id, files, wishes=Wishes(skip_bad=True))
    assert [line[0] for line in lines(db)] == ["2"]
    (bad,) = outcome.bad_files
    text = bad.content.decode("utf-8-sig")
    assert [row.split(",")[3:5] for row in text.splitlines()[1:]] == [["A", "10"], ["B", "lots"]]
    import_files(db, build.workspace_id, save(tmp_path, ("a.bad.csv", text.replace("lots", "20").encode())))
    assert [(line[0], line[4]) for line in lines(db)] == [("1", 3_000), ("2", 500)]


def test_the_state_of_the_document_counts_beside_that_of_its_payment(
    db: Database, build: Builder, tmp_path: Path
) -> None:
    # Odoo, export for its own import: https://www.odoo.com/documentation/18.0/applications/essentials/export_import_data.html
    text = "name,partner_id,partner_id/ref,partner_id/email,invoice_date,invoice_date_due,amount_total,amount_residual,payment_state,state,move_type\n"
    text += "INV/1,Azure,C1,az@x.example,2026-01-08,2026-02-07,1210.0,1210.0,not_paid,posted,out_invoice\n"
    text += "INV/2,Azure,C1,az@x.example,2026-01-08,2026-02-07,99.0,99.0,not_paid,draft,out_invoice\n"
    text += "INV/3,Azure,C1,az@x.example,2026-01-08,2026-02-07,98.0,98.0,not_paid,cancel,out_invoice\n"
    text += "RINV/1,Azure,C1,az@x.example,2026-01-08,2026-02-07,9.0,9.0,not_paid,posted,out_refund\n"
    assert took(db, build, tmp_path, text) == [("INV/1", "Azure", 121_000, 121_000)]
    with db.read() as session:
        assert session.scalars(select(Contact.region)).one() is None


def test_a_customer_without_a_company_is_called_by_the_persons_name(
    db: Database, build: Builder, tmp_path: Path
) -> None:
    # Chargebee, Export > Invoices: https://www.chargebee.com/docs/billing/2.0/data-operations/export-operations
    head = "Invoice Number,Customer Id,Invoice Date,Due Date,Amount,Amount Due,Status,Customer First Name,Customer Last Name,Customer Email,Customer Company\n"
    text = head + "1,c1,2026-01-10,2026-02-09,12.00,12.00,Payment Due,Ann,Lee,ann@lee.example,Lee GmbH\n"
    text += "2,c2,2026-01-10,2026-02-09,12.00,12.00,Not Paid,Bob,Ray,bob@ray.example,\n"
    text += "3,c3,2026-01-10,2026-02-09,12.00,12.00,Not Paid,,,eve@x.example,\n"
    assert [line[1] for line in took(db, build, tmp_path, text)] == ["Lee GmbH", "Bob Ray", "eve@x.example"]
    with db.write() as session:
        session.execute(Customer.__table__.update().where(Customer.external_id == "c2").values(name="Ray & Sons"))
    assert [line[1] for line in took(db, build, tmp_path, text)] == ["Lee GmbH", "Ray & Sons", "eve@x.example"]


def test_lists_of_customers_have_balances_and_days_too(db: Database, build: Builder, tmp_path: Path) -> None:
    # QuickBooks Online, Customers > Export; Stripe, Customers > Export
    quickbooks = "Name,Company name,Email,Phone,Street Address,City,State,Country,ZIP,Open Balance\n"
    quickbooks += "Bill's Windsurf Shop,,Surf@x.example,(415) 444-6538,12 Ocean Dr.,Half Moon Bay,CA,USA,94213,$85.00\n"
    stripe = "id,Description,Email,Name,Created (UTC),Delinquent,Currency\ncus_A,,b@b.example,Beta KK,2025-01-02 10:00,true,jpy\n"
    files = save(tmp_path, ("q.csv", quickbooks.encode()), ("s.csv", stripe.encode()))
    import_files(db, build.workspace_id, files)
    assert people(db) == [("Bill's Windsurf Shop", "", "", "Surf@x.example"), ("Beta KK", "", "", "b@b.example")]
    with db.read() as session:
        assert session.scalars(select(Contact.postcode).where(Contact.city == "Half Moon Bay")).one() == "94213"


def test_when_a_report_was_printed_is_no_customer(db: Database, build: Builder, tmp_path: Path) -> None:
    # QuickBooks Online, Customer Contact List
    text = "Customer full name,Phone numbers,Email,Full name,Bill address\n"
    text += 'Amy\'s,Phone:(650) 555-3311,"amy@x.example, bo@x.example",Amy Lauter,"4581 Finch St. Bayshore CA 94326"\n'
    text += '"Wednesday, March 31, 2026 01:00 PM GMTZ",,,,\n'
    assert took(db, build, tmp_path, text) == []
    assert people(db) == [("Amy's", "Amy", "Lauter", "amy@x.example"), ("Amy's", "", "", "bo@x.example")]
    with db.read() as session:
        phone, city = session.execute(select(Contact.phone, Contact.city).where(Contact.is_main)).one()
        assert (phone, city) == ("(650) 555-3311", "Bayshore")  # of no known country: refused before an SMS is sent


def test_phone_numbers_are_kept_in_their_normal_form(db: Database, build: Builder, tmp_path: Path) -> None:
    text = (
        "Customer;Country;Email;Phone\nA GmbH;DE;a@x.example;0151 / 23 45 67 89\nB SA;FR;b@x.example;01 42 68 53 00\n"
    )
    text += "C AG;CH;c@x.example;ask Pat\n"
    assert took(db, build, tmp_path, text) == []
    with db.read() as session:
        phones = session.scalars(select(Contact.phone).order_by(Contact.email)).all()
    assert phones == ["+4915123456789", "+33142685300", "ask Pat"]
    files = save(tmp_path, ("again.csv", text.encode()))
    assert import_files(db, build.workspace_id, files).result.changes == 0


def test_five_lines_of_an_address_end_with_town_county_and_postcode(
    db: Database, build: Builder, tmp_path: Path
) -> None:
    # Sage 50 (UK), Customers > Send to Excel
    text = '"A/C","Name","Address1","Address2","Address3","Address4","Address5","Contact","Tel"\n'
    text += '"ABS001","ABS Garages Ltd","Unit 34","Holystone Ind Est","Hebburn","Tyne & Wear","NE31 1VB","Mike Hall","0191 254"\n'
    took(db, build, tmp_path, text)
    with db.read() as session:
        found = session.execute(
            select(Customer.external_id, Contact.street, Contact.city, Contact.region, Contact.postcode).join(Customer)
        ).one()
        assert tuple(found) == ("ABS001", "Unit 34, Holystone Ind Est", "Hebburn", "Tyne & Wear", "NE31 1VB")


def test_what_no_list_has_is_put_together_from_its_words(db: Database, build: Builder, tmp_path: Path) -> None:
    book = {
        "Kunden": [["Nr", "Firma", "Adresse", "Land"], [1, "Müller AG", "Weg 5, 04109 Leipzig", "276"]],
        "Offene Posten": [
            ["Kunde Nr", "Re-Nr.", "Rechn.-Dat.", "Fällig.-Datum", "Offener Rechnungsbetrag"],
            [1, "R-1", date(2026, 1, 3), date(2026, 2, 2), 1190],
            ["", "", "", "", 1190],
        ],
    }
    assert took(db, build, tmp_path, xlsx(book), "b.xlsx") == [("R-1", "Müller AG", 119_000, 119_000)]
    with db.read() as session:
        assert session.execute(select(Contact.postcode, Contact.country)).one() == ("04109", "DE")


def test_the_names_of_fields_in_saps_tables(db: Database, build: Builder, tmp_path: Path) -> None:
    # SAP Business One, table OINV; BSID as SE16 saves it: https://leanx.eu/en/sap/table/bsid.html
    one = "DocDate,CardCode,CardName,DocNum,DocDueDate,DocTotal,PaidToDate,DocCur,DocStatus\n"
    one += "20260115,C20000,Maxi-Teq,1042,20260214,1250.00,250.00,EUR,O\n20260116,C30000,Microchips,1043,20260215,80.00,80.00,EUR,C\n"
    bsid = "KUNNR\tNAME1\tBELNR\tBLART\tBLDAT\tFAEDT\tWRBTR\tSHKZG\tWAERS\n"
    bsid += "0000100001\tAlpha GmbH\t1800000001\tRV\t20260115\t20260214\t1190.00\tS\tEUR\n"
    bsid += "0000100001\tAlpha GmbH\t1600000001\tAB\t20260116\t20260116\t90.00\tH\tEUR\n"
    import_files(db, build.workspace_id, save(tmp_path, ("one.csv", one.encode()), ("bsid.txt", bsid.encode())))
    assert [(line[0], line[1], line[3], line[5], line[6]) for line in lines(db)] == [
        ("1042", "Maxi-Teq", "2026-02-14", 100_000, "open"),
        ("1043", "Microchips", "2026-02-15", 0, "paid"),
        ("1800000001", "Alpha GmbH", "2026-02-14", 119_000, "open"),
    ]


def test_invoices_of_nobody_are_refused_with_a_word_on_what_is_missing(
    db: Database, build: Builder, tmp_path: Path
) -> None:
    with pytest.raises(ImportFaults, match=r"no column names the customer.*--map customer.name"):
        took(db, build, tmp_path, "Whose,Invoice,Due date,Total\nAcme,1,2026-02-01,10\n")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Partiellement payée", "open"),
        ("Überfällig", "open"),
        ("1. Mahnung", "open"),
        ("Payment Due", "open"),
        ("Overdue 12 days", "open"),
        ("Disputed - wrong price", "disputed"),
        ("Paid (not deposited)", "paid"),
    ],
)
def test_states_in_more_words(db: Database, build: Builder, tmp_path: Path, word: str, status: str) -> None:
    took(db, build, tmp_path, f"Client,Invoice,Due date,Total,Status\nAcme,1,2026-02-01,10,{word}\n")
    assert [line[-1] for line in lines(db)] == [status]


def test_a_credit_is_left_out_whatever_its_state(db: Database, build: Builder, tmp_path: Path) -> None:
    text = "Client;Numéro;Échéance;Montant TTC;Statut\nDurand;A1;17/01/2026;-120,00;À rembourser\nDurand;F1;17/01/2026;120,00;En retard\n"
    assert took(db, build, tmp_path, text) == [("F1", "Durand", 12_000, 12_000)]


def test_positions_are_separated_by_commas_too(db: Database, build: Builder, tmp_path: Path) -> None:
    took(db, build, tmp_path, 'Customer,Contact,Email,Role\nAcme,Pat Payer,p@a.example,"Accountant, Payer"\n')
    with db.read() as session:
        assert sorted(p.position for p in session.scalars(select(Contact)).one().positions) == ["Accountant", "Payer"]
