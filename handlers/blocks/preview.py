"""The real message for one customer, as the writing and the checking screen show it."""

from __future__ import annotations

from bot.campaigns.views import PreviewView
from handlers import ids
from handlers.blocks.common import Block, actions, button, context, cut, escape, section


def preview_blocks(view: PreviewView) -> list[Block]:
    """Return the preview, or what keeps the message from being written, in words."""
    if view.faults:
        wrong = "\n".join(f"• {escape(fault)}" for fault in view.faults)
        return [section(f"*Not ready yet*\n{wrong}", block_id=ids.PREVIEW_TEXT)]
    if view.customer_id is None:
        return [section("Nobody is selected, so there is nothing to preview.", block_id=ids.PREVIEW_TEXT)]
    to = ", ".join(view.to) or "nobody: a person must decide"
    head = (
        f"*{escape(cut(view.subject, 250))}*\nTo {escape(cut(to, 300))} · customer {view.index + 1} of {view.total:,}"
    )
    blocks = [
        section(f"Preview for *{escape(cut(view.customer_name, 150))}*\n{head}"),
        section(cut(view.mrkdwn, 3000), block_id=ids.PREVIEW_TEXT),
    ]
    if view.empty_tags:
        tags = ", ".join("{{" + tag + "}}" for tag in view.empty_tags)
        advice = 'Give them a default: {{contact.first_name | default("there")}}'
        blocks.append(context(f":warning: Warning: empty for this customer: {escape(tags)}. {escape(advice)}"))
    return blocks


def walk_blocks(view: PreviewView) -> list[Block]:
    """Return the buttons that walk to other customers and to the worst cases."""
    if view.total < 2:
        return []
    return [
        actions(
            [
                button("Previous", ids.keyed(ids.PREVIEW_PREVIOUS, view.index)),
                button("Next", ids.keyed(ids.PREVIEW_NEXT, view.index)),
                button("Longest", ids.PREVIEW_LONGEST),
                button("Most invoices", ids.PREVIEW_MOST_INVOICES),
                button("Empty values", ids.PREVIEW_EMPTY),
            ]
        )
    ]
