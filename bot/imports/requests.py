"""Imports asked for in Slack, as the person goes through them; for admins only. The work itself is in `jobs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.access import Caller, require_admin
from bot.errors import Conflict, NotFound, UserError
from bot.imports.amounts import SIGN_NAMES
from bot.imports.dates import ORDERS
from bot.imports.fields import CUSTOM_CHOICE, FIELDS, LEFT_OUT
from bot.imports.headings import folded
from storage import imports
from storage.db import Database, utcnow
from storage.models import Import, ImportState

MOST_FILES = 10
_READ_AFTER = timedelta(seconds=1)
"""The window must say that the files are being read before it can say what was in them."""


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import as its person sees it; `found` is what was recognised (see jobs.Finding)."""

    id: int
    state: ImportState
    choices: dict[str, Any]
    found: dict[str, Any]
    version: int


def begin(
    db: Database, caller: Caller, files: Sequence[tuple[str, str]], view_id: str, *, now: datetime | None = None
) -> ImportView:
    """Have these Slack files (id and name) fetched and read; an import that the caller had open is discarded."""
    require_admin(caller)
    if not files:
        raise UserError("Choose at least one file.", "files")
    moment = now or utcnow()
    with db.write() as session:
        import_id = imports.add(
            session,
            caller.workspace_id,
            caller.user_id,
            files[:MOST_FILES],
            view_id,
            now=moment,
            due_at=moment + _READ_AFTER,
        )
        return _view(_own(imports.by_id(session, caller.workspace_id, import_id), caller))


def opened(db: Database, caller: Caller) -> ImportView | None:
    """Return the import that the caller has open, if any."""
    require_admin(caller)
    with db.read() as session:
        row = imports.open_of(session, caller.workspace_id, caller.user_id)
        return _view(row) if row is not None else None


def look(db: Database, caller: Caller, import_id: int, view_id: str | None = None) -> ImportView:
    """Return an import of the caller's; with `view_id`, note that this is the window it is looked at in."""
    require_admin(caller)
    with db.write() as session:
        row = _own(imports.by_id(session, caller.workspace_id, import_id), caller)
        if view_id is not None:
            imports.seen_in(session, caller.workspace_id, import_id, view_id)
        return _view(row)


def choose_column(db: Database, caller: Caller, import_id: int, sheet: int, column: int, field: str) -> ImportView:
    """Say what a column means: a field, CUSTOM_CHOICE or LEFT_OUT; the files are then read again."""
    if field not in FIELDS and field not in (CUSTOM_CHOICE, LEFT_OUT):
        raise NotFound("This choice is no longer there.")

    def change(view: ImportView) -> dict[str, Any]:
        try:
            heading = view.found["sheets"][sheet]["columns"][column]["heading"]
        except (KeyError, IndexError):
            raise NotFound("This column is no longer there.") from None
        return {"map": {**view.choices.get("map", {}), folded(heading): field}}

    return _choose(db, caller, import_id, change)


def choose(db: Database, caller: Caller, import_id: int, name: str, value: object) -> ImportView:
    """Choose `date_order`, `decimal` (a text of theirs), `full` or `skip_bad` (yes or no)."""
    allowed: dict[str, tuple[object, ...]] = {
        "date_order": ORDERS,
        "decimal": tuple(SIGN_NAMES),
        "full": (True, False),
        "skip_bad": (True, False),
    }
    if value not in allowed.get(name, ()):
        raise NotFound("This choice is no longer there.")
    return _choose(db, caller, import_id, lambda _: {name: value})


def start(db: Database, caller: Caller, import_id: int, *, now: datetime | None = None) -> bool:
    """Let the import run as soon as no other one does; say whether it must wait. A second call says it has begun."""
    require_admin(caller)
    with db.write() as session:
        view = _view(_own(imports.by_id(session, caller.workspace_id, import_id), caller))
        if view.state in (ImportState.WAITING, ImportState.IMPORTING, ImportState.DONE):
            return False
        if view.state is not ImportState.READY:
            raise Conflict("The files are still being read. Wait a moment, then press Import again.")
        if not view.found.get("importable"):
            raise UserError("There is something to mend first: see above.")
        imports.start(session, caller.workspace_id, import_id, now=now or utcnow())
        return imports.is_running(session, caller.workspace_id)


def discard(db: Database, caller: Caller, import_id: int) -> None:
    """Discard an import that was not started, and delete its files; a second call changes nothing."""
    require_admin(caller)
    with db.write() as session:
        _own(imports.by_id(session, caller.workspace_id, import_id), caller)
        imports.discard(session, caller.workspace_id, import_id)


def _choose(db: Database, caller: Caller, import_id: int, change: Any) -> ImportView:
    require_admin(caller)
    with db.write() as session:
        view = _view(_own(imports.by_id(session, caller.workspace_id, import_id), caller))
        choices = {**view.choices, **change(view)}
        if not imports.read_again(session, caller.workspace_id, import_id, choices, now=utcnow()):
            raise Conflict("This import has been started or discarded already.")
        return ImportView(view.id, ImportState.READING, choices, view.found, view.version + 1)


def _own(row: Import | None, caller: Caller) -> Import:
    if row is None or row.requested_by != caller.user_id:
        raise NotFound("This import is no longer there. Start again with /campaign import.")
    return row


def _view(row: Import) -> ImportView:
    return ImportView(row.id, ImportState(row.state), dict(row.choices), dict(row.found), row.version)
