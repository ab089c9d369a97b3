"""`/campaign`: the word after it decides; without one, a new campaign or the choice of a draft."""

from __future__ import annotations

from bot.campaigns import drafts
from bot.errors import NotFound
from handlers import check_screen, ids, imports, settings, suppressions, timeline, what, who
from handlers.blocks.common import Block
from handlers.blocks.usage import usage_blocks, usage_text
from handlers.blocks.who import start_view
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import Metadata, clicked, row_ids
from handlers.turn import Turn, bind

WINDOWS = {
    "settings": settings.open_settings,
    "suppressions": suppressions.open_suppressions,
    "import": imports.open_import,
}
"""What a word after `/campaign` opens."""
SEARCHES = {"customer": timeline.open_timeline}
"""What a word opens that others may follow."""
FIELD_BLOCKS = {**who.FIELD_BLOCKS, **what.FIELD_BLOCKS, **check_screen.FIELD_BLOCKS}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the choice of a draft, and the three screens."""
    entries.action(ids.per_row(ids.START_NEW))(bind(deps, start_new))
    entries.action(ids.per_row(ids.START_RESUME))(bind(deps, resume))
    entries.action(ids.per_row(ids.START_DISCARD))(bind(deps, discard))
    who.register(entries, deps)
    what.register(entries, deps)
    check_screen.register(entries, deps)


def command(turn: Turn) -> None:
    """/campaign -> drafts.open_drafts, drafts.start; a word of WINDOWS or SEARCHES: its own; anything else: usage"""
    words = (turn.body.get("text") or "").strip()
    first, _, rest = words.partition(" ")
    word = words.casefold()
    if word in WINDOWS:
        WINDOWS[word](turn)
    elif first.casefold() in SEARCHES:
        SEARCHES[first.casefold()](turn, rest.strip())
    elif word:
        text = usage_text(word, is_admin=turn.caller.is_admin)
        turn.ack(text=text, blocks=usage_blocks(word, is_admin=turn.caller.is_admin), response_type="ephemeral")
    else:
        _choose_or_start(turn)


def _choose_or_start(turn: Turn) -> None:
    """Offer the drafts and the channels; where there is nothing to choose, open a new draft."""
    db, caller, channels = turn.deps.db, turn.caller, turn.deps.channels
    found = drafts.open_drafts(db, caller, counted=False)
    is_counted = all(draft.selected is not None for draft in found)

    def counted() -> Block:
        return start_view(drafts.open_drafts(db, caller), channels)

    if not found and len(channels) == 1:
        who.open_screen(turn, drafts.start(db, caller, channel=channels[0]).id)
    elif is_counted or turn.deps.counts_later(caller):
        turn.open(start_view(found, channels), then=None if is_counted else counted)
    else:
        turn.open(counted())


def start_new(turn: Turn) -> None:
    """New campaign, on the channel of the button -> drafts.start"""
    channel = clicked(turn.body).get("value") or turn.deps.channels[0]
    if channel not in turn.deps.channels:
        raise NotFound("This channel is not set up any more. Start again with /campaign.")
    draft = drafts.start(turn.deps.db, turn.caller, channel=channel)
    who.show(turn, Metadata(draft.id), force=True)


def resume(turn: Turn) -> None:
    """Resume draft -> drafts.load"""
    who.show(turn, Metadata(drafts.load(turn.deps.db, turn.caller, _row(turn)).id), force=True)


def discard(turn: Turn) -> None:
    """Discard -> drafts.discard"""
    drafts.discard(turn.deps.db, turn.caller, _row(turn))

    def draw() -> Block:
        return start_view(drafts.open_drafts(turn.deps.db, turn.caller), turn.deps.channels)

    turn.show(draw, later=turn.deps.counts_later(turn.caller), force=True)


def _row(turn: Turn) -> int:
    return next(iter(row_ids((clicked(turn.body).get("value") or "",))), 0)
