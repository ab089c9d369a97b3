"""`campaign-bot import`: options to wishes, an outcome to lines, a progress bar while it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot.domain.money import Money, exponent
from bot.errors import UserError
from bot.imports import ImportResult, Options, Outcome, Wishes, import_files
from bot.imports.dates import ORDER_NAMES, ORDERS
from bot.imports.faults import FileFault
from bot.imports.fields import CUSTOM_CHOICE, FIELDS, LEFT_OUT
from bot.imports.headings import folded
from bot.imports.reading import SheetSeen, Source, Told
from bot.imports.singer import Singer, read_singer
from storage.db import Database

_SHOWN = 20
STDIN = Path("-")
"""A Singer stream on standard input."""


def make_wishes(
    chosen: Sequence[str], *, date_order: str | None, decimal: str | None, full: bool, skip_bad: bool, dry_run: bool
) -> Wishes:
    """Return what the options ask for; raise UserError for what is none of their values."""
    if date_order is not None and date_order not in ORDERS:
        raise UserError(f"--date-order is one of {', '.join(ORDERS)}: day, month and year as they stand in the files.")
    if decimal is not None and decimal not in (".", ","):
        raise UserError('--decimal is "." or ",".')
    options = Options(dict(map(_choice, chosen)), date_order, decimal)  # type: ignore[arg-type]
    return Wishes(options, full=full, skip_bad=skip_bad, dry_run=dry_run)


def run(db: Database, workspace_id: int, files: Sequence[Path], wishes: Wishes, *, yes: bool) -> Outcome:
    """Import files, or a Singer stream where they are `-`; ask before invoices are closed, unless `yes`."""
    singer = _standard_input() if list(files) == [STDIN] else None
    sources = [Source(STDIN, "Singer", singer.sheets())] if singer else [Source.of(path) for path in files]
    # of a stream only the last STATE goes to standard output: it is what the tap is given back next time
    out = sys.stderr if singer else sys.stdout
    with _progress() as told:
        outcome = import_files(
            db,
            workspace_id,
            sources,
            wishes=wishes,
            told=told,
            agreed=None if yes else lambda found: _agreed(told, found),
        )
    for line in describe(outcome, dry_run=wishes.dry_run):
        print(line, file=out)
    if wishes.dry_run:
        return outcome
    for bad in outcome.bad_files:
        path = files[0].parent / bad.name
        path.write_bytes(bad.content)
        print(f"{_rows(bad.rows, 'bad row')} in {path}: mend them and import that file.", file=out)
    if singer and singer.state is not None:
        print(singer.state)
    return outcome


def describe(outcome: Outcome, *, dry_run: bool) -> Iterator[str]:
    """Give the lines that say what was recognised and what changed."""
    for seen in outcome.sheets:
        yield from _sheet(seen)
    for why, count in outcome.left_out.items():
        yield f"left out: {count} {why}"
    for warning in outcome.warnings:
        yield f"note: {warning}"
    result = outcome.result
    if dry_run:
        yield "This is a dry run: nothing is written. An import would come to:"
    for what in ("customers", "contacts", "invoices"):
        new, changed = getattr(result, f"{what}_new"), getattr(result, f"{what}_changed")
        closed = f"  {result.invoices_closed:6} closed" if what == "invoices" and result.invoices_closed else ""
        yield f"{what:10} {new:6} new  {changed:6} changed{closed}"
    yield f"{'unchanged':10} {result.unchanged:6}"
    yield f"outstanding before: {_money(result.before)}, after: {_money(result.after)}"


def _standard_input() -> Singer:
    try:
        return read_singer(sys.stdin.buffer)
    except FileFault as fault:
        raise UserError(f"Standard input: {fault}.") from None


def _choice(text: str) -> tuple[str, str]:
    field, sign, heading = text.partition("=")
    field = field.strip().casefold().replace("leave-out", LEFT_OUT)
    if not sign or not heading.strip():
        raise UserError(f'--map is written as invoice.number="Invoice No", not {text!r}.')
    if field not in FIELDS and field not in (CUSTOM_CHOICE, LEFT_OUT):
        raise UserError(f"--map knows no {field!r}. There are {', '.join([*FIELDS, CUSTOM_CHOICE, LEFT_OUT])}.")
    return folded(heading), field


def _agreed(told: Told, found: ImportResult) -> bool:
    told(0, 0)  # the bar makes room for the question
    gone = f"The files no longer list {_rows(found.invoices_closed, 'open invoice')}"
    if not sys.stdin.isatty():
        raise UserError(f"{gone}. Say --yes to close what is not listed.")
    return typer.confirm(f"{gone}. Close what is not listed?")


def _sheet(seen: SheetSeen) -> Iterator[str]:
    kind = "workbook" if seen.sheet.is_workbook else f"{seen.sheet.encoding}, separated by {seen.sheet.delimiter!r}"
    place = seen.sheet.file + (f", sheet {seen.sheet.name}" if seen.sheet.name else "")
    yield f"{place}: {_rows(seen.entries)}, header in row {seen.layout.header_row} ({kind})"
    known = [each for each in seen.layout.columns.columns if each.how in ("known", "chosen") and each.field]
    yield "  " + ", ".join(f"{each.heading or '(no heading)'} = {each.field}" for each in known)
    custom = [each.heading for each in seen.layout.columns.columns if each.how == "custom"]
    kept = [heading for heading in custom if heading not in seen.varying]
    if kept:
        yield f"  customers' own fields: {', '.join(kept[:_SHOWN])}"
    notes = []
    if seen.dialect.order_seen:
        notes.append(f"dates have the {ORDER_NAMES[seen.dialect.order]}")
    if seen.dialect.sign_seen:
        notes.append(f"the decimal sign is {seen.dialect.sign!r}")
    if notes:
        yield f"  {', '.join(notes)}"


def _rows(count: int, kind: str = "row") -> str:
    return f"{count:,} {kind}" if count == 1 else f"{count:,} {kind}s"


def _money(amounts: Sequence[Money]) -> str:
    return ", ".join(f"{each.currency} {each.major:,.{exponent(each.currency)}f}" for each in amounts) or "nothing"


@contextmanager
def _progress() -> Iterator[Told]:
    columns = (TextColumn("reading"), BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("read", total=0)

        def told(done: int, total: int) -> None:
            if total == 0:
                bar.stop()
            else:
                bar.update(task, completed=done, total=total)

        yield told
