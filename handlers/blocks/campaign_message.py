"""The living message of a campaign: the outcome and the next step first, drawn from the present state alone."""

from __future__ import annotations

from datetime import datetime

from bot.campaigns.summarize import CampaignMessage, ManualRow
from bot.domain.channels import CHANNELS
from bot.domain.states import ActionState, CampaignState, PauseReason
from handlers import ids
from handlers.blocks.common import (
    Block,
    actions,
    button,
    confirm,
    context,
    count_text,
    cut,
    divider,
    escape,
    moment_text,
    section,
    sentence,
)

BAR = 20
"""Characters of the progress bar."""


def message_text(view: CampaignMessage) -> str:
    """Return the whole meaning in one line, for notifications and screen readers."""
    return f"{escape(cut(view.name, 150))}: {_headline(view)}"


def message_blocks(view: CampaignMessage) -> list[Block]:
    """Return the message: headline, counts and reasons, the first manual actions, what was decided, buttons."""
    blocks: list[Block] = [section(f"*{escape(cut(view.name, 150))}*\n{_headline(view)}")]
    if view.state in (CampaignState.SENDING, CampaignState.PAUSED) and view.total:
        blocks.append(context(_progress(view)))
    if view.outside_hours:
        waits = count_text(view.outside_hours, "message waits", "messages wait")
        blocks.append(context(f"{waits} for the sending hours where the recipients are."))
    if view.reasons:
        heading = "Not sent, or not known to be" if view.uncertain else "Not sent"
        blocks.append(section(f"*{heading}*\n" + "\n".join(f"• {each.count}: {each.text}" for each in view.reasons)))
    if view.partly_refused:
        blocks.append(section(_refused(view)))
    if view.left_out:
        blocks.append(context("Left out at Send: " + ", ".join(f"{escape(c.text)} ({c.count})" for c in view.left_out)))
    blocks += _controls(view)
    if view.rows:
        blocks += [divider(), *_manual_blocks(view)]
    blocks += [decided_block(row) for row in view.decided]
    ignored_here = sum(row.state is ActionState.IGNORED for row in view.decided)
    if view.to_decide > 1 or view.to_undo > ignored_here:
        more = f"All {view.to_decide + view.to_undo}"
        blocks.append(actions([button(more, ids.MANUAL_OPEN, value=str(view.campaign_id))]))
    return blocks


def _headline(view: CampaignMessage) -> str:
    match view.state:
        case CampaignState.SCHEDULED:
            when = _moment(view.starts_at)
            if not view.frozen:
                return f"Preparing the messages: they start {when}."
            what = f" to {count_text(view.total - view.manual, 'customer')}"
            return f"{'Scheduled' if view.chosen_time else 'On its way'}{what}: starts {when}."
        case CampaignState.SENDING:
            return f"Sending: {view.sent} of {count_text(view.total, 'message')} sent."
        case CampaignState.PAUSED:
            kind = CHANNELS[view.channel]
            words = _PAUSED[view.pause_reason or PauseReason.BY_PERSON]
            return f"Paused: {words.format(provider=kind.provider, setting=kind.setting)}"
        case CampaignState.CANCELLED:
            nothing = not (view.sent or view.uncertain or view.waiting)
            return "Cancelled: nothing was sent." if nothing else f"Cancelled: {_tally(view)}."
        case _:
            return _completed(view)


_PAUSED = {
    PauseReason.BY_PERSON: "nothing goes out until you resume it.",
    PauseReason.MISSED_SCHEDULE: "its time passed while campaign-bot was not running. Send it now, or cancel it?",
    PauseReason.SENDER_LOGIN: "{provider} refused our login. Ask an admin to check {setting}, then resume.",
}


def _completed(view: CampaignMessage) -> str:
    if not view.total:
        return "Completed: there was nobody left to write to."
    todo = f" {count_text(view.to_decide, 'action needs', 'actions need')} you." if view.to_decide else ""
    word = view.outcome.value.capitalize() if view.outcome else "Completed"
    return f"{word}: {_tally(view)}.{todo}"


def _tally(view: CampaignMessage) -> str:
    """Count in words what went out and what did not; what may have gone out is in neither."""
    parts = [f"{view.sent} sent"]
    if view.waiting:
        waiting = "still being handed over" if view.state is CampaignState.CANCELLED else "waiting"
        parts.append(f"{view.waiting} {waiting}")
    if view.not_sent or not view.uncertain:
        parts.append(f"{view.not_sent} not sent")
    if view.uncertain:
        parts.append(f"{view.uncertain} may have been sent")
    return ", ".join(parts)


def _refused(view: CampaignMessage) -> str:
    lines = [f"• {escape(cut(r.customer_name, 150))}: {escape(cut(r.detail or '', 300))}" for r in view.refused]
    return f"*Sent, but refused for some recipients* ({view.partly_refused})\n" + "\n".join(lines)


