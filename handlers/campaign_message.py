"""The buttons of the living message: undo, pause, resume, cancel, and the decisions on manual actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from bot.campaigns import control, decide, drafts, summarize
from bot.campaigns.control import ControlResult
from bot.campaigns.decide import Decided
from bot.domain.postal import PostalAddress, Written
from handlers import ids
from handlers.blocks.common import escape
from handlers.blocks.manual_actions import fix_view, manual_view
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import View, clicked, row_ids
from handlers.turn import Entry, Turn, bind
from handlers.web_api import tell_alone
from handlers.who import open_screen

FIELD_BLOCKS = {ids.FIX: {"address": "fix_"}}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the buttons of the message and of the list of manual actions, and the form that mends a contact."""
    clicks: dict[str, Entry] = {
        ids.CAMPAIGN_UNDO: _control(control.undo),
        ids.CAMPAIGN_PAUSE: _control(control.pause),
        ids.CAMPAIGN_RESUME: _control(control.resume),
        ids.CAMPAIGN_CANCEL: _control(control.cancel),
        ids.CAMPAIGN_SEND_NOW: _control(control.send_now),
        ids.CAMPAIGN_DRAFT: resume_draft,
        ids.ACTION_SEND: _decision(decide.send),
        ids.ACTION_IGNORE: _decision(decide.ignore),
        ids.ACTION_UNDO_IGNORE: _decision(decide.undo_ignore),
        ids.ACTION_FIX: open_fix,
        ids.MANUAL_OPEN: open_list,
        ids.MANUAL_PAGE: turn_page,
        ids.MANUAL_SEND_ALL: send_all,
        ids.MANUAL_IGNORE_ALL: ignore_all,
        ids.MANUAL_UNDO_ALL: undo_all,
    }
    for action_id, entry in clicks.items():
        entries.action(ids.per_row(action_id))(bind(deps, entry))
    entries.view(ids.FIX)(bind(deps, fix))


def resume_draft(turn: Turn) -> None:
    """Resume draft, after Undo -> drafts.load"""
    open_screen(turn, drafts.load(turn.deps.db, turn.caller, _clicked_id(turn)).id)


def open_fix(turn: Turn) -> None:
    """Fix contact -> decide.fixing"""
    view = fix_view(decide.fixing(turn.deps.db, turn.caller, _clicked_id(turn)))
    if turn.body.get("view"):
        turn.push(view)
    else:
        turn.open(view)


def fix(turn: Turn) -> None:
    """Send in the form -> decide.fix_contact"""
    view, metadata = turn.view, turn.metadata
    contact = row_ids((view.choice(ids.FIX_CONTACT) or "",))
    decided = decide.fix_contact(
        turn.deps.db,
        turn.caller,
        metadata.version,
        address="" if contact else _typed(view),
        contact_id=contact[0] if contact else None,
        save_to_customer="save" in view.choices(ids.FIX_KEEP),
    )
    turn.deps.wake()
    page = summarize.manual_page(turn.deps.db, turn.caller, metadata.campaign_id)
    after = manual_view(page, _words(decided))
    if view.root_id == view.id:
        turn.replace(after)
    else:  # opened from the list: that is redrawn, and this form closes over it
        turn.redraw_root(lambda: after)
        turn.ack()


def _typed(view: View) -> Written:
    """Return the address in the form, of a postal one its parts."""
    if not view.has(ids.FIX_STREET):
        return view.text(ids.FIX_EMAIL) or view.text(ids.FIX_PHONE)
    return PostalAddress(
        company=view.text(ids.FIX_COMPANY),
        name=view.text(ids.FIX_PERSON),
        street=view.text(ids.FIX_STREET),
        postcode=view.text(ids.FIX_POSTCODE),
        city=view.text(ids.FIX_CITY),
        region=view.text(ids.FIX_REGION),
        country=view.choice(ids.FIX_COUNTRY) or "",
    )


def open_list(turn: Turn) -> None:
    """All N -> summarize.manual_page"""
    turn.open(manual_view(summarize.manual_page(turn.deps.db, turn.caller, _clicked_id(turn))))


def turn_page(turn: Turn) -> None:
    """Previous, Next -> summarize.manual_page"""
    page = ids.row_of(clicked(turn.body).get("action_id") or "") or 0
    _show_list(turn, "", page)


def send_all(turn: Turn) -> None:
    """Send all N -> decide.bulk"""
    _bulk(turn, "send")


def ignore_all(turn: Turn) -> None:
    """Ignore all N -> decide.bulk"""
    _bulk(turn, "ignore")


def undo_all(turn: Turn) -> None:
    """Undo all N -> decide.undo_all"""
    decided = decide.undo_all(turn.deps.db, turn.caller, turn.metadata.campaign_id)
    turn.deps.wake()
    _show_list(turn, _words(decided), 0)


def _bulk(turn: Turn, what: Literal["send", "ignore"]) -> None:
    reason = str(clicked(turn.body).get("value") or "")  # a button without a reason is none of ours: never all of them
    decided = decide.bulk(turn.deps.db, turn.caller, turn.metadata.campaign_id, reason, what=what)
    turn.deps.wake()
    _show_list(turn, _words(decided), 0)


def _control(use: Callable[..., ControlResult]) -> Entry:
    """Return the entry for one of control's functions: what changed is seen in the message, a refusal is said."""

    def entry(turn: Turn) -> None:
        result = use(turn.deps.db, turn.caller, _clicked_id(turn))
        turn.deps.wake()
        if not result.changed or result.draft_id:
            _say(turn, escape(result.text))
        turn.ack()

    return entry


def _decision(use: Callable[..., Decided]) -> Entry:
    """Return the entry for one of decide's functions, clicked in the message or in the list."""

    def entry(turn: Turn) -> None:
        decided = use(turn.deps.db, turn.caller, _clicked_id(turn))
        turn.deps.wake()
        if turn.body.get("view"):
            _show_list(turn, _words(decided), turn.metadata.page)
            return
        if not decided.changed:
            _say(turn, _words(decided))
        turn.ack()

    return entry


def _show_list(turn: Turn, note: str, page: int) -> None:
    found = summarize.manual_page(turn.deps.db, turn.caller, turn.metadata.campaign_id, page=page)
    turn.redraw(manual_view(found, note), force=True)
    turn.ack()


def _words(decided: Decided) -> str:
    """Return a decision as mrkdwn: only where nothing changed may it mention who decided before."""
    return escape(decided.text) if decided.changed else decided.text


def _say(turn: Turn, text: str) -> None:
    """Tell the one who clicked, alone, what the message itself does not show."""
    url = turn.body.get("response_url")
    if url:
        tell_alone(url, text=text)


def _clicked_id(turn: Turn) -> int:
    """Return the row that the button names; it is looked up again in the caller's workspace."""
    return next(iter(row_ids((clicked(turn.body).get("value") or "",))), 0)
