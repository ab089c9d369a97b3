"""The slow part of imports asked for in Slack: a worker fetches files, reads and shows them, and imports.

Nothing of it is done before an answer to Slack. A worker that dies leaves a row whose lease runs out; the next one
starts anew, and as an import is written at once or not at all, nothing is written twice.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.domain.money import Money, exponent
from bot.errors import UserError
from bot.imports.load import Outcome, Wishes, compare, import_files, read
from bot.imports.reading import Options, Reading, SheetSeen, Source
from bot.imports.result import ImportResult
from bot.log import get_logger
from storage import imports, workspaces
from storage.db import Database
from storage.imports import Held, Untold
from storage.models import ImportState

log = get_logger(__name__)

__all__ = ["ImportState", "Untold", "import_next", "read_next"]

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 3
KEPT = timedelta(days=1)
"""How long files wait for their person to press Import."""
MOST_BYTES = 50_000_000
"""Of one uploaded file; larger ones are for the command line."""
_SHOWN_FAULTS, _SHOWN_ROWS = 10, 3

Fetch = Callable[[str, str], bytes]
"""Team id and Slack file id -> content; raises UserError where Slack does not give it."""
Progress = Callable[[int, int, int], None]
"""Import id, rows read, of how many. Called now and then; may raise Leaving."""


class Leaving(Exception):
    """The worker stops: what it holds is let go of, for the next one."""


def read_next(db: Database, fetch: Fetch, *, now: datetime | None = None) -> bool:
    """Fetch, read and compare one import's files, and have its person shown what is in them; False when none is due."""
    moment = now or db.now()
    with db.read() as session:
        if not imports.is_anything_due(session, [ImportState.READING], now=moment):
            return False
    with db.write() as session:
        held = imports.claim_reading(session, now=moment, lease=LEASE)
    if held is None:
        return False
    with _guarded(db, held, moment):
        _fetch_files(db, held, fetch)
        wishes = wishes_of(held.choices)
        with _sources(db, held) as sources, ExitStack() as stack:
            reading = read(db, held.workspace_id, stack, sources, wishes.options)
            found = finding(reading, compare(db, held.workspace_id, reading, wishes), wishes)
        with db.write() as session:
            if not imports.ready(session, held, found):
                imports.release(session, held, due_at=moment)
    return True


def import_next(db: Database, progress: Progress, *, now: datetime | None = None) -> bool:
    """Run one import that waits; False when none is due, or another one of its workspace runs."""
    moment = now or db.now()
    due = [ImportState.WAITING, ImportState.IMPORTING]
    with db.read() as session:
        if not imports.is_anything_due(session, due, now=moment):
            return False
    with db.write() as session:
        held = imports.claim_import(session, now=moment, lease=LEASE)
    if held is None:
        return False

    def told(done: int, total: int) -> None:
        progress(held.id, done, total)
        if done % 20_000 == 0:
            with db.write() as session:
                if not imports.prolong(session, held, until=db.now() + LEASE):
                    raise Leaving

    def settle(session: Session, outcome: Outcome) -> None:
        bad = [(each.name, each.content) for each in outcome.bad_files]
        if not imports.done(session, held, counts(outcome), bad, now=db.now()):
            raise Leaving

    with _guarded(db, held, moment), _sources(db, held) as sources:
        import_files(db, held.workspace_id, sources, wishes=wishes_of(held.choices), now=now, told=told, also=settle)
    return True


@dataclass(frozen=True, slots=True)
class Where:
    """The message that an import is told of in."""

    team_id: str
    channel_id: str
    ts: str


def message_of(db: Database, import_id: int) -> Where | None:
    """Return the message of an import that runs, or None while there is none yet."""
    with db.read() as session:
        found = imports.message_of(session, import_id)
        return Where(*found) if found is not None else None


def untold(db: Database) -> list[Untold]:
    """Return imports whose person has not seen their state."""
    with db.read() as session:
        return imports.untold(session, limit=20)


def told(db: Database, each: Untold, *, channel_id: str | None = None, ts: str | None = None) -> None:
    """Note what the person has seen."""
    with db.write() as session:
        imports.told(
            session,
            each.workspace_id,
            each.id,
            each.version,
            channel_id=channel_id or each.channel_id,
            ts=ts or each.ts,
        )


def waits_for_another(db: Database, each: Untold) -> bool:
    """Say whether another import of the workspace runs."""
    with db.read() as session:
        return imports.is_running(session, each.workspace_id)


def bad_rows(db: Database, each: Untold) -> list[tuple[int, str, bytes]]:
    """Return the files of bad rows that the person has not got: id, name, content."""
    with db.read() as session:
        found = imports.bad_files(session, each.workspace_id, each.id)
        return [(file.id, file.name, file.content or b"") for file in found]


def forget_bad_rows(db: Database, each: Untold, file_id: int) -> None:
    """Delete a file of bad rows, as the person has it."""
    with db.write() as session:
        imports.forget_file(session, each.workspace_id, file_id)


