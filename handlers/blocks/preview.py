"""The real message for one customer, as the writing and the checking screen show it."""

from __future__ import annotations

from bot.campaigns.views import PreviewView
from handlers import ids
from handlers.blocks.common import Block, actions, button, context, cut, escape, plain, section


def preview_blocks(view: PreviewView) -> list[Block]:
    """Return the preview, or what keeps the message from being written, in words."""
    if view.faults:
        wrong = "\n".join(f"• {fault}" for fault in view.faults)
        # plain text: a tag named in a fault can be copied from here as it is
        return [section(plain(f"Not ready yet\n{wrong}", 3000), block_id=ids.PREVIEW_TEXT)]
    if view.customer_id is None:
        return [section("Nobody is selected, so there is nothing to preview.", block_id=ids.PREVIEW_TEXT)]
    to = ", ".join(view.to) or "nobody: a person must decide"
    subject = f"*{escape(cut(view.subject, 250))}*\n" if view.subject else ""
    head = f"{subject}To {escape(cut(to, 300))} · customer {view.index + 1} of {view.total:,}\n{_beside(view)}"
    blocks = [
        section(f"Preview for *{escape(cut(view.customer_name, 150))}*\n{head}"),
        section(cut(view.mrkdwn, 3000), block_id=ids.PREVIEW_TEXT),
    ]
    if view.notes:
        blocks.append(context("\n".join(escape(note) for note in view.notes)))
    if view.empty_tags:
        # code spans: tags keep their underscores, so that they can be copied
        tags = ", ".join(f"`{{{{{tag}}}}}`" for tag in view.empty_tags)
        advice = f'Write `{{{{{view.empty_tags[0]} | default("…")}}}}` to say what stands there instead.'
        blocks.append(context(f":warning: Warning: empty for this customer: {tags}. {advice}"))
    return blocks


def _beside(view: PreviewView) -> str:
    """Say who it is from, who gets a copy, and what is attached."""
    parts = [f"From {escape(cut(view.sender, 150))}"] if view.sender else []
    if view.cc:
        parts.append(f"copy to {escape(cut(', '.join(view.cc), 300))}")
    parts += [f"with {escape(name)}" for name in view.attachments]
    return " · ".join(parts)


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
