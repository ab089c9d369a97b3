"""From files to the book: read rows, recognise columns, parse every value, write all or nothing."""

from bot.imports.load import import_files
from bot.imports.parse import ImportFaults, RowFault
from storage.book import ImportResult

__all__ = ["ImportFaults", "ImportResult", "RowFault", "import_files"]
