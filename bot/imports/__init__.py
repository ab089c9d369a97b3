"""From files to the book: read rows, recognise columns, parse every value, write all or nothing."""

from bot.imports.faults import ImportFaults, RowFault
from bot.imports.load import Outcome, Wishes, import_files
from bot.imports.reading import Options, Source
from bot.imports.result import ImportResult

__all__ = [
    "ImportFaults",
    "ImportResult",
    "Options",
    "Outcome",
    "RowFault",
    "Source",
    "Wishes",
    "import_files",
]
