"""Files that break readers: each is refused with a clear word, in bounded time and memory, and nothing is written."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.imports import ImportFaults, import_files
from storage.db import Database
from storage.models import Customer
from tests.bot.imports.workbooks import ods, xls, xlsx
from tests.builders import Builder

ROWS = [["Customer name", "Invoice", "Due date", "Total"], ["Acme", "A-1", "2026-01-31", 10]]
SHEET = "xl/worksheets/sheet1.xml"


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """Return a zipped workbook with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, part if info.filename == name else old.read(info.filename))
    return out.getvalue()


def sheet_xml(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def far_corner() -> bytes:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return with_part(xlsx({"S": ROWS}), SHEET, sheet_xml(cells))


def bomb() -> bytes:
    return with_part(xlsx({"S": ROWS}), SHEET, sheet_xml("<!--" + " " * 410_000_000 + "-->"))


def repeated_ods() -> bytes:
    with zipfile.ZipFile(io.BytesIO(ods({"S": ROWS}))) as archive:
        content = archive.read("content.xml").decode()
    repeated = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16000" '
        'office:value-type="float" office:value="1"/></table:table-row></table:table>'
    )
    return with_part(ods({"S": ROWS}), "content.xml", content.replace("</table:table>", repeated).encode())


def formula_without_value() -> bytes:
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Customer name</t></is></c></row>'
        '<row r="2"><c r="A2"><f>HYPERLINK("http://evil.example")</f></c></row>'
    )
    return with_part(xlsx({"S": ROWS}), SHEET, sheet_xml(cells))


def ods_formula_without_value() -> bytes:
    with zipfile.ZipFile(io.BytesIO(ods({"S": ROWS}))) as archive:
        content = archive.read("content.xml").decode()
    cell = '<table:table-row><table:table-cell table:formula="of:=1+1"/></table:table-row></table:table>'
    return with_part(ods({"S": ROWS}), "content.xml", content.replace("</table:table>", cell).encode())


def long_line() -> bytes:
    return b"Customer name,Invoice\n" + b"x" * 60_000_000


def too_large() -> bytes:
    return b"Customer name,Invoice\n" + b"Acme,A-1\n" * 11_500_000


HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty.csv", lambda: b"", "it is empty"),
    ("blank.csv", lambda: b"\n\n  \n", "it is empty"),
    ("header.csv", lambda: b"Customer name,Invoice,Due date,Total\n", "it has a header and no rows"),
    ("header.xlsx", lambda: xlsx({"S": ROWS[:1]}), "it has a header and no rows"),
    ("empty.xlsx", lambda: xlsx({"S": []}), "it is empty"),
    ("twice.csv", lambda: b"Customer name,Total,total\nAcme,1,2\n", "'Total' is there twice"),
    ("a.csv", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "it is a PDF"),
    ("a.csv", lambda: b"\x89PNG\r\n\x1a\n", "it is a picture"),
    ("a.csv", lambda: b"<!DOCTYPE html><table>", "it is a web page"),
    ("nul.csv", lambda: b"Customer name,City\nAc\x00me,Bonn\n", "NUL bytes"),
    ("quote.csv", lambda: b'Customer name,City\nAcme,"Bonn\n', "check its quotes"),
    ("cell.csv", lambda: b"Customer name,City\nAcme," + b"x" * 10_001 + b"\n", "check its quotes"),
    ("line.csv", long_line, "a line of more than"),
    ("large.csv", too_large, "larger than 100 MB"),
    ("wide.csv", lambda: b"Customer name," + b"x," * 300 + b"\nAcme\n", "200 are the most"),
    ("cut.xlsx", lambda: xlsx({"S": ROWS})[:-900], "damaged or cut off"),
    ("cut.xls", lambda: xls({"S": ROWS})[:700], "damaged or cut off"),
    ("zip.xlsx", lambda: b"PK\x03\x04" + b"\x00" * 100, "damaged or cut off"),
    ("bomb.xlsx", bomb, "unpacks to more than"),
    ("corner.xlsx", far_corner, "more memory"),
    ("repeated.ods", repeated_ods, "memory|more than|columns|damaged"),
    ("formula.xlsx", formula_without_value, "cell A2 holds a formula without a value"),
    ("formula.ods", ods_formula_without_value, "holds a formula without a value"),
    ("latin.csv", lambda: b"Customer name,City\nAcme,\x81\x8d\x8f\n", ""),
]


