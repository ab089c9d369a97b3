"""`/campaign suppressions`: one window whose view is replaced in place; for admins, which every use case checks."""

from __future__ import annotations

from bot.domain.postal import PostalAddress
from bot.people import suppressions
from bot.people.suppressions import Added
from handlers import ids
from handlers.blocks import suppressions as blocks
from handlers.blocks.common import Block, count_text
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import clicked, row_ids
from handlers.turn import Turn, bind

FIELD_BLOCKS = {
    ids.SUPPRESSION: {"reason": ids.SUPPRESSION_REASON},
    ids.SUPPRESS: {"addresses": ids.SUPPRESS_ADDRESSES, "reason": ids.SUPPRESS_REASON},
    ids.SUPPRESS_PLACE: {"address": ids.SUPPRESS_STREET, "reason": ids.SUPPRESS_REASON},
}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the window's views and buttons."""
    for callback_id, entry in {
        ids.SUPPRESSIONS: search,
        ids.SUPPRESS: add,
        ids.SUPPRESS_PLACE: add_place,
        ids.SUPPRESSION: lift,
    }.items():
        entries.view(callback_id)(bind(deps, entry))
    for action_id, click in {
        ids.SUPPRESSIONS_TEXT: show_page,
        ids.SUPPRESSIONS_PAGE: show_page,
        ids.SUPPRESSIONS_OPEN: show_one,
        ids.SUPPRESSIONS_OPEN_ADD: show_add,
        ids.SUPPRESSIONS_OPEN_PLACE: show_add_place,
        ids.SUPPRESSIONS_HISTORY: show_history,
    }.items():
        entries.action(ids.per_row(action_id))(bind(deps, click))


def open_suppressions(turn: Turn) -> None:
    """`/campaign suppressions` -> suppressions.look_through"""
    turn.open(_list(turn))


def show_page(turn: Turn) -> None:
    """Search by Enter, Previous, Next, Back -> suppressions.look_through"""
    _show(turn, _list(turn))


def search(turn: Turn) -> None:
    """Search -> suppressions.look_through"""
    turn.replace(_list(turn))


def show_one(turn: Turn) -> None:
    """Open -> suppressions.look"""
    _show(turn, blocks.detail_view(suppressions.look(turn.deps.db, turn.caller, _row(turn))))


def show_add(turn: Turn) -> None:
    """Add addresses -> the form"""
    suppressions.look_through(turn.deps.db, turn.caller)
    _show(turn, blocks.add_view())


def show_add_place(turn: Turn) -> None:
    """Add a postal address -> the form"""
    suppressions.look_through(turn.deps.db, turn.caller)
    _show(turn, blocks.place_view())


def show_history(turn: Turn) -> None:
    """History, Previous, Next -> suppressions.history"""
    _show(turn, blocks.history_view(suppressions.history(turn.deps.db, turn.caller, page=_row(turn))))


def add(turn: Turn) -> None:
    """Suppress -> suppressions.add"""
    view = turn.view
    text, reason = view.text(ids.SUPPRESS_ADDRESSES), view.text(ids.SUPPRESS_REASON)
    added = suppressions.add(turn.deps.db, turn.caller, text, reason)
    turn.replace(_list(turn, _said(added)))


def add_place(turn: Turn) -> None:
    """Suppress, of a postal address -> suppressions.add_place"""
    view = turn.view
    place = PostalAddress(
        street=view.text(ids.SUPPRESS_STREET),
        postcode=view.text(ids.SUPPRESS_POSTCODE),
        city=view.text(ids.SUPPRESS_CITY),
        region=view.text(ids.SUPPRESS_REGION),
        country=view.choice(ids.SUPPRESS_COUNTRY) or "",
    )
    added = suppressions.add_place(turn.deps.db, turn.caller, place, view.text(ids.SUPPRESS_REASON))
    turn.replace(_list(turn, _said(added)))


def lift(turn: Turn) -> None:
    """Lift -> suppressions.lift"""
    (suppression_id,) = row_ids((turn.view.payload.get("private_metadata") or "",)) or (0,)
    lifted = suppressions.lift(turn.deps.db, turn.caller, suppression_id, turn.view.text(ids.SUPPRESSION_REASON))
    turn.replace(_list(turn, f"{lifted.shown} may be contacted again."))


def _said(added: Added) -> str:
    known = f"; {added.known:,} suppressed before" if added.known else ""
    return f"{count_text(added.new, 'address', 'addresses')} added{known}."


def _list(turn: Turn, note: str = "") -> Block:
    text = turn.view.text(ids.SUPPRESSIONS_TEXT)
    page = suppressions.look_through(turn.deps.db, turn.caller, text=text, page=_row(turn))
    return blocks.list_view(page, searched=bool(text.strip()), note=note)


def _show(turn: Turn, view: Block) -> None:
    turn.redraw(view, force=True)
    turn.ack()


def _row(turn: Turn) -> int:
    return ids.row_of(clicked(turn.body).get("action_id") or "") or 0
