"""Lists of addresses that must not be contacted: what mail and SMS services export, or a column typed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.channels.addresses import Reached, read_any
from bot.errors import UserError
from bot.imports.faults import FileFault, ImportFaults, RowFault
from bot.imports.headings import folded
from bot.imports.open import open_file
from bot.imports.sheets import Cell, Sheet, as_text

_ADDRESS = frozenset(
    "address|addresses|email|e mail|mail|email address|e mail address|mail address|recipient"
    "|phone|phone number|mobile|mobile number|mobile phone|cell|cell phone|msisdn|telephone"
    "|adresse|mailadresse|e mailadresse|email adresse|e mail adresse|empfanger|telefon|telefonnummer|handy|handynummer"
    "|mobilnummer|rufnummer|adresse e mail|adresse email|courriel|destinataire|portable|numero de telephone"
    "|correo|correo electronico|direccion|destinatario|telefono|movil".split("|")
)
_NOTE = frozenset(
    "reason|note|notes|cause|comment|comments|why|suppression reason|unsubscribe reason"
    "|grund|notiz|bemerkung|kommentar|raison|motif|commentaire|motivo|razon|comentario".split("|")
)


@dataclass(frozen=True, slots=True)
class Listed:
    """What files list: addresses with their reasons in the order of the files, and the cells that hold none."""

    found: tuple[tuple[Reached, str], ...]
    faults: tuple[RowFault, ...]


def read_lists(files: Sequence[Path], *, reason: str, country: str | None, skip_bad: bool) -> Listed:
    """Read every address of the files (CSV, XLSX, XLS or ODS), each with its own reason, else with `reason`.

    Columns are known by their headings; a list without any begins with an address. Raises ImportFaults naming each cell
    that is no address, unless `skip_bad`, and UserError for a file that can't be read.
    """
    found: list[tuple[Reached, str]] = []
    faults: list[RowFault] = []
    for path in files:
        try:
            with open_file(path) as sheets:
                for sheet in sheets:
                    _read(sheet, reason, country, found, faults)
        except FileFault as fault:
            raise UserError(f"{path.name}: {fault}.") from None
    if faults and not skip_bad:
        raise ImportFaults(faults, hint="Mend the list, or leave these out with --skip-bad.")
    return Listed(tuple(found), tuple(faults))


def _read(
    sheet: Sheet, reason: str, country: str | None, found: list[tuple[Reached, str]], faults: list[RowFault]
) -> None:
    rows = sheet.rows()
    first = next(rows, None)
    if first is None:
        return
    names = [folded(as_text(cell)) for cell in first[1]]
    columns, note = [i for i, name in enumerate(names) if name in _ADDRESS], _first(names)
    if not columns:
        columns, note = [i for i, cell in enumerate(first[1]) if _is_address(cell, country)], None
        rows = sheet.rows()
    if not columns:
        raise FileFault("no column of it is called email or phone, and it does not begin with an address")
    for number, cells in rows:
        why = as_text(cells[note]).strip() if note is not None and note < len(cells) else ""
        for column, text in _texts(cells, columns):
            try:
                found.append((read_any(text, country), why or reason))
            except ValueError as error:
                faults.append(RowFault(sheet.file, number, names[column] or "address", text, str(error), sheet.name))


def _texts(cells: Sequence[Cell], columns: Sequence[int]) -> Iterator[tuple[int, str]]:
    for column in columns:
        text = as_text(cells[column]).strip() if column < len(cells) else ""
        if text:
            yield column, text


def _first(names: Sequence[str]) -> int | None:
    return next((i for i, name in enumerate(names) if name in _NOTE), None)


def _is_address(cell: Cell, country: str | None) -> bool:
    try:
        read_any(as_text(cell), country)
    except ValueError:
        return False
    return True
