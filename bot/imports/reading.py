"""All files of one import, opened, recognised and read; nothing is compared with the book here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bot.imports.amounts import Sign
from bot.imports.columns import is_manager
from bot.imports.dates import Order
from bot.imports.dialect import Dialect, decide
from bot.imports.faults import WHOLE_FILE, FileFault, HeaderFault, RowFault
from bot.imports.headings import folded
from bot.imports.layout import Layout, find_layout
from bot.imports.open import open_file
from bot.imports.rows import RowReader
from bot.imports.said import Said
from bot.imports.sheets import Sheet

Told = Callable[[int, int], None]
"""Hears how many rows are read, of how many."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the person says of the files: `chosen` maps folded headings to fields, before what is recognised."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    date_order: Order | None = None
    decimal: Sign | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file: where it is, and what the person calls it."""

    path: Path
    name: str
    sheets: tuple[Sheet, ...] = ()
    """What is read already; then the path is not looked at."""

    @staticmethod
    def of(path: Path) -> Source:
        """Return a file under its own name."""
        return Source(path, path.name)


@dataclass(slots=True)
class SheetSeen:
    """One sheet as it was understood."""

    number: int
    sheet: Sheet
    layout: Layout
    dialect: Dialect
    undecided: tuple[str, ...] = ()
    entries: int = 0
    varying: frozenset[str] = frozenset()


@dataclass(slots=True)
class Reading:
    """What the files say, how they were understood, and what a person should know of that."""

    said: Said = field(default_factory=Said)
    sheets: list[SheetSeen] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def undecided(self) -> tuple[str, ...]:
        """Return the options that must be given before the files can be read."""
        return tuple(dict.fromkeys(option for seen in self.sheets for option in seen.undecided))

    @property
    def has_invoices(self) -> bool:
        """Say whether any sheet lists invoices."""
        return any(seen.layout.columns.has_invoices for seen in self.sheets)


def read_files(
    stack: ExitStack,
    sources: Sequence[Source],
    options: Options,
    *,
    currency: str,
    remembered: Mapping[str, Mapping[str, str]],
    told: Told | None = None,
) -> Reading:
    """Read every file; they stay open until `stack` is closed. `currency` is that of amounts that name none.

    `remembered` has what was chosen earlier, by the shape of the header. Every fault is in the reading; nothing is
    raised for what files hold.
    """
    reading = Reading()
    for source in sources:
        try:
            sheets = list(source.sheets) or stack.enter_context(open_file(source.path, source.name))
            _look_into(sheets, options, remembered, reading)
        except FileFault as fault:
            reading.said.faults.append(RowFault(source.name, 1, WHOLE_FILE, "", str(fault)))
    _complain_of_unused(options, reading)
    total, before = sum(seen.dialect.rows for seen in reading.sheets), 0
    for seen in reading.sheets:
        if not seen.undecided:
            _read(seen, reading, currency, (lambda row, b=before: told(b + row, total)) if told else None)  # type: ignore[misc]
        before += seen.dialect.rows
    return reading


def _look_into(
    sheets: list[Sheet], options: Options, remembered: Mapping[str, Mapping[str, str]], reading: Reading
) -> None:
    """Find the header of each sheet; sheets of a workbook that are no lists are left out, unless none is one."""
    faults, found = [], 0
    for sheet in sheets:
        try:
            layout = find_layout(sheet, options.chosen, remembered)
        except HeaderFault as fault:
            faults.append(RowFault(sheet.file, 1, WHOLE_FILE, "", str(fault), sheet.name))
            continue
        if layout is None:
            faults.append(RowFault(sheet.file, 1, WHOLE_FILE, "", _NO_HEADER, sheet.name))
            continue
        dialect, undecided = decide(sheet, layout, order=options.date_order, sign=options.decimal)
        reading.said.faults.extend(undecided.faults)
        reading.sheets.append(SheetSeen(len(reading.sheets), sheet, layout, dialect, undecided.options))
        found += 1
    if found:
        reading.warnings += [f"{f.file}: sheet {f.sheet} is left out: {f.reason}" for f in faults]
    else:
        reading.said.faults.extend(faults)


def _read(seen: SheetSeen, reading: Reading, currency: str, told: Callable[[int], None] | None) -> None:
    reader = RowReader(seen.sheet, seen.number, seen.layout, seen.dialect, reading.said, currency)
    try:
        reader.read(told=told)
    except FileFault as fault:
        reading.said.faults.append(RowFault(seen.sheet.file, 1, WHOLE_FILE, "", str(fault), seen.sheet.name))
        return
    seen.entries, seen.varying = reader.entries, reader.varying
    place = seen.sheet.file + (f", sheet {seen.sheet.name}" if seen.sheet.name else "")
    if any(is_manager(each) for each in seen.layout.columns.columns if each.how == "custom"):
        reading.warnings.append(f"{place}: account managers are named without email addresses, so nobody is assigned")
    if reader.assumed_currency:
        reading.warnings.append(f"{place}: no currency is named; amounts were read as {currency}, your workspace's")
    for symbol, code in reader.read_as:
        reading.warnings.append(
            f"{place}: amounts with {symbol} were read as {code}; if they are not, add a column Currency"
        )
    if reader.without_due:
        reading.warnings.append(f"{place}: {reader.without_due} invoices have no due date: due on their own date")
    if reader.varying:
        names = ", ".join(sorted(reader.varying)[:10])
        reading.warnings.append(f"{place}: left out, as they differ from invoice to invoice: {names}")


def _complain_of_unused(options: Options, reading: Reading) -> None:
    """Note what was chosen for headings that no file has: a slip of the pen must not go unnoticed."""
    there = {folded(each.heading) for seen in reading.sheets for each in seen.layout.columns.columns}
    for heading in options.chosen:
        if heading not in there and reading.sheets:
            reading.said.faults.append(RowFault("--map", 1, heading, "", "no file has such a column"))


_NO_HEADER = (
    "no header is recognised in it; name its columns as they are in the README, or say with --map what they are"
)
