"""What: writing, with every change kept in the draft, tags put in, and the preview drawn anew."""

from __future__ import annotations

from bot.campaigns import compose, preview
from bot.campaigns.views import DraftView
from bot.errors import FieldErrors, UserError
from handlers import check_screen, ids
from handlers.blocks.common import Block, option
from handlers.blocks.what import what_view
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import Metadata, addresses, chosen
from handlers.turn import Turn, bind, bind_options
from handlers.who import show

FIELD_BLOCKS = {
    ids.WHAT: {
        "name": ids.WHAT_NAME,
        "sender": ids.WHAT_SENDER,
        "to_positions": ids.WHAT_POSITIONS,
        "cc": ids.WHAT_CC,
        "subject": ids.WHAT_SUBJECT,
        "body": ids.WHAT_BODY,
    }
}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the What screen."""
    for live in (ids.WHAT_SENDER, ids.WHAT_POSITIONS, ids.WHAT_SUBJECT, ids.WHAT_BODY, ids.WHAT_STATEMENT):
        entries.action(live)(bind(deps, typed))
    entries.action(ids.WHAT_PREVIEW)(bind(deps, update_preview))
    entries.action(ids.WHAT_TAG_BODY)(bind(deps, tag_into_body))
    entries.action(ids.WHAT_TAG_SUBJECT)(bind(deps, tag_into_subject))
    entries.action(ids.WHAT_BACK)(bind(deps, back_to_who))
    entries.view(ids.WHAT)(bind(deps, next_screen))
    entries.options(ids.WHAT_SENDER)(bind_options(deps, sender_options))


def typed(turn: Turn) -> None:
    """Whatever the preview shows -> compose.save, preview.writing; dropped where the view was drawn anew"""
    _redraw(turn, _save(turn), turn.metadata)


def update_preview(turn: Turn) -> None:
    """Update the preview -> compose.save, preview.writing"""
    _redraw(turn, _save(turn), turn.metadata)


def tag_into_body(turn: Turn) -> None:
    """Insert a tag into the content -> compose.insert_tag"""
    _insert(turn, "body", turn.view.text(ids.WHAT_BODY))


def tag_into_subject(turn: Turn) -> None:
    """Insert a tag into the subject -> compose.insert_tag"""
    _insert(turn, "subject", turn.view.text(ids.WHAT_SUBJECT))


def _insert(turn: Turn, field: str, typed_text: str) -> None:
    """Put a tag at the end of what was typed: the input and the picker get new block ids, all others keep theirs."""
    _save(turn)
    metadata = turn.metadata.rekeyed(field, "tags")
    tag = chosen(turn.body) or ""
    draft = compose.insert_tag(turn.deps.db, turn.caller, metadata.campaign_id, field=field, typed=typed_text, tag=tag)
    # drawn even over a preview that came in between: the state in this payload has everything that was typed
    _redraw(turn, draft, metadata, force=True, inserted=tag)


def back_to_who(turn: Turn) -> None:
    """Back to customers -> compose.save, audiences.view"""
    _save(turn)
    campaign_id = turn.metadata.campaign_id
    show(turn, Metadata(campaign_id), force=True)


def next_screen(turn: Turn) -> None:
    """Next: check -> compose.save, compose.validate, check.selected, check.run"""
    draft = _save(turn)
    compose.validate(turn.deps.db, turn.caller, draft.id)
    check_screen.enter(turn, draft.id)


def sender_options(turn: Turn) -> list[Block]:
    """Type-ahead over senders -> compose.senders"""
    found = compose.senders(turn.deps.db, turn.caller, turn.body.get("value") or "")
    return [option(each.label, each.value) for each in found]


def _save(turn: Turn) -> DraftView:
    """Keep everything on the screen; what can't be kept is said at its input."""
    view = turn.view
    try:
        return compose.save(
            turn.deps.db,
            turn.caller,
            turn.metadata.campaign_id,
            name=view.text(ids.WHAT_NAME),
            sender=view.choice(ids.WHAT_SENDER),
            to_positions=view.choices(ids.WHAT_POSITIONS),
            cc=addresses(view.text(ids.WHAT_CC)) if view.has(ids.WHAT_CC) else None,
            subject=view.text(ids.WHAT_SUBJECT) if view.has(ids.WHAT_SUBJECT) else None,
            body=view.text(ids.WHAT_BODY),
            attach_statement="statement" in view.choices(ids.WHAT_STATEMENT) if view.has(ids.WHAT_STATEMENT) else None,
        )
    except FieldErrors as error:
        if turn.body.get("type") == "view_submission":
            raise
        raise UserError(error.message) from None  # a click has no inputs to put the errors at


def _redraw(turn: Turn, draft: DraftView, metadata: Metadata, *, force: bool = False, inserted: str = "") -> None:
    found = preview.writing(turn.deps.db, turn.caller, draft.id)
    turn.redraw(what_view(found.draft, found.positions, found.preview, metadata, inserted), force=force)
    turn.ack()
