"""`/campaign customer NAME`: one window with a search and the timeline of the customer that was chosen."""

from __future__ import annotations

from bot.campaigns import audiences, timeline
from handlers import ids
from handlers.blocks import timeline as blocks
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import chosen, clicked, row_ids
from handlers.turn import Turn, bind, bind_options
from handlers.typing_ahead import customer_options

FIELD_BLOCKS: dict[str, dict[str, str]] = {}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the search and the pages."""
    entries.action(ids.TIMELINE_CUSTOMER)(bind(deps, choose))
    entries.action(ids.per_row(ids.TIMELINE_PAGE))(bind(deps, turn_page))
    entries.options(ids.TIMELINE_CUSTOMER)(bind_options(deps, customer_options))


def open_timeline(turn: Turn, words: str) -> None:
    """`/campaign customer NAME` -> audiences.search, timeline.show"""
    found = audiences.search(turn.deps.db, turn.caller, words, limit=2) if words else ()
    if len(found) == 1:
        turn.open(blocks.timeline_view(timeline.show(turn.deps.db, turn.caller, found[0].id)))
    else:
        turn.open(blocks.search_view(words, several=len(found) > 1))


def choose(turn: Turn) -> None:
    """A customer was chosen -> timeline.show"""
    _show(turn, next(iter(row_ids((chosen(turn.body) or "",))), 0), 0)


def turn_page(turn: Turn) -> None:
    """Newer, Older -> timeline.show"""
    (customer_id,) = row_ids((turn.view.payload.get("private_metadata") or "",)) or (0,)
    _show(turn, customer_id, ids.row_of(clicked(turn.body).get("action_id") or "") or 0)


def _show(turn: Turn, customer_id: int, page: int) -> None:
    shown = timeline.show(turn.deps.db, turn.caller, customer_id, page=page)
    turn.redraw(blocks.timeline_view(shown), force=True)
    turn.ack()
