"""Check and send: groups put back, messages looked through, a test, and Send."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bot.campaigns import check, drafts, launch, preview, test_send
from handlers import ids
from handlers.blocks.check import check_view, counting_view, launched_view
from handlers.blocks.common import Block
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import Metadata, clicked
from handlers.turn import Entry, Turn, bind
from handlers.who import writing

FIELD_BLOCKS = {ids.CHECK: {"send_at": ids.CHECK_SEND_AT}}
Worst = Literal["longest", "most_invoices", "empty_tags"]


def register(entries: Entries, deps: Deps) -> None:
    """Bind the Check and send screen."""
    clicks: dict[str, Entry] = {
        ids.CHECK_LOOK: look,
        ids.CHECK_PUT_BACK: put_back,
        ids.CHECK_TEST: send_test,
        ids.CHECK_BACK: back,
        ids.PREVIEW_PREVIOUS: _walk(-1),
        ids.PREVIEW_NEXT: _walk(1),
        ids.PREVIEW_LONGEST: _worst("longest"),
        ids.PREVIEW_MOST_INVOICES: _worst("most_invoices"),
        ids.PREVIEW_EMPTY: _worst("empty_tags"),
    }
    for action_id, entry in clicks.items():
        entries.action(ids.per_row(action_id))(bind(deps, entry))
    entries.view(ids.CHECK)(bind(deps, send))


def enter(turn: Turn, campaign_id: int) -> None:
    """Put the screen in the place of the view that was submitted -> check.selected, check.run"""
    metadata = Metadata(campaign_id)
    selected, at_once = check.selected(turn.deps.db, turn.caller, campaign_id)
    if at_once:
        turn.replace(checking(turn, metadata, index=0))
        return
    turn.replace(counting_view(selected, metadata), lambda: checking(turn, metadata, index=0))


def look(turn: Turn) -> None:
    """Show it now -> check.selected, check.run"""
    _show(turn, index=0)


def put_back(turn: Turn) -> None:
    """Put back, Leave out -> check.put_back"""
    element, metadata = clicked(turn.body), turn.metadata
    reason = (element.get("action_id") or "").partition(ids.SEPARATOR)[2]
    check.put_back(turn.deps.db, turn.caller, metadata.campaign_id, reason, element.get("value") == "on")
    _show(turn, index=metadata.page)


def send_test(turn: Turn) -> None:
    """Send me a test -> test_send.request"""
    metadata = turn.metadata
    customer_id = ids.row_of(clicked(turn.body).get("action_id") or "") or 0
    address = test_send.request(turn.deps.db, turn.caller, metadata.campaign_id, customer_id=customer_id)
    turn.deps.wake()
    _show(turn, index=metadata.page, note=f"A test of this message is on its way to {address}.")


def back(turn: Turn) -> None:
    """Back to writing -> drafts.load"""
    turn.redraw(writing(turn, turn.metadata.campaign_id), force=True)
    turn.ack()


def send(turn: Turn) -> None:
    """Send -> check.set_send_at, launch.launch; a second Send answers with the campaign that there is"""
    metadata, hold = turn.metadata, turn.deps.hold
    version = _choose_time(turn)
    launched = launch.launch(turn.deps.db, turn.caller, metadata.campaign_id, version=version, hold=hold)
    turn.deps.wake()
    turn.replace(launched_view(launched))


def _choose_time(turn: Turn) -> int:
    """Store the chosen time where it differs from the draft's, and return the version that Send is for."""
    metadata, when = turn.metadata, turn.view.moment(ids.CHECK_SEND_AT)
    if drafts.is_launched(turn.deps.db, turn.caller, metadata.campaign_id):
        return metadata.version
    draft = drafts.load(turn.deps.db, turn.caller, metadata.campaign_id)
    if when == draft.send_at or draft.version != metadata.version:
        return metadata.version
    return check.set_send_at(turn.deps.db, turn.caller, metadata.campaign_id, when)


def _walk(step: int) -> Entry:
    def entry(turn: Turn) -> None:
        index = ids.row_of(clicked(turn.body).get("action_id") or "") or 0
        _show(turn, index=index + step)

    return entry


def _worst(worst: Worst) -> Entry:
    def entry(turn: Turn) -> None:
        _show(turn, worst=worst)

    return entry


def _show(turn: Turn, *, index: int | None = None, worst: Worst | None = None, note: str = "") -> None:
    def draw() -> Block:
        return checking(turn, metadata, index=index, worst=worst, note=note)

    metadata = turn.metadata
    _, at_once = check.selected(turn.deps.db, turn.caller, metadata.campaign_id)
    if at_once:
        turn.redraw(draw(), force=True)
    else:
        turn.draw_later(draw)
    turn.ack()


def checking(
    turn: Turn, metadata: Metadata, *, index: int | None = None, worst: Worst | None = None, note: str = ""
) -> Block:
    """Return the Check and send screen of a draft; its previews are of those who will be written to."""
    db, caller, campaign_id = turn.deps.db, turn.caller, metadata.campaign_id
    found = check.run(db, caller, campaign_id)
    shown = preview.show(db, caller, campaign_id, index=index, worst=worst, among=found.going)
    warning = turn.deps.warnings.get(found.channel)
    if warning:
        found = replace(found, notes=(*found.notes, warning))
    return check_view(found, shown, metadata, note)
