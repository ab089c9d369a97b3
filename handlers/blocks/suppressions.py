"""The admins' views of addresses that must not be contacted."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.channels import CHANNELS
from bot.people.suppressions import LONGEST_REASON, Detail, Event, HistoryPage, Page, Row
from handlers import ids
from handlers.blocks.common import (
    Block,
    actions,
    button,
    context,
    count_text,
    cut,
    divider,
    escape,
    input_block,
    modal,
    moment_text,
    plain,
    section,
)
from handlers.blocks.places import country_input, line_input

CAUSES = {
    "opt_out": "asked not to be contacted",
    "hard_bounce": "does not exist",
    "soft_bounces": "keeps coming back",
    "complaint": "complained",
    "by_admin": "added by an admin",
}
_EVENTS = {"added": "Suppressed", "changed": "Cause changed", "lifted": "Lifted"}
_SEARCH: Block = {
    "type": "plain_text_input",
    "action_id": ids.SUPPRESSIONS_TEXT,
    "placeholder": plain("Part of an address or a number; press Enter"),
    "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    "max_length": 320,
}


def list_view(page: Page, *, searched: bool, note: str = "") -> Block:
    """Return one page of the suppressed addresses, with a search."""
    blocks: list[Block] = [context(escape(note))] if note else []
    blocks += [
        input_block("Search", _SEARCH, block_id=ids.SUPPRESSIONS_TEXT, optional=True, dispatch=True),
        actions(
            [
                button("Add addresses", ids.SUPPRESSIONS_OPEN_ADD, style="primary"),
                button("Add a postal address", ids.SUPPRESSIONS_OPEN_PLACE),
                button("History", ids.keyed(ids.SUPPRESSIONS_HISTORY, 0)),
            ]
        ),
        context(f"{count_text(page.total, 'address', 'addresses')}, page {page.page + 1} of {page.pages}"),
    ]
    if not page.rows:
        blocks.append(section("No suppressed address holds this." if searched else "Everybody may be contacted."))
    for row in page.rows:
        opened = button("Open", ids.keyed(ids.SUPPRESSIONS_OPEN, row.id))
        blocks.append(section(f"*{escape(row.shown)}*\n{_why(row)}", accessory=opened))
    blocks += _turns(page.page, page.pages, ids.SUPPRESSIONS_PAGE)
    return modal("Suppressions", blocks, callback_id=ids.SUPPRESSIONS, submit="Search")


def detail_view(detail: Detail) -> Block:
    """Return one suppressed address: who has it, what happened to it, and the reason to lift it."""
    row = detail.row
    blocks: list[Block] = [section(f"*{escape(row.shown)}* gets no {CHANNELS[row.channel].many}.\n{_why(row)}")]
    if detail.customers:
        blocks.append(context("Address of " + ", ".join(escape(cut(name, 120)) for name in detail.customers)))
    if row.by_recipient:
        blocks.append(section("They asked for it themselves: lift it only when they want messages again."))
    blocks += [
        input_block(
            "Why it may be contacted again",
            _reason(ids.SUPPRESSION_REASON),
            block_id=ids.SUPPRESSION_REASON,
            hint="Kept in the history, with your name.",
        ),
        divider(),
        *_events(detail.history, addresses=False),
        actions([_back()]),
    ]
    return modal("Suppressed address", blocks, callback_id=ids.SUPPRESSION, metadata=str(row.id), submit="Lift")


def add_view() -> Block:
    """Return the form that takes addresses and a reason."""
    addresses: Block = {
        "type": "plain_text_input",
        "action_id": ids.SUPPRESS_ADDRESSES,
        "multiline": True,
        "max_length": 3000,
        "placeholder": plain("name@example.com\n+49 151 12345678"),
    }
    blocks = [
        input_block(
            "Email addresses and phone numbers",
            addresses,
            block_id=ids.SUPPRESS_ADDRESSES,
            hint="One a line, or separated by commas. Files come in with `campaign-bot suppress FILE`.",
        ),
        input_block(
            "Why", _reason(ids.SUPPRESS_REASON), block_id=ids.SUPPRESS_REASON, hint="Kept beside each of them."
        ),
        actions([_back()]),
    ]
    return modal("Add addresses", blocks, callback_id=ids.SUPPRESS, submit="Suppress")


def place_view() -> Block:
    """Return the form that takes a postal address and a reason."""
    blocks = [
        line_input("Street, or PO box", ids.SUPPRESS_STREET, "", 150, like="Hauptstraße 5", lines=True),
        line_input("Postcode", ids.SUPPRESS_POSTCODE, "", 20, like="10115"),
        line_input("Town", ids.SUPPRESS_CITY, "", 80, like="Berlin"),
        line_input("State or province, where the post wants one", ids.SUPPRESS_REGION, "", 50),
        country_input("Country", ids.SUPPRESS_COUNTRY, "", hint="No letter goes to this place, whoever is there."),
        input_block("Why", _reason(ids.SUPPRESS_REASON), block_id=ids.SUPPRESS_REASON, hint="Kept beside it."),
        actions([_back()]),
    ]
    return modal("Add a postal address", blocks, callback_id=ids.SUPPRESS_PLACE, submit="Suppress")


def history_view(page: HistoryPage) -> Block:
    """Return one page of what was added and lifted."""
    blocks = [context(f"Page {page.page + 1} of {page.pages}"), *_events(page.rows, addresses=True)]
    if not page.rows:
        blocks.append(section("Nothing was suppressed yet."))
    blocks += [*_turns(page.page, page.pages, ids.SUPPRESSIONS_HISTORY), actions([_back()])]
    return modal("History", blocks, callback_id=ids.SUPPRESSIONS_HISTORY)


def _why(row: Row) -> str:
    cause = CAUSES.get(row.cause, row.cause.replace("_", " "))
    note = f": {escape(cut(row.note, 300))}" if row.note else ""
    return f"{CHANNELS[row.channel].one} · {cause} {moment_text(row.since)}{note}"


def _events(events: Sequence[Event], *, addresses: bool) -> list[Block]:
    return [section(_event(each, with_address=addresses)) for each in events]


def _event(event: Event, *, with_address: bool) -> str:
    who = f" by {escape(event.by)}" if event.by else ""
    cause = CAUSES.get(event.cause, event.cause.replace("_", " "))
    address = f"*{escape(event.shown)}*\n" if with_address else ""
    note = f": {escape(cut(event.note, 300))}" if event.note else ""
    return f"{address}{_EVENTS[event.event.value]} {moment_text(event.at)}{who} ({cause}){note}"


def _turns(page: int, pages: int, action_id: str) -> list[Block]:
    turns = []
    if page > 0:
        turns.append(button("Previous page", ids.keyed(action_id, page - 1)))
    if page + 1 < pages:
        turns.append(button("Next page", ids.keyed(action_id, page + 1)))
    return [actions(turns)] if turns else []


def _reason(action_id: str) -> Block:
    return {"type": "plain_text_input", "action_id": action_id, "max_length": LONGEST_REASON}


def _back() -> Block:
    return button("Back to the list", ids.keyed(ids.SUPPRESSIONS_PAGE, 0))
