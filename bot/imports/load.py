"""One import: every file is read and compared first, then everything is written in one transaction, or nothing is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot.errors import UserError
from bot.imports.bad_rows import BadFile, bad_files
from bot.imports.faults import ImportFaults, RowFault
from bot.imports.headings import folded
from bot.imports.plan import Plan, make_plan
from bot.imports.reading import Options, Reading, SheetSeen, Source, Told, read_files
from bot.imports.result import ImportResult
from storage import book, import_maps, workspaces
from storage.db import Database, utcnow


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an import is to go: `full` closes invoices that the files do not list, `skip_bad` leaves bad rows out."""

    options: Options = field(default_factory=Options)
    full: bool = False
    skip_bad: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or with `dry_run` would do."""

    result: ImportResult
    sheets: tuple[SheetSeen, ...]
    warnings: tuple[str, ...]
    left_out: dict[str, int]
    """Rows that are no entries, by why."""
    bad: tuple[RowFault, ...]
    bad_files: tuple[BadFile, ...]
    unlisted: int = 0
    """Open invoices that the files do not list."""


def import_files(
    db: Database,
    workspace_id: int,
    files: Sequence[Path | Source],
    *,
    wishes: Wishes | None = None,
    now: datetime | None = None,
    told: Told | None = None,
    agreed: Callable[[ImportResult], bool] | None = None,
    also: Callable[[Session, Outcome], None] | None = None,
) -> Outcome:
    """Bring the workspace's book up to what the files say; a second run with the same files changes nothing.

    Customers are found by external id, else by exact normalised name, contacts by id or email, invoices by number; what
    the files do not mention stays as it is. `agreed` is asked before invoices are closed. `also` writes within the same
    transaction. For admins and the command line. Raises ImportFaults naming every bad row, and UserError when the
    person did not agree; then nothing was written. A second import of the workspace at once waits for the first.
    """
    wishes, now = wishes or Wishes(), now or utcnow()
    sources = [each if isinstance(each, Source) else Source.of(each) for each in files]
    with ExitStack() as stack:
        reading = read(db, workspace_id, stack, sources, wishes.options, told=told)
        plan, seen = _planned(db, workspace_id, reading, wishes)
        _check(reading, wishes)
        outcome = _outcome(reading, plan)
        if wishes.dry_run:
            return outcome
        if plan.result.invoices_closed and agreed is not None and not agreed(plan.result):
            raise UserError("Nothing was imported.")
        with db.write() as session:
            book.lock(session, workspace_id)
            if book.fingerprint(session, workspace_id) != seen:  # somebody else was there first
                plan = _plan(session, workspace_id, reading, wishes)
                _check(reading, wishes)
                outcome = _outcome(reading, plan)
            book.write(session, workspace_id, plan.changes, now=now)
            _remember(session, workspace_id, reading, wishes.options, now)
            if also is not None:
                also(session, outcome)
        return outcome


def read(
    db: Database,
    workspace_id: int,
    stack: ExitStack,
    sources: Sequence[Source],
    options: Options,
    *,
    told: Told | None = None,
) -> Reading:
    """Read the files with what the workspace knows: its currency, and what was chosen for such headers before."""
    with db.read() as session:
        currency = workspaces.get(session, workspace_id).currency
        remembered = import_maps.remembered(session, workspace_id)
    return read_files(stack, sources, options, currency=currency, remembered=remembered, told=told)


def compare(db: Database, workspace_id: int, reading: Reading, wishes: Wishes) -> Outcome:
    """Return what an import of these files would do, bad rows left out; nothing is written, nothing is refused."""
    plan, _ = _planned(db, workspace_id, reading, wishes)
    return _outcome(reading, plan)


def _planned(db: Database, workspace_id: int, reading: Reading, wishes: Wishes) -> tuple[Plan, tuple[object, ...]]:
    with db.read() as session:
        seen = book.fingerprint(session, workspace_id)
        return _plan(session, workspace_id, reading, wishes), seen


def _plan(session: Session, workspace_id: int, reading: Reading, wishes: Wishes) -> Plan:
    known = book.load(session, workspace_id, contacts=bool(reading.said.contacts))
    managed = any(customer.values.get("account_managers") for customer in reading.said.customers.values())
    assigned = book.assigned(session, workspace_id) if managed else {}
    place_of = {seen.number: (seen.sheet.file, seen.sheet.name) for seen in reading.sheets}
    full = wishes.full and reading.has_invoices and not reading.said.bad
    return make_plan(reading, known, assigned, full=full, place_of=place_of)


def _check(reading: Reading, wishes: Wishes) -> None:
    """Raise ImportFaults for what must be mended first."""
    said = reading.said
    if said.faults or (said.bad and not wishes.skip_bad):
        hint = "" if said.faults else "--skip-bad imports the other rows, and writes these to a file for mending."
        raise ImportFaults(said.all_faults, hint=hint)
    if wishes.full and not reading.has_invoices:
        raise UserError("--full closes invoices that are not listed, but these files list no invoices.")
    if wishes.full and said.bad:
        raise UserError(
            "--full closes what is not listed, so it can't leave bad rows out. Mend them first, or drop it."
        )


def _outcome(reading: Reading, plan: Plan) -> Outcome:
    return Outcome(
        plan.result,
        tuple(reading.sheets),
        tuple(reading.warnings),
        dict(reading.said.counts),
        tuple(reading.said.all_faults),
        tuple(bad_files(reading)),
        plan.unlisted,
    )


def _remember(session: Session, workspace_id: int, reading: Reading, options: Options, now: datetime) -> None:
    """Remember what was chosen for each header, together with what was chosen for it before."""
    for seen in reading.sheets if options.chosen else ():
        columns = seen.layout.columns
        names = {folded(each.heading) for each in columns.columns}
        mine = {heading: field for heading, field in seen.layout.chosen.items() if heading in names}
        if mine:
            import_maps.remember(session, workspace_id, columns.shape, mine, now=now)