def sweep(db: Database, *, now: datetime | None = None) -> int:
    """Discard imports, and delete their files, that nobody started within a day."""
    with db.write() as session:
        return imports.discard_older(session, (now or db.now()) - KEPT)


def wishes_of(choices: Mapping[str, Any]) -> Wishes:
    """Return what a person chose as wishes."""
    options = Options(choices.get("map", {}), choices.get("date_order"), choices.get("decimal"))
    return Wishes(options, full=bool(choices.get("full")), skip_bad=bool(choices.get("skip_bad")))


def finding(reading: Reading, outcome: Outcome, wishes: Wishes) -> dict[str, Any]:
    """Return what a screen shows of the files: columns, first rows, counts, warnings, faults, and whether to go on."""
    said = reading.said
    refused = bool(said.faults) or bool(said.bad and not wishes.skip_bad) or bool(said.bad and wishes.full)
    return {
        "sheets": [_sheet(seen) for seen in reading.sheets],
        "rows": list(_first_rows(reading)),
        "counts": counts(outcome),
        "faults": [str(fault) for fault in said.all_faults[:_SHOWN_FAULTS]],
        "fault_count": len(said.all_faults),
        "bad": len(said.bad),
        "broken": bool(said.faults),
        "undecided": list(reading.undecided),
        "warnings": list(outcome.warnings[:_SHOWN_FAULTS]),
        "unlisted": outcome.unlisted if reading.has_invoices else 0,
        "importable": not refused,
    }


def counts(outcome: Outcome) -> dict[str, Any]:
    """Return the numbers of an outcome."""
    names = [f"{what}_{how}" for what in ("customers", "contacts", "invoices") for how in ("new", "changed")]
    result: ImportResult = outcome.result
    return {
        **{name: getattr(result, name) for name in (*names, "invoices_closed", "unchanged")},
        "before": [[each.amount, each.currency] for each in result.before],
        "after": [[each.amount, each.currency] for each in result.after],
        "left_out": outcome.left_out,
        "bad": len({(fault.file, fault.sheet, fault.row) for fault in outcome.bad}),
    }


def _sheet(seen: SheetSeen) -> dict[str, Any]:
    return {
        "file": seen.sheet.file,
        "sheet": seen.sheet.name,
        "entries": seen.entries,
        "order": seen.dialect.order if seen.dialect.order_seen else None,
        "sign": seen.dialect.sign if seen.dialect.sign_seen else None,
        "columns": [
            {"heading": each.heading, "field": each.field, "how": each.how} for each in seen.layout.columns.columns
        ],
    }


def _first_rows(reading: Reading) -> Iterator[str]:
    customers = reading.said.customers
    for invoice in list(reading.said.invoices.values())[:_SHOWN_ROWS]:
        who = customers[invoice.customer].name or customers[invoice.customer].external_id
        owed, total = (_money(Money(amount, invoice.currency)) for amount in (invoice.outstanding, invoice.total))
        yield f"{invoice.number}: {who}, due {invoice.due_date}, {owed} of {total} outstanding, {invoice.status}"
    if not reading.said.invoices:
        yield from (f"{each.external_id or ''} {each.name or ''}" for each in list(customers.values())[:_SHOWN_ROWS])


def _money(money: Money) -> str:
    return f"{money.currency} {money.major:,.{exponent(money.currency)}f}"


def _fetch_files(db: Database, held: Held, fetch: Fetch) -> None:
    with db.read() as session:
        team_id = workspaces.get(session, held.workspace_id).team_id
        missing = [(f.id, f.slack_file_id or "") for f in imports.files(session, held) if f.content is None]
    for file_id, slack_file_id in missing:
        content = fetch(team_id, slack_file_id)
        with db.write() as session:
            imports.keep_content(session, held, file_id, content)


@contextmanager
def _sources(db: Database, held: Held) -> Iterator[Sequence[Source]]:
    """Give the files on disk, for as long as they are read."""
    with tempfile.TemporaryDirectory(prefix="campaign-bot-") as made:
        sources = []
        with db.read() as session:
            for number, file in enumerate(imports.files(session, held)):
                path = Path(made) / f"{number}"
                path.write_bytes(file.content or b"")
                sources.append(Source(path, file.name))
        yield sources


@contextmanager
def _guarded(db: Database, held: Held, now: datetime) -> Iterator[None]:
    """Settle what goes wrong: what the person can mend ends the import, what they can't is tried again, thrice."""
    try:
        yield
    except Leaving:
        with db.write() as session:
            imports.release(session, held, due_at=now)
    except UserError as error:
        with db.write() as session:
            imports.failed(session, held, error.message, now=now)
    except Exception as error:
        reference = secrets.token_hex(4)
        log.error("import_failed", reference=reference, import_id=held.id, error=type(error).__name__, exc_info=error)
        with db.write() as session:
            imports.retry_or_fail(session, held, most=MOST_ATTEMPTS, reference=reference, now=now)
