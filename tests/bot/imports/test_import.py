"""Import: what the files say is in the book, a second run changes nothing, and a bad row writes nothing at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.imports import ImportFaults, ImportResult, import_files
from storage.db import Database
from storage.models import Assignment, Contact, Customer, Invoice, User
from tests.builders import Builder

CUSTOMERS = """external_id,name,group,language,currency,country,time_zone,paused_until,account_managers,Segment
C-1,Ärzte & Co,Holding,de,EUR,DE,Europe/Berlin,,cam@example.com; jo@example.com,A
C-2,Tokyo KK,,ja,jpy,JP,,2026-12-01,,
"""
CONTACTS = """customer_external_id,email,first_name,last_name,positions,main
C-1,pat@example.com,Pat,Payer,Payer; Accountant,yes
C-1,sam@example.com,Sam,Sales,Sales,no
C-2,not-an-address,Aki,Ito,,
"""
INVOICES = """customer_external_id,number,issue_date,due_date,total,outstanding,currency,status,promised_on
C-1,INV-1,2026-01-01,2026-02-01,1234.50,1000.00,EUR,open,2026-04-01
C-1,INV-2,2026-01-01,2026-02-01,10,,EUR,paid,
C-2,INV-3,2026-01-01,2026-02-01,250,,JPY,disputed,
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [
        write(tmp_path, name, text)
        for name, text in (("customers", CUSTOMERS), ("contacts", CONTACTS), ("invoices", INVOICES))
    ]


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / f"{name}.csv"
    path.write_bytes(text.encode(encoding))
    return path


def sizes(db: Database) -> tuple[int, int, int]:
    with db.read() as session:
        return tuple(session.scalar(select(func.count()).select_from(m)) or 0 for m in (Customer, Contact, Invoice))  # type: ignore[return-value]


def test_three_files_become_the_book(db: Database, build: Builder, files: list[Path]) -> None:
    result = import_files(db, build.workspace_id, files).result
    assert (result.customers_new, result.contacts_new, result.invoices_new, result.unchanged) == (2, 3, 3, 0)
    with db.read() as session:
        first, second = session.scalars(select(Customer).order_by(Customer.external_id)).all()
        assert (first.name_folded, first.custom, first.country) == ("arzte & co", {"Segment": "A"}, "DE")
        assert (second.currency, second.paused_until) == ("JPY", date(2026, 12, 1))
        invoices = session.scalars(select(Invoice).order_by(Invoice.number)).all()
        assert [(i.total, i.outstanding, i.status) for i in invoices] == [
            (123_450, 100_000, "open"),
            (1_000, 0, "paid"),
            (250, 250, "disputed"),
        ]
        assert invoices[0].promised_on == date(2026, 4, 1)
        people = session.execute(select(User.email, User.role, User.slack_user_id).order_by(User.email)).all()
        assert [tuple(p) for p in people] == [("cam@example.com", None, None), ("jo@example.com", None, None)]
        assert session.scalar(select(func.count()).select_from(Assignment)) == 2
        main = session.scalars(select(Contact).where(Contact.is_main).order_by(Contact.customer_id)).all()
        assert [c.email for c in main] == ["pat@example.com", "not-an-address"]
        assert sorted(p.position for p in main[0].positions) == ["Accountant", "Payer"]


def test_a_second_run_changes_nothing(db: Database, build: Builder, files: list[Path]) -> None:
    import_files(db, build.workspace_id, files)
    assert import_files(db, build.workspace_id, files).result == ImportResult(unchanged=8)
    assert sizes(db) == (2, 3, 3)


def test_what_differs_is_changed(db: Database, build: Builder, files: list[Path], tmp_path: Path) -> None:
    import_files(db, build.workspace_id, files)
    paid = write(tmp_path, "later", INVOICES.replace("1000.00,EUR,open", "0,EUR,paid"))
    result = import_files(db, build.workspace_id, [paid]).result
    assert (result.invoices_changed, result.unchanged) == (1, 2)


