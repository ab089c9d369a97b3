"""An import of many invoice lines, in a process of its own as on the command line: time, CPU, memory, second run."""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from bot import import_command
from storage.db import Database
from tests.bench.book import company
from tests.bench.processes import database
from tests.builders import Builder

LINES_A_CUSTOMER = 5
_HEAD = "Customer no;Customer name;Email;City;Country;Invoice;Invoice date;Due date;Total;Outstanding;Currency;Segment"


def measure(server: str, *, lines: int) -> list[str]:
    """Return seconds and peak memory of a first and a second import of the same lines, as CSV and as XLSX."""
    table = [
        f"| import of {lines:,} invoice lines | first, s | CPU s | peak MB | second, s | CPU s | peak MB | changes |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        files = [_csv(Path(folder) / "book.csv", lines), _xlsx(Path(folder) / "book.xlsx", lines)]
        for kind in ("sqlite", "postgresql"):
            for path in files:
                with database(kind, server) as url:
                    db = Database(url)
                    workspace = Builder(db).workspace().id
                    db.dispose()
                    first, second = (_in_a_process(url, workspace, path) for _ in range(2))
                assert first["invoices"] == lines, first
                cells = [f"{each['seconds']:.1f} | {each['cpu']:.1f} | {each['peak']:.0f}" for each in (first, second)]
                table.append(f"| {kind}, {path.suffix[1:].upper()} | {' | '.join(cells)} | {second['changed']} |")
    return table


def _in_a_process(url: str, workspace: int, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.importing", url, str(workspace), str(path)]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {"seconds": time.perf_counter() - begun, **json.loads(done.stdout.splitlines()[-1])}


def _rows(lines: int) -> Iterator[list[object]]:
    for n in range(lines):
        customer = n // LINES_A_CUSTOMER
        issued = date(2026, 1, 1) + timedelta(days=n % 90)
        who = [f"C{customer}", company(customer), f"pay{customer}@c{customer}.example", "Köln", "Deutschland"]
        owed = 100 + n % 9_000 + 0.25
        yield [*who, f"R-{n}", issued, issued + timedelta(days=30), owed, owed, "EUR", f"Segment {customer % 7}"]


def _csv(path: Path, lines: int) -> Path:
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(_HEAD.split(";"))
        for row in _rows(lines):
            writer.writerow([_german(cell) for cell in row])
    return path


def _german(cell: object) -> object:
    if isinstance(cell, float):
        return f"{cell:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")
    return cell.strftime("%d.%m.%Y") if isinstance(cell, date) else cell


def _xlsx(path: Path, lines: int) -> Path:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Offene Posten")
        day = workbook.add_format({"num_format": "dd.mm.yyyy"})
        for column, heading in enumerate(_HEAD.split(";")):
            sheet.write(0, column, heading)
        for row, cells in enumerate(_rows(lines), 1):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, day)
                else:
                    sheet.write(row, column, cell)
    return path


def _import(url: str, workspace: int, path: Path) -> None:
    """Import as the command line does, progress bar and all, and say what it took as a last line of JSON."""
    db = Database(url)
    wishes = import_command.make_wishes([], date_order=None, decimal=None, full=False, skip_bad=False, dry_run=False)
    outcome = import_command.run(db, workspace, [path], wishes, yes=True)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu, peak = sum(each.ru_utime + each.ru_stime for each in used), max(each.ru_maxrss for each in used) / 1024
    result = outcome.result
    found = {"cpu": cpu, "peak": peak, "invoices": result.invoices_new, "changed": result.changes}
    print(json.dumps(found))


if __name__ == "__main__":
    _import(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
