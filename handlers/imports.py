"""`/campaign import`: files, what was recognised, Import. The work is done by handlers.importer, after every answer."""

from __future__ import annotations

from bot.errors import UserError
from bot.imports import requests
from bot.imports.requests import ImportView
from handlers import ids
from handlers.blocks import imports as blocks
from handlers.blocks.common import Block
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import chosen, clicked, row_ids
from handlers.turn import Turn, bind

FIELD_BLOCKS = {ids.IMPORT: {"files": ids.IMPORT_FILES}}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the windows, and what can be chosen in them."""
    entries.view(ids.IMPORT)(bind(deps, read_files))
    entries.view(ids.IMPORT_READY)(bind(deps, start))
    for action_id, click in {
        ids.IMPORT_COLUMN: choose_column,
        ids.IMPORT_ORDER: choose_order,
        ids.IMPORT_SIGN: choose_sign,
        ids.IMPORT_FULL: choose_full,
        ids.IMPORT_SKIP: choose_skip,
        ids.IMPORT_NEXT: turn_page,
        ids.IMPORT_PREVIOUS: turn_page,
        ids.IMPORT_DISCARD: discard,
        ids.IMPORT_OPEN: open_again,
    }.items():
        entries.action(ids.per_row(action_id))(bind(deps, click))


def open_import(turn: Turn) -> None:
    """`/campaign import` -> requests.opened; the files are asked for, or what was recognised of them is shown"""
    view = requests.opened(turn.deps.db, turn.caller)
    if view is None:
        turn.open(blocks.upload_view())
    else:
        _open(turn, view)


def open_again(turn: Turn) -> None:
    """Check and import, in the message -> requests.look"""
    _open(turn, requests.look(turn.deps.db, turn.caller, _row(turn)))


def read_files(turn: Turn) -> None:
    """Read files -> requests.begin"""
    files = turn.view.values.get(ids.IMPORT_FILES, {}).get("files") or ()
    named = [(str(each.get("id") or ""), str(each.get("name") or "file")) for each in files]
    view = requests.begin(turn.deps.db, turn.caller, named, turn.view.id)
    turn.replace(blocks.reading_view(view))


def choose_column(turn: Turn) -> None:
    """A column's meaning -> requests.choose_column"""
    sheet, _, column = (clicked(turn.body).get("action_id") or "").partition(ids.SEPARATOR)[2].partition("-")
    numbers = row_ids((sheet, column))
    if len(numbers) != 2:
        raise UserError("This column is no longer there.")
    field = chosen(turn.body) or ""
    _reading(turn, requests.choose_column(turn.deps.db, turn.caller, _import(turn), *numbers, field))


def choose_order(turn: Turn) -> None:
    """Order of the dates -> requests.choose"""
    _choose(turn, "date_order", chosen(turn.body))


def choose_sign(turn: Turn) -> None:
    """Decimal sign -> requests.choose"""
    _choose(turn, "decimal", chosen(turn.body))


def choose_full(turn: Turn) -> None:
    """Close what is not listed -> requests.choose"""
    _choose(turn, "full", bool(clicked(turn.body).get("selected_options")))


def choose_skip(turn: Turn) -> None:
    """Import the other rows -> requests.choose"""
    _choose(turn, "skip_bad", bool(clicked(turn.body).get("selected_options")))


def turn_page(turn: Turn) -> None:
    """More columns, Previous columns -> requests.look"""
    page = ids.row_of(clicked(turn.body).get("action_id") or "") or 0
    view = requests.look(turn.deps.db, turn.caller, _import(turn))
    turn.redraw(_screen(view, page), force=True)
    turn.ack()


def start(turn: Turn) -> None:
    """Import -> requests.start; how it goes is told in the DM"""
    requests.start(turn.deps.db, turn.caller, _import(turn))
    turn.ack(response_action="clear")


def discard(turn: Turn) -> None:
    """Discard -> requests.discard"""
    requests.discard(turn.deps.db, turn.caller, _row(turn))
    turn.redraw(blocks.discarded_view(), force=True)
    turn.ack()


def _choose(turn: Turn, name: str, value: object) -> None:
    _reading(turn, requests.choose(turn.deps.db, turn.caller, _import(turn), name, value))


def _reading(turn: Turn, view: ImportView) -> None:
    turn.redraw(blocks.reading_view(view), force=True)
    turn.ack()


def _open(turn: Turn, view: ImportView) -> None:
    shown = turn.client.views_open(trigger_id=turn.body["trigger_id"], view=_screen(view))
    requests.look(turn.deps.db, turn.caller, view.id, str(shown["view"]["id"]))
    turn.ack()


def _screen(view: ImportView, page: int = 0) -> Block:
    return blocks.ready_view(view, page) if view.found and view.state == "ready" else blocks.reading_view(view)


def _import(turn: Turn) -> int:
    return next(iter(row_ids((turn.view.payload.get("private_metadata") or "",))), 0)


def _row(turn: Turn) -> int:
    return ids.row_of(clicked(turn.body).get("action_id") or "") or 0