def _progress(view: CampaignMessage) -> str:
    done = view.total - view.waiting
    filled = BAR * done // view.total
    bar = "█" * filled + "░" * (BAR - filled)
    return f"{bar} {100 * done // view.total}%: {_tally(view)}"


def _controls(view: CampaignMessage) -> list[Block]:
    key = str(view.campaign_id)
    sure = confirm(
        "Cancel this campaign?", "What has not gone out yet is never sent.", "Cancel the campaign", "Keep it"
    )
    cancel = button("Cancel", ids.CAMPAIGN_CANCEL, value=key, style="danger", confirm=sure)
    pause = button("Pause", ids.CAMPAIGN_PAUSE, value=key)
    match view.state:
        case CampaignState.SCHEDULED:
            return [actions(_waiting(view, key, pause))]
        case CampaignState.SENDING:
            return [actions([pause, cancel])]
        case CampaignState.PAUSED:
            word = "Send now" if view.pause_reason is PauseReason.MISSED_SCHEDULE else "Resume"
            return [actions([button(word, ids.CAMPAIGN_RESUME, value=key, style="primary"), cancel])]
        case CampaignState.CANCELLED if view.draft_id is not None:
            resume = button("Resume draft", ids.CAMPAIGN_DRAFT, value=str(view.draft_id), style="primary")
            return [actions([resume])]
        case _:
            return []


def _waiting(view: CampaignMessage, key: str, pause: Block) -> list[Block]:
    """Return the buttons before anything goes out: Undo in the hold, more where a later time was chosen."""
    if not view.chosen_time:
        return [button("Undo", ids.CAMPAIGN_UNDO, value=key), pause]
    sure = confirm("Send it now?", "It does not wait for the chosen time.", "Send now", "Wait")
    return [
        button("Send now", ids.CAMPAIGN_SEND_NOW, value=key, confirm=sure),
        pause,
        button("Cancel, keep as draft", ids.CAMPAIGN_UNDO, value=key),
    ]


def _manual_blocks(view: CampaignMessage) -> list[Block]:
    blocks: list[Block] = [section(f"*Needs you* ({view.to_decide})")]
    sendable = view.state is not CampaignState.CANCELLED
    for row in view.rows:
        blocks += manual_row_blocks(row, sendable=sendable)
    return blocks


def manual_row_blocks(row: ManualRow, *, sendable: bool) -> list[Block]:
    """Return one manual action with its buttons; used in the message and in the list of all."""
    to = f" ({escape(cut(row.address, 100))})" if row.address else ""
    lines = [f"*{escape(cut(row.customer_name, 150))}*{to}: {row.why}"]
    if row.detail:
        lines.append(f"> {escape(cut(row.detail, 300))}")
    if row.uncertain:
        lines.append(f"It may have arrived already. Look for Message-ID {escape(row.message_id)} before sending again.")
    sure = (
        confirm("Send it again?", "It may have been sent already: the customer could get it twice.", "Send again")
        if row.uncertain
        else None
    )
    key = str(row.id)
    buttons = [button("Ignore", ids.keyed(ids.ACTION_IGNORE, row.id), value=key)]
    if sendable:
        fix = button("Fix contact", ids.keyed(ids.ACTION_FIX, row.id), value=key)
        send = button("Send", ids.keyed(ids.ACTION_SEND, row.id), value=key, confirm=sure)
        first = row.address and not row.is_returned
        buttons = [send, *buttons, fix] if first else [fix, *([send] if row.address else []), *buttons]
    return [section("\n".join(lines)), actions(buttons)]


def decided_block(row: ManualRow) -> Block:
    """Return who decided what about an action and when, with Undo for an ignored one."""
    done = {
        ActionState.IGNORED: "Ignored",
        ActionState.QUEUED: "Send pressed",
        ActionState.SENDING: "Send pressed",
        ActionState.SENT: "Sent",
        ActionState.DELIVERED: "Delivered",
    }.get(row.state, sentence(row.why))
    who = f" by <@{row.decided_by}>" if row.decided_by else ""
    when = f" {_moment(row.decided_at)}" if row.decided_at else ""
    text = f"{done}{who}{when}: {escape(cut(row.customer_name, 150))}"
    if row.state is not ActionState.IGNORED:
        return context(text)
    undo = button("Undo ignore", ids.keyed(ids.ACTION_UNDO_IGNORE, row.id), value=str(row.id))
    return section(text, accessory=undo)


def _moment(at: datetime | None) -> str:
    """Return a moment that Slack shows in the reader's own time zone."""
    if at is None:
        return "once it is ready"
    return moment_text(at)
