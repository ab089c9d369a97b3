"""What can be wrong with a file, a sheet or a cell, said so that the person can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import UserError

SHOWN = 50
WHOLE_FILE = "the file"
"""The column of a fault that is not one cell's."""


class FileFault(ValueError):
    """The file as a whole can't be read; the message says why and how to mend it."""


class HeaderFault(ValueError):
    """The header can't be understood; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong with one cell; `row` counts as a spreadsheet does, `sheet` is empty where a file has but one."""

    file: str
    row: int
    column: str
    value: str
    reason: str
    sheet: str = ""

    def __str__(self) -> str:
        """Return the fault in one line."""
        place = f"{self.file}, sheet {self.sheet}" if self.sheet else self.file
        if self.column == WHOLE_FILE:
            return f"{place}: {self.reason}"
        return f"{place}, row {self.row}, {self.column} {self.value[:60]!r}: {self.reason}"


class ImportFaults(UserError):
    """The files were refused whole: nothing was written."""

    def __init__(self, faults: Sequence[RowFault], *, hint: str = "") -> None:
        lines = [str(fault) for fault in faults[:SHOWN]]
        if len(faults) > SHOWN:
            lines.append(f"… and {len(faults) - SHOWN} more.")
        things = "1 thing" if len(faults) == 1 else f"{len(faults)} things"
        super().__init__("\n".join([f"Nothing was imported: {things} to mend.", *lines, *([hint] if hint else [])]))
        self.faults = tuple(faults)
