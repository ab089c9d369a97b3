"""The window of one customer: how it stands, and what happened, newest first."""

from __future__ import annotations

from bot.campaigns.timeline import Answered, Entry, Sent, Standing, Stopped, SuppressionEvent, Timeline
from bot.domain.channels import CHANNELS
from bot.domain.states import ActionState, reason_text
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
    modal,
    moment_text,
    money_list,
    plain,
    section,
)
from handlers.blocks.suppressions import CAUSES

_STATES = {
    ActionState.QUEUED: "Waiting",
    ActionState.SENDING: "Being sent",
    ActionState.SENT: "Sent",
    ActionState.DELIVERED: "Delivered",
    ActionState.MANUAL: "Waits for a person",
    ActionState.IGNORED: "Ignored",
    ActionState.SKIPPED: "Skipped",
    ActionState.CANCELLED: "Cancelled",
}
_PLAIN_STATES = (ActionState.QUEUED, ActionState.SENDING, ActionState.SENT, ActionState.DELIVERED, ActionState.IGNORED)
"""States that need no reason beside them."""
_ANSWERS = {"stop": "Asked to stop", "start": "Asked to start again", "help": "Asked for help"}
_EVENTS = {
    "added": "No more {many} to {address}",
    "changed": "Still no {many} to {address}",
    "lifted": "{many} again to {address}",
}


def search_view(words: str, *, several: bool) -> Block:
    """Return the window before a customer is chosen; `several` says that the words fit more than one."""
    said = "Choose a customer to see what happened with it."
    if words:
        found = "fits several customers" if several else "fits no customer of yours"
        said = f"“{escape(cut(words, 100))}” {found}. {said}"
    return modal("Customer", [section(said), _search()], callback_id=ids.TIMELINE)


def timeline_view(timeline: Timeline) -> Block:
    """Return one page of a customer's timeline under how it stands today."""
    blocks = [_search(), section(_standing(timeline)), divider()]
    if not timeline.rows:
        blocks.append(section("Nothing was sent to this customer yet, and nothing came back."))
    blocks += [section(_row(row)) for row in timeline.rows]
    if timeline.pages > 1:
        blocks.append(context(f"{count_text(timeline.total, 'event')}, page {timeline.page + 1} of {timeline.pages}"))
        blocks.append(actions(_turns(timeline)))
    return modal("Customer", blocks, callback_id=ids.TIMELINE, metadata=str(timeline.customer.id))


def _search() -> Block:
    select: Block = {
        "type": "external_select",
        "action_id": ids.TIMELINE_CUSTOMER,
        "min_query_length": 1,
        "placeholder": plain("Type a name or a group"),
    }
    return section("Look up a customer", accessory=select, block_id=ids.TIMELINE_CUSTOMER)


def _standing(timeline: Timeline) -> str:
    of = timeline.customer
    name = f"*{escape(cut(of.name, 150))}*"
    known = [escape(cut(of.group, 150))] if of.group else []
    lines = [" · ".join([name, *known, escape(cut(of.external_id, 100))]), _owed(timeline)]
    if timeline.main_contact:
        lines.append(f"Main contact: {escape(cut(timeline.main_contact, 300))}")
    if of.account_managers:
        lines.append(f"Account manager: {escape(cut(', '.join(of.account_managers), 300))}")
    return "\n".join([*lines, *_special(of)])


def _owed(timeline: Timeline) -> str:
    outstanding = timeline.customer.outstanding
    if not outstanding:
        return "Nothing outstanding."
    if not timeline.overdue:
        return f"{money_list(outstanding)} outstanding, nothing overdue."
    age = count_text(timeline.days_past_due, "day")
    return f"{money_list(outstanding)} outstanding, {money_list(timeline.overdue)} overdue, the oldest for {age}."


def _special(of: Standing) -> list[str]:
    said = []
    if of.paused_until:
        said.append(f"Paused: not to be contacted until {of.paused_until.isoformat()}.")
    if of.promised and of.promised_on:
        said.append(f"Payment of {count_text(of.promised, 'invoice')} is promised for {of.promised_on.isoformat()}.")
    if of.disputed:
        said.append(f"{count_text(of.disputed, 'invoice')} disputed.")
    return said


def _row(row: Entry) -> str:
    match row:
        case Sent():
            kind = CHANNELS[row.channel]
            why = "" if row.state in _PLAIN_STATES else f": {reason_text(row.reason, kind)}"
            words = f"\n> {escape(cut(row.detail, 300))}" if row.detail and row.state is ActionState.MANUAL else ""
            head = f"{moment_text(row.at)} · {kind.one} · *{escape(cut(row.campaign, 150))}*, by {escape(row.creator)}"
            return f"{head}\n{_STATES[row.state]}{why}{words}"
        case Answered():
            said = _ANSWERS.get(row.kind, "Answered")
            return f"{moment_text(row.at)} · {CHANNELS[row.channel].one} · *{said}*\n> {escape(cut(row.body, 500))}"
        case Stopped():
            return _stopped(row)


def _stopped(row: Stopped) -> str:
    what = _EVENTS[row.event.value].format(
        many=CHANNELS[row.channel].many, address=escape(CHANNELS[row.channel].shown(row.address))
    )
    by = f" by {escape(row.by)}" if row.by else ""
    why = "" if row.event is SuppressionEvent.LIFTED else CAUSES.get(row.cause, row.cause.replace("_", " "))
    words = ": ".join(part for part in (why + by, escape(cut(row.note, 300))) if part)
    return f"{moment_text(row.at)} · *{what[:1].upper()}{what[1:]}*\n{words}"


def _turns(timeline: Timeline) -> list[Block]:
    turns = []
    if timeline.page > 0:
        turns.append(button("Newer", ids.keyed(ids.TIMELINE_PAGE, timeline.page - 1)))
    if timeline.page + 1 < timeline.pages:
        turns.append(button("Older", ids.keyed(ids.TIMELINE_PAGE, timeline.page + 1)))
    return turns
