"""One import: every file is read and parsed first, then everything is written in one transaction, or nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.imports.columns import HeaderFault, recognise
from bot.imports.parse import ImportFaults, Parsed, Row, RowFault, parse_row
from bot.imports.read import FileFault, read_csv
from storage import book
from storage.book import ImportResult
from storage.db import Database, utcnow


def import_files(
    db: Database, workspace_id: int, paths: Sequence[Path], *, now: datetime | None = None
) -> ImportResult:
    """Bring the workspace's book up to what the files say; a second run with the same files changes nothing.

    Customers and contacts are found by external id, invoices by number; what the files do not mention stays as it is.
    Raises ImportFaults naming every bad row, and then nothing was written.
    """
    parsed = Parsed()
    for path in paths:
        _take_in(path, parsed)
    with db.write() as session:
        known = book.customer_ids(session, workspace_id)
        for key, (file, row, value) in parsed.mentioned.items():
            if key not in parsed.customers and key not in known:
                reason = "no such customer, neither in these files nor in the book"
                parsed.faults.append(RowFault(file, row, "customer_external_id", value, reason))
        if parsed.faults:
            raise ImportFaults(parsed.faults)
        return book.upsert(
            session,
            workspace_id,
            customers=parsed.customers,
            contacts=parsed.contacts,
            invoices=parsed.invoices,
            now=now or utcnow(),
        )


def _take_in(path: Path, parsed: Parsed) -> None:
    try:
        sheet = read_csv(path)
        columns = recognise(sheet.headings)
    except (FileFault, HeaderFault) as fault:
        parsed.faults.append(RowFault(path.name, 1, "the file", "", str(fault)))
        return
    for number, cells in sheet.rows:
        parse_row(Row(sheet.file, number, columns, cells, parsed))
