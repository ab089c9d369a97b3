"""What a person says beside the files: maps that are remembered, dry runs, closing, bad rows that come back mended."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.errors import UserError
from bot.imports import ImportFaults, ImportResult, Options, Wishes, import_files
from bot.imports.headings import folded
from storage.db import Database
from storage.models import Customer, Invoice
from tests.bot.imports.test_exports import lines, save
from tests.bot.imports.workbooks import xlsx
from tests.builders import Builder

HEAD = "Customer no,Customer name,Invoice,Invoice date,Due date,Total,Outstanding,Currency"


def csv(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows, ""]).encode()


def choose(**fields: str) -> Options:
    return Options({folded(heading): field for field, heading in fields.items()})


FIRST = csv("1,Acme,A-1,2026-01-31,2026-02-28,100,100,EUR", "1,Acme,A-2,2026-01-31,2026-02-28,50,20,EUR")


def test_a_map_is_remembered_for_headers_of_the_same_shape(db: Database, build: Builder, tmp_path: Path) -> None:
    head = "Who,Doc,When due,How much"
    files = save(tmp_path, ("odd.csv", csv("Acme,A-1,2026-02-28,10", head=head)))
    with pytest.raises(ImportFaults, match="no header is recognised"):
        import_files(db, build.workspace_id, files)
    chosen = {
        folded("Who"): "customer.name",
        folded("Doc"): "invoice.number",
        folded("When due"): "invoice.due_date",
        folded("How much"): "invoice.total",
    }
    import_files(db, build.workspace_id, files, wishes=Wishes(Options(chosen)))
    assert lines(db) == [("A-1", "Acme", "2026-02-28", "2026-02-28", 1_000, 1_000, "open")]
    later = save(tmp_path, ("later.csv", csv("Acme,A-2,2026-03-31,20", head=head)))
    assert import_files(db, build.workspace_id, later).result.invoices_new == 1
    other = build.workspace()
    with pytest.raises(ImportFaults, match="no header is recognised"):
        import_files(db, other.id, later)


def test_a_map_for_a_column_that_is_not_there_is_refused(db: Database, build: Builder, tmp_path: Path) -> None:
    wishes = Wishes(Options({"sum": "invoice.total"}))
    with pytest.raises(ImportFaults, match="no file has such a column"):
        import_files(db, build.workspace_id, save(tmp_path, ("a.csv", FIRST)), wishes=wishes)


def test_a_dry_run_says_everything_and_writes_nothing(db: Database, build: Builder, tmp_path: Path) -> None:
    files = save(tmp_path, ("a.csv", FIRST))
    outcome = import_files(db, build.workspace_id, files, wishes=Wishes(dry_run=True))
    assert (outcome.result.customers_new, outcome.result.invoices_new) == (1, 2)
    assert [(m.amount, m.currency) for m in outcome.result.after] == [(12_000, "EUR")]
    assert lines(db) == []
    import_files(db, build.workspace_id, files)
    paid = save(tmp_path, ("b.csv", csv("1,Acme,A-1,2026-01-31,2026-02-28,100,30,EUR")))
    outcome = import_files(db, build.workspace_id, paid, wishes=Wishes(dry_run=True))
    assert (outcome.result.invoices_changed, outcome.result.invoices_closed) == (1, 0)
    assert (outcome.result.before[0].amount, outcome.result.after[0].amount) == (12_000, 5_000)


def test_full_closes_what_is_not_listed_after_asking(db: Database, build: Builder, tmp_path: Path) -> None:
    import_files(db, build.workspace_id, save(tmp_path, ("a.csv", FIRST)))
    rest = save(tmp_path, ("b.csv", csv("1,Acme,A-2,2026-01-31,2026-02-28,50,20,EUR")))
    asked: list[int] = []

    def refuse(found: ImportResult) -> bool:
        asked.append(found.invoices_closed)
        return False

    with pytest.raises(UserError, match="Nothing was imported"):
        import_files(db, build.workspace_id, rest, wishes=Wishes(full=True), agreed=refuse)
    assert (asked, [line[-1] for line in lines(db)]) == ([1], ["open", "open"])
    outcome = import_files(db, build.workspace_id, rest, wishes=Wishes(full=True), agreed=lambda _: True)
    assert outcome.result.invoices_closed == 1
    assert [line[-2:] for line in lines(db)] == [(0, "paid"), (2_000, "open")]
    assert outcome.result.after[0].amount == 2_000


def test_full_never_closes_by_a_file_with_bad_rows_or_without_invoices(
    db: Database, build: Builder, tmp_path: Path
) -> None:
    import_files(db, build.workspace_id, save(tmp_path, ("a.csv", FIRST)))
    bad = save(tmp_path, ("b.csv", csv("1,Acme,A-2,someday,2026-02-28,50,20,EUR")))
    with pytest.raises(UserError, match="can't leave bad rows out"):
        import_files(db, build.workspace_id, bad, wishes=Wishes(full=True, skip_bad=True))
    people = save(tmp_path, ("c.csv", b"Customer no,Name\n1,Acme\n"))
    with pytest.raises(UserError, match="list no invoices"):
        import_files(db, build.workspace_id, people, wishes=Wishes(full=True))
    assert [line[-1] for line in lines(db)] == ["open", "open"]


def test_bad_csv_rows_go_to_a_file_and_come_back_mended(db: Database, build: Builder, tmp_path: Path) -> None:
    rows = ("1,=cmd|' /C calc'!A0,A-1,2026-01-31,soon,100,100,EUR", "2,Bolt,A-2,2026-01-31,2026-02-28,50,20,EUR")
    outcome = import_files(db, build.workspace_id, save(tmp_path, ("a.csv", csv(*rows))), wishes=Wishes(skip_bad=True))
    assert [line[0] for line in lines(db)] == ["A-2"]
    (bad,) = outcome.bad_files
    assert (bad.name, bad.rows) == ("a.bad.csv", 1)
    text = bad.content.decode("utf-8-sig")
    assert text.splitlines() == [
        HEAD + ",What to mend",
        "1,'=cmd|' /C calc'!A0,A-1,2026-01-31,soon,100,100,EUR,Due date is no date such as 2026-03-31",
    ]
    mended = save(tmp_path, (bad.name, text.replace("soon", "2026-02-28").encode()))
    import_files(db, build.workspace_id, mended)
    assert [line[:2] for line in lines(db)] == [("A-1", "=cmd|' /C calc'!A0"), ("A-2", "Bolt")]
    with db.read() as session:
        assert session.scalars(select(Customer.custom).where(Customer.external_id == "1")).one() == {}


@pytest.mark.database("sqlite")
def test_bad_rows_keep_the_title_that_names_their_currency(db: Database, build: Builder, tmp_path: Path) -> None:
    rows = ("1,Acme,A-1,2026-01-31,soon,100,100", "2,Bolt,A-2,2026-01-31,2026-02-28,50,20")
    content = b"Open invoices\nCurrency: GBP\n" + csv(*rows, head=HEAD.removesuffix(",Currency"))
    outcome = import_files(db, build.workspace_id, save(tmp_path, ("a.csv", content)), wishes=Wishes(skip_bad=True))
    (bad,) = outcome.bad_files
    import_files(db, build.workspace_id, save(tmp_path, (bad.name, bad.content.replace(b"soon", b"2026-02-28"))))
    with db.read() as session:
        assert session.scalars(select(Invoice.currency)).all() == ["GBP", "GBP"]


def test_bad_rows_of_a_workbook_keep_their_customer(db: Database, build: Builder, tmp_path: Path) -> None:
    from datetime import date

    rows = [
        ["Invoice number", "Due date", "Total"],
        ["Acme"],
        ["A-1", date(2026, 1, 31), 10],
        ["A-2", "soon", 20],
        ["Bolt"],
        ["A-3", date(2026, 1, 31), "a lot"],
    ]
    files = save(tmp_path, ("report.xlsx", xlsx({"Report": rows})))
    outcome = import_files(db, build.workspace_id, files, wishes=Wishes(skip_bad=True))
    assert [line[:2] for line in lines(db)] == [("A-1", "Acme")]
    (bad,) = outcome.bad_files
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(bad.content)).get_sheet_by_index(0).to_python()
    assert sheet == [
        ["Invoice number", "Due date", "Total", "What to mend"],
        ["Acme", "", "", ""],
        ["A-2", "soon", 20.0, "Due date is no date such as 2026-03-31"],
        ["Bolt", "", "", ""],
        ["A-3", date(2026, 1, 31), "a lot", "Total is no amount such as 1234.50"],
    ]


def test_what_files_do_not_mention_stays(db: Database, build: Builder, tmp_path: Path) -> None:
    full = HEAD + ",Disputed,Promise date,Language,Segment"
    import_files(
        db,
        build.workspace_id,
        save(tmp_path, ("a.csv", csv("1,Acme,A-1,2026-01-31,2026-02-28,100,100,EUR,yes,2026-05-31,de,A", head=full))),
    )
    outcome = import_files(
        db, build.workspace_id, save(tmp_path, ("b.csv", csv("1,Acme,A-1,2026-01-31,2026-02-28,100,90,EUR")))
    )
    assert (outcome.result.customers_changed, outcome.result.invoices_changed) == (0, 1)
    with db.read() as session:
        invoice = session.scalars(select(Invoice)).one()
        assert (invoice.status, invoice.promised_on.isoformat() if invoice.promised_on else None) == (
            "disputed",
            "2026-05-31",
        )
        customer = session.scalars(select(Customer)).one()
        assert (customer.language, customer.custom) == ("de", {"Segment": "A"})


def test_customers_without_numbers_are_found_by_name(db: Database, build: Builder, tmp_path: Path) -> None:
    head = "Customer name,Invoice,Due date,Total,Currency"
    import_files(db, build.workspace_id, save(tmp_path, ("a.csv", csv("Ärzte  & Co,A-1,2026-02-28,1,EUR", head=head))))
    second = csv("ärzte & co,A-2,2026-02-28,1,EUR", head=head)
    assert import_files(db, build.workspace_id, save(tmp_path, ("b.csv", second))).result.customers_new == 0
    numbered = csv("C-7,Ärzte & Co,A-3,2026-01-01,2026-02-28,1,1,EUR")
    result = import_files(db, build.workspace_id, save(tmp_path, ("c.csv", numbered))).result
    assert (result.customers_new, result.customers_changed) == (0, 1)
    with db.read() as session:
        assert session.scalars(select(Customer.external_id)).all() == ["C-7"]


def test_two_customers_of_one_name_are_told_apart_or_refused(db: Database, build: Builder, tmp_path: Path) -> None:
    numbered = csv("1,Acme,A-1,2026-01-31,2026-02-28,1,1,EUR", "2,Acme,A-2,2026-01-31,2026-02-28,1,1,EUR")
    import_files(db, build.workspace_id, save(tmp_path, ("a.csv", numbered)))
    named = csv("Acme,A-3,2026-02-28,1,EUR", head="Customer name,Invoice,Due date,Total,Currency")
    with pytest.raises(ImportFaults, match="several customers have this name"):
        import_files(db, build.workspace_id, save(tmp_path, ("b.csv", named)))


def test_a_void_invoice_is_closed(db: Database, build: Builder, tmp_path: Path) -> None:
    import_files(db, build.workspace_id, save(tmp_path, ("a.csv", FIRST)))
    void = csv("1,Acme,A-1,2026-01-31,2026-02-28,100,100,EUR,Voided", head=HEAD + ",Status")
    outcome = import_files(db, build.workspace_id, save(tmp_path, ("b.csv", void)))
    assert outcome.result.invoices_closed == 1
    assert [line[-2:] for line in lines(db)] == [(0, "paid"), (2_000, "open")]


def test_unknown_columns_that_differ_from_invoice_to_invoice_are_no_fields(
    db: Database, build: Builder, tmp_path: Path
) -> None:
    head = HEAD + ",Segment,Project"
    rows = ("1,Acme,A-1,2026-01-31,2026-02-28,1,1,EUR,A,North", "1,Acme,A-2,2026-01-31,2026-02-28,1,1,EUR,A,South")
    outcome = import_files(db, build.workspace_id, save(tmp_path, ("a.csv", csv(*rows, head=head))))
    with db.read() as session:
        assert session.scalars(select(Customer.custom)).one() == {"Segment": "A"}
    assert any("differ from invoice to invoice: Project" in warning for warning in outcome.warnings)