def hostile() -> list[tuple[str, bytes, str]]:
    """Return one file of each kind for other roads than this one: ten, as many as one import takes in Slack."""
    rows = [ROWS[0], ["Acme", "A-1", "2026-01-31", 10], ["Bolt", "A-1", "2026-01-31", 20]]
    return [
        ("empty.csv", b"", "it is empty"),
        ("headers.csv", b"Customer name,Invoice,Due date,Total\n", "it has a header and no rows"),
        ("report.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "it is a PDF"),
        ("nul.csv", b"Customer name,City\nAc\x00me,Bonn\n", "NUL bytes"),
        ("columns.csv", b"Customer name,Total,total\nAcme,1,2\n", "'Total' is there twice"),
        ("line.csv", b"Customer name,Invoice\n" + b"x" * 5_000_000, "a line of more than 1,000,000 characters"),
        ("cut.xlsx", xlsx({"S": ROWS})[:-900], "it is damaged or cut off"),
        ("bomb.xlsx", bomb(), "it unpacks to more than 400 MB"),
        ("formula.xlsx", formula_without_value(), "cell A2 holds a formula without a value"),
        ("double.xlsx", xlsx({"S": rows}), "row 3, Invoice 'A-1': is there twice"),
    ]


@pytest.mark.parametrize(("name", "content", "said"), HOSTILE, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(HOSTILE)])
def test_a_hostile_file_is_refused_in_plain_words(
    tmp_path: Path, sqlite_template: Path, name: str, content: Callable[[], bytes], said: str
) -> None:
    database = tmp_path / "test.db"
    database.write_bytes(sqlite_template.read_bytes())
    db = Database(f"sqlite:///{database}")
    workspace = Builder(db).workspace()
    (tmp_path / name).write_bytes(content())
    if said:
        with pytest.raises(ImportFaults, match=said):
            import_files(db, workspace.id, [tmp_path / name])
        with db.read() as session:
            assert session.scalar(select(func.count()).select_from(Customer)) == 0
    else:  # odd, but nothing is wrong with it
        import_files(db, workspace.id, [tmp_path / name])
    db.dispose()


_IN_LITTLE_MEMORY = """
import resource, sys
from contextlib import ExitStack
from pathlib import Path
from bot.imports.reading import Options, Source, read_files
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 60_000_000, resource.RLIM_INFINITY))
with ExitStack() as stack:
    reading = read_files(stack, [Source.of(Path(sys.argv[1]))], Options(), currency="EUR", remembered={})
    print(*reading.said.all_faults)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux to tell how much memory is held")
@pytest.mark.parametrize(("name", "content"), [("line.csv", long_line), ("large.csv", too_large), ("bomb.xlsx", bomb)])
def test_a_hostile_file_needs_little_memory(tmp_path: Path, name: str, content: Callable[[], bytes]) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    child = subprocess.run(
        [sys.executable, "-c", _IN_LITTLE_MEMORY, str(path)], capture_output=True, text=True, timeout=100, check=False
    )
    assert child.stdout.startswith(f"{name}: "), child.stderr[-2000:]


def test_a_formula_counts_with_its_value(db: Database, build: Builder, tmp_path: Path) -> None:
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Customer name</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>Invoice</t></is></c><c r="C1" t="inlineStr"><is><t>Due date</t></is></c>'
        '<c r="D1" t="inlineStr"><is><t>Total</t></is></c></row>'
        '<row r="2"><c r="A2" t="str"><f>"Ac"&amp;"me"</f><v>Acme</v></c><c r="B2"><v>7</v></c>'
        '<c r="C2" t="inlineStr"><is><t>2026-01-31</t></is></c><c r="D2"><f>1+1</f><v>2</v></c></row>'
    )
    path = tmp_path / "formula.xlsx"
    path.write_bytes(with_part(xlsx({"S": ROWS}), SHEET, sheet_xml(cells)))
    result = import_files(db, build.workspace_id, [path]).result
    assert (result.invoices_new, result.after[0].amount) == (1, 200)