def test_one_flat_file_will_do(db: Database, build: Builder, tmp_path: Path) -> None:
    flat = write(
        tmp_path,
        "flat",
        "customer_external_id;customer_name;contact_email;number;due_date;total;currency\n"
        "C-1;Acme;pat@example.com;INV-1;2026-02-01;10;EUR\nC-1;Acme;pat@example.com;INV-2;2026-02-01;20;EUR\n",
    )
    result = import_files(db, build.workspace_id, [flat]).result
    assert (result.customers_new, result.contacts_new, result.invoices_new) == (1, 1, 2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_usual_encodings(db: Database, build: Builder, tmp_path: Path, encoding: str) -> None:
    text = "external_id,name\n" + "".join(f"C-{n},Société Générale n° {n} à Besançon\n" for n in range(20))
    import_files(db, build.workspace_id, [write(tmp_path, "c", text, encoding)])
    with db.read() as session:
        assert session.scalars(select(Customer.name).where(Customer.external_id == "C-3")).one() == (
            "Société Générale n° 3 à Besançon"
        )


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("invoices", "1234.50", "1,234", "invoices.csv, row 2"),
        ("invoices", "250,,JPY", "250.5,,JPY", "row 4, total '250.5': is no amount such as 1234.50 in JPY"),
        (
            "invoices",
            "2026-02-01,1234",
            "01/02/2026,1234",
            "'01/02/2026': every date may have the day or the month first",
        ),
        ("invoices", "2026-02-01,1234", "2025-02-01,1234", "is before the issue date"),
        ("invoices", "1000.00", "2000.00", "outstanding '2000.00': is more than the total"),
        ("invoices", "INV-2", "INV-1", "row 3, number 'INV-1': is there twice"),
        ("invoices", "C-2,INV-3", "C-9,INV-3", "no such customer, neither in these files nor in the book"),
        ("invoices", "EUR,paid", "EUX,paid", "is no ISO 4217 currency such as EUR"),
        ("invoices", "disputed", "lost", "is none of open, disputed, paid"),
        ("customers", "C-2,", "C-1,", "customers.csv, row 3, external_id 'C-1': is there twice in this file"),
        ("customers", "Europe/Berlin", "Mars/Base", "time_zone 'Mars/Base': is no IANA time zone"),
        ("customers", ",DE,", ",Atlantis,", "is no country: write its name, or a code such as DE"),
        ("customers", "C-2,Tokyo KK", "C-2,", "name '': is empty; fill it in"),
        ("contacts", "Sales,no", "Sales,perhaps", "main 'perhaps': is neither yes nor no"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    db: Database, build: Builder, files: list[Path], name: str, old: str, new: str, said: str
) -> None:
    path = next(p for p in files if p.stem == name)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ImportFaults) as refused:
        import_files(db, build.workspace_id, files)
    assert said in refused.value.message
    assert sizes(db) == (0, 0, 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"external_id,name\n", "it has a header and no rows"),
        (b"%PDF-1.7 ...", "it is a PDF"),
        (b"PK\x03\x04xx", "it is damaged or cut off"),
        (b"external_id,name\nC-1,\x00\n", "NUL bytes"),
        (b"external_id,name,Name\nC-1,a,b\n", "is there twice"),
        (b"city,shoe size\nBonn,42\n", "no header is recognised in it"),
        (b'external_id,name\nC-1,"open\n', "check its quotes"),
    ],
)
def test_a_bad_file_is_named(db: Database, build: Builder, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(ImportFaults) as refused:
        import_files(db, build.workspace_id, [path])
    assert said in refused.value.message
    assert sizes(db) == (0, 0, 0)


def test_books_of_two_workspaces_never_meet(db: Database, build: Builder, files: list[Path]) -> None:
    import_files(db, build.workspace_id, files)
    other = build.workspace()
    assert import_files(db, other.id, files).result.customers_new == 2
    assert sizes(db) == (4, 6, 6)
