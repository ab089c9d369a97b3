"""The last screen: how many, who needs a person, who is left out and why, the real messages, and Send."""

from __future__ import annotations

from bot.campaigns.views import CheckView, Launched, PreviewView, ReasonCount, Waiting
from bot.domain.channels import CHANNELS, AddressKind
from bot.domain.preflight import LeftOut
from handlers import ids
from handlers.blocks.common import (
    TITLE_LIMIT,
    Block,
    actions,
    button,
    confirm,
    context,
    count_text,
    cut,
    divider,
    escape,
    input_block,
    modal,
    moment_text,
    money_list,
    section,
)
from handlers.blocks.preview import preview_blocks, walk_blocks
from handlers.parse import Metadata


def check_view(check: CheckView, preview: PreviewView, metadata: Metadata, note: str = "") -> Block:
    """Return the Check and send screen; without anybody to send to, or with problems, it has no Send."""
    blocks: list[Block] = [section(f"*{escape(cut(check.name, 150))}*\n{_headline(check)}")]
    if check.problems:
        blocks.append(section("*Before it can be sent*\n" + "\n".join(f"• {escape(p)}" for p in check.problems)))
    if check.manual:
        blocks.append(section("*Will need you*\n" + "\n".join(_who(each) for each in check.manual)))
    if check.notes:
        blocks.append(section("\n".join(f"• {escape(note)}" for note in check.notes)))
    if check.waiting is not None:
        blocks.append(section(_waiting(check.waiting)))
    blocks += _left_out(check)
    blocks.append(divider())
    blocks += preview_blocks(preview)
    blocks += walk_blocks(preview)
    back = button("Back to writing", ids.CHECK_BACK)
    if preview.customer_id is not None and not preview.faults:
        back_row = [button("Send me a test", ids.keyed(ids.CHECK_TEST, preview.customer_id)), back]
    else:
        back_row = [back]
    blocks.append(actions(back_row))
    if len(back_row) > 1 and CHANNELS[check.channel].address is AddressKind.POSTAL:
        blocks.append(context("The test comes to you by mail: this very letter as PDF, as it is printed."))
    if note:  # beside the button that it is about: Slack keeps the window scrolled where it is
        blocks.append(context(escape(note)))
    going = check.to_send + sum(each.count for each in check.manual)
    if check.problems or not going:
        return modal("Check and send", blocks, callback_id=ids.CHECK_BLOCKED, metadata=_metadata(check, preview))
    blocks.append(_when(check, metadata))
    return modal(
        "Check and send",
        blocks,
        callback_id=ids.CHECK,
        metadata=_metadata(check, preview),
        submit=_submit(check.to_send),
    )


def _who(of: ReasonCount) -> str:
    """Say how many customers need a person and why, the first of them by name."""
    more = [f"… and {of.count - len(of.examples)} more"] if of.examples and of.count > len(of.examples) else []
    named = [*(escape(cut(each, 160)) for each in of.examples), *more]
    return "\n".join([f"• {of.count}: {of.text}", *(f"   – {each}" for each in named)])


def _submit(to_send: int) -> str:
    if not to_send:
        return "Hand over to me"
    whole = f"Send to {count_text(to_send, 'customer')}"
    return whole if len(whole) <= TITLE_LIMIT else f"Send to {to_send:,}"


def counting_view(selected: int, metadata: Metadata) -> Block:
    """Return what stands in for the screen while it is worked out who of very many customers is written to."""
    text = f"Looking through {selected:,} customers: who is written to, who needs a person, who is left out."
    blocks = [
        section(text),
        actions([button("Show it now", ids.CHECK_LOOK), button("Back to writing", ids.CHECK_BACK)]),
    ]
    return modal("Check and send", blocks, callback_id=ids.CHECK_BLOCKED, metadata=metadata.to_json())


def _headline(check: CheckView) -> str:
    kind = CHANNELS[check.channel]
    if not check.to_send:
        return f"No {kind.one} will be sent by itself." if check.manual else f"No {kind.one} will be sent."
    return f"{count_text(check.to_send, kind.one, kind.many)} will be sent, {money_list(check.overdue)} overdue in all."


def _waiting(of: Waiting) -> str:
    until = moment_text(of.first) if of.first == of.last else f"{moment_text(of.first)} to {moment_text(of.last)}"
    who = count_text(of.count, "recipient waits", "recipients wait")
    return f"*{who} for the sending hours* ({escape(of.hours)}, where they are): until {until}."


def _metadata(check: CheckView, preview: PreviewView) -> str:
    return Metadata(check.campaign_id, check.version, preview.index).to_json()


def _left_out(check: CheckView) -> list[Block]:
    if not check.left_out:
        return []
    groups = [g for g in check.left_out if g.count or g.put_back][:10]
    lines = "\n".join(f"• {g.count}: {escape(g.text)}{' (put back)' if g.put_back else ''}" for g in groups)
    buttons = [
        button(
            f"{'Leave out' if g.put_back else 'Put back'}: {g.text}",
            ids.keyed(ids.CHECK_PUT_BACK, g.reason),
            value="off" if g.put_back else "on",
            confirm=None if g.put_back else _sure(g),
        )
        for g in groups
    ]
    return [section(f"*Left out*\n{lines}"), actions(buttons)]


_CONSEQUENCES = {
    LeftOut.PAUSED: "Somebody paused them: they asked for time, or another road is tried.",
    LeftOut.NOTHING_OVERDUE: "They owe nothing that is overdue: amounts and the table have nothing to say for them.",
    LeftOut.ALL_DISPUTED: "They dispute what is overdue: it is not asked for, so amounts have nothing to say for them.",
    LeftOut.PROMISED: "They promised to pay, and the day has not passed.",
    LeftOut.CONTACTED_RECENTLY: "They were written to a few days ago.",
}


def _sure(group: ReasonCount) -> Block:
    who = count_text(group.count, "customer")
    return confirm(f"Write to {who} all the same?", _CONSEQUENCES[LeftOut(group.reason)], "Put back", "Leave out")


def _when(check: CheckView, metadata: Metadata) -> Block:
    picker: Block = {"type": "datetimepicker", "action_id": ids.CHECK_SEND_AT}
    if check.send_at is not None:
        picker["initial_date_time"] = int(check.send_at.timestamp())
    return input_block(
        "Send at",
        picker,
        block_id=ids.keyed(ids.CHECK_SEND_AT, metadata.key("when")),
        optional=True,
        hint="In your own time zone. Leave it empty to send now, after a short hold in which you can undo it.",
    )


def _to_whom(launched: Launched) -> str:
    if launched.surely:
        return count_text(launched.customers, "customer")
    return f"Messages to {launched.customers:,} customers are being prepared, and go out to all who are not left out"


def launched_view(launched: Launched) -> Block:
    """Return the last word: it is on its way, and where to stop it."""
    at = int(launched.starts_at.timestamp())
    when = f"<!date^{at}^{{date_short_pretty}} at {{time_secs}}|{launched.starts_at:%Y-%m-%d %H:%M:%S} UTC>"
    title = "Scheduled" if launched.later else "On its way"
    first = title if launched.first else "It was sent already, so nothing was sent twice"
    stop = "and can send it now or take it back until then" if launched.later else "and has Undo until then"
    text = (
        f"*{escape(cut(launched.name, 150))}*: {first}.\n{_to_whom(launched)}, from {when}. "
        f"My direct message shows how it goes, {stop}."
    )
    return modal(title, [section(text)], callback_id=ids.LAUNCHED)
