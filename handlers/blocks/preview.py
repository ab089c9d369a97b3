"""The real message for one customer, as the writing and the checking screen show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.campaigns.views import PreviewView
from bot.rendering.preview import Part, PartKind, Shown, Span
from handlers import ids
from handlers.blocks.common import Block, actions, button, context, count_text, cut, escape, plain, section


def preview_blocks(view: PreviewView) -> list[Block]:
    """Return the preview, or what keeps the message from being written, in words."""
    if view.faults:
        wrong = "\n".join(f"• {fault}" for fault in view.faults)
        # plain text: a tag named in a fault can be copied from here as it is
        return [section(plain(f"Not ready yet\n{wrong}", 3000), block_id=ids.PREVIEW_TEXT)]
    if view.customer_id is None:
        return [section("Nobody is selected, so there is nothing to preview.", block_id=ids.PREVIEW_TEXT)]
    to = "this address" if view.address else ", ".join(view.to) or "nobody: a person must decide"
    subject = f"*{escape(cut(view.subject, 250))}*\n" if view.subject else ""
    head = f"{subject}To {escape(cut(to, 300))} · customer {view.index + 1} of {view.total:,}\n{_beside(view)}"
    blocks = [
        section(f"Preview for *{escape(cut(view.customer_name, 150))}*\n{head}"),
        *_window(view.address),
        {"type": "rich_text", "block_id": ids.PREVIEW_TEXT, "elements": list(_elements(view.shown)) or [_NOTHING]},
    ]
    if view.shown.more:
        blocks.append(context(f"… and {count_text(view.shown.more, 'more character')}."))
    if view.notes:
        blocks.append(context("\n".join(escape(note) for note in view.notes)))
    if view.empty_tags:
        # code spans: tags keep their underscores, so that they can be copied
        tags = ", ".join(f"`{{{{{tag}}}}}`" for tag in view.empty_tags)
        advice = f'Write `{{{{{view.empty_tags[0]} | default("…")}}}}` to say what stands there instead.'
        blocks.append(context(f":warning: Warning: empty for this customer: {tags}. {advice}"))
    return blocks


def _window(address: Sequence[str]) -> list[Block]:
    """Return the address as it stands on the envelope."""
    if not address:
        return []
    lines = _joined([[_span(Span(line))] for line in address], "\n")
    return [{"type": "rich_text", "elements": [_rich("rich_text_quote", lines)]}]


def _elements(shown: Shown) -> Iterator[Block]:
    """Yield the parts as rich text, in which nothing that comes from customers is read as formatting or a mention."""
    for n, (is_text, parts) in enumerate(groupby(shown.parts, key=_is_text)):
        if is_text:
            gap = [_span(Span("\n"))] if n else []  # Slack leaves none between a list and the text after it
            yield _rich("rich_text_section", [*gap, *_joined([_lines(part) for part in parts], "\n\n")])
            continue
        for part in parts:
            yield _fixed(part) if part.kind is PartKind.FIXED else _list(part)


def _is_text(part: Part) -> bool:
    """Say whether a part is drawn as text: Slack's own lists begin with 1."""
    return part.kind is PartKind.TEXT or (part.kind is PartKind.NUMBERS and part.start != 1)


def _fixed(part: Part) -> Block:
    text = "\n".join("".join(span.text for span in line) for line in part.lines)
    return _rich("rich_text_preformatted", [_span(Span(text or " "))])


def _list(part: Part) -> Block:
    style = "bullet" if part.kind is PartKind.BULLETS else "ordered"
    items = [_rich("rich_text_section", [_span(span) for span in line]) for line in part.lines]
    return {"type": "rich_text_list", "style": style, "elements": items}


def _lines(part: Part) -> list[Block]:
    lines = [[_span(span) for span in line] for line in part.lines]
    if part.kind is PartKind.NUMBERS:
        lines = [[{"type": "text", "text": f"{n}. "}, *line] for n, line in enumerate(lines, part.start)]
    return _joined(lines, "\n")


def _joined(runs: Sequence[list[Block]], between: str) -> list[Block]:
    found = [piece for run in runs for piece in [{"type": "text", "text": between}, *run]]
    return found[1:]


def _span(span: Span) -> Block:
    style = {name: True for name, on in (("bold", span.bold), ("italic", span.italic)) if on}
    made = {"type": "link", "url": span.url, "text": span.text} if span.url else {"type": "text", "text": span.text}
    return {**made, "style": style} if style else made


def _rich(kind: str, elements: list[Block]) -> Block:
    return {"type": kind, "elements": elements or [{"type": "text", "text": " "}]}


_NOTHING = _rich("rich_text_section", [])
"""Stands for a message of which nothing is left, such as a table of no invoices."""


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
