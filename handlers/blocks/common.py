"""The small pieces that every view and message is made of. Limits are Slack's: https://docs.slack.dev/reference/block-kit.

Whatever comes from customers or from imports goes through `escape` before it stands in mrkdwn; plain text needs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.domain.money import Money

Block = dict[str, Any]

SECTION_LIMIT = 3000
OPTION_LIMIT = 75
OPTIONS_LIMIT = 100
TITLE_LIMIT = 24
BUTTON_LIMIT = 75
LABEL_LIMIT = 2000
INPUT_LIMIT = 3000
METADATA_LIMIT = 3000

_ELLIPSIS = "…"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# A zero-width joiner in front of a mark keeps Slack from reading it as one, and is not seen.
_GUARD = "\N{WORD JOINER}"
_MARKS = {ord(mark): f"{_GUARD}{mark}{_GUARD}" for mark in "*_~"}
_LOOKALIKES = {ord("`"): "\N{MODIFIER LETTER GRAVE ACCENT}", ord("@"): f"@{_GUARD}", ord("\r"): " ", ord("\n"): " "}


def escape(text: str) -> str:
    """Return `text` as one line of mrkdwn that shows as it is: no mention, link, channel call, mark or code span.

    `&`, `<` and `>` become entities (https://docs.slack.dev/messaging/formatting-message-text#escaping), the rest is
    kept from being read as formatting.
    """
    return text.translate(_ENTITIES).translate({**_MARKS, **_LOOKALIKES})


def cut(text: str, limit: int) -> str:
    """Return `text`, or its beginning and an ellipsis where it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + _ELLIPSIS


def plain(text: str, limit: int = LABEL_LIMIT) -> Block:
    """Return a plain text object; Slack refuses an empty one, so a blank stands for it."""
    return {"type": "plain_text", "text": cut(text, limit) or " ", "emoji": False}


def mrkdwn(text: str, limit: int = SECTION_LIMIT) -> Block:
    """Return a mrkdwn text object; values in it are escaped by the caller."""
    return {"type": "mrkdwn", "text": cut(text, limit) or " ", "verbatim": True}


def header(text: str) -> Block:
    """Return a heading of at most 150 characters."""
    return {"type": "header", "text": plain(text, 150)}


def section(text: str, *, accessory: Block | None = None, block_id: str | None = None) -> Block:
    """Return a section of mrkdwn, with a button or select beside it where one is given."""
    return _with({"type": "section", "text": mrkdwn(text)}, accessory=accessory, block_id=block_id)


def context(text: str, *, block_id: str | None = None) -> Block:
    """Return a line of small mrkdwn."""
    return _with({"type": "context", "elements": [mrkdwn(text, 2000)]}, block_id=block_id)


def divider() -> Block:
    """Return a line across."""
    return {"type": "divider"}


def actions(elements: Sequence[Block], *, block_id: str | None = None) -> Block:
    """Return a row of buttons and selects; their action ids must differ."""
    return _with({"type": "actions", "elements": list(elements)}, block_id=block_id)


def button(
    text: str, action_id: str, *, value: str | None = None, style: str | None = None, confirm: Block | None = None
) -> Block:
    """Return a button; `style` is "primary" or "danger"."""
    made = {"type": "button", "text": plain(text, BUTTON_LIMIT), "action_id": action_id}
    return _with(made, value=value, style=style, confirm=confirm)


def confirm(title: str, text: str, yes: str, no: str = "Cancel") -> Block:
    """Return the question that Slack asks before it passes a click on."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


def option(text: str, value: object, description: str | None = None) -> Block:
    """Return one option in plain text; blank texts are shown as a dash."""
    made: Block = {"text": plain(text.strip() or "-", OPTION_LIMIT), "value": str(value)[:150]}
    return _with(made, description=plain(description, OPTION_LIMIT) if description else None)


def input_block(
    label: str,
    element: Block,
    *,
    block_id: str,
    optional: bool = False,
    hint: str | None = None,
    dispatch: bool = False,
) -> Block:
    """Return an input; `dispatch` makes Slack tell the bot of changes before the view is submitted."""
    made = {"type": "input", "block_id": block_id, "label": plain(label), "element": element, "optional": optional}
    if dispatch:
        made["dispatch_action"] = True
    return _with(made, hint=plain(hint) if hint else None)


def modal(
    title: str,
    blocks: Iterable[Block],
    *,
    callback_id: str,
    metadata: str = "",
    submit: str | None = None,
    close: str = "Close",
) -> Block:
    """Return a modal view; title and buttons are cut to 24 characters. Without `submit` it may hold no inputs."""
    made = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, TITLE_LIMIT),
        "blocks": list(blocks),
        "close": plain(close, TITLE_LIMIT),
        "private_metadata": metadata[:METADATA_LIMIT],
    }
    return _with(made, submit=plain(submit, TITLE_LIMIT) if submit else None)


def money_text(amount: Money) -> str:
    """Return an amount for the people who use the bot: the currency's code, then digits in groups ("EUR 1,234.50")."""
    digits = amount.exponent
    whole, rest = divmod(abs(amount.minor), 10**digits)
    sign = "-" if amount.minor < 0 else ""
    return f"{amount.currency} {sign}{whole:,}" + (f".{rest:0{digits}d}" if digits else "")


def money_list(amounts: Sequence[Money]) -> str:
    """Return amounts of several currencies in one line; nothing owed reads "nothing"."""
    return ", ".join(money_text(amount) for amount in amounts) or "nothing"


def count_text(count: int, one: str, many: str | None = None) -> str:
    """Return "1 customer" or "1,204 customers"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _with(made: Block, **more: Any) -> Block:
    return {**made, **{name: value for name, value in more.items() if value is not None}}
