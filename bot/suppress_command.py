"""`campaign-bot suppress`: lists of addresses that must not be contacted, and what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.errors import UserError
from bot.imports.suppressions import read_lists
from bot.people import suppressions
from storage.db import Database

_SHOWN = 20


def run(
    db: Database,
    workspace_id: int,
    files: Sequence[Path],
    *,
    reason: str,
    country: str | None,
    skip_bad: bool,
    dry_run: bool,
) -> None:
    """Suppress what the files list, and print how many; raise UserError for what can't be read."""
    if country is not None and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise UserError("--country is two letters such as DE.")
    listed = read_lists(files, reason=reason, country=country and country.upper(), skip_bad=skip_bad)
    for fault in listed.faults[:_SHOWN]:
        print(f"left out: {fault}")
    if len(listed.faults) > _SHOWN:
        print(f"left out: … and {len(listed.faults) - _SHOWN} more")
    if dry_run:
        print(f"This is a dry run: nothing is written. The files list {len(listed.found)} addresses.")
        return
    added = suppressions.bring_in(db, workspace_id, listed.found)
    print(f"{added.new} addresses are suppressed now; {added.known} were before.")
