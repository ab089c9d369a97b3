"""The small pieces that every view and message is made of. Limits are Slack's: https://docs.slack.dev/reference/block-kit.

Whatever comes from customers or from imports goes through `escape` before it stands in mrkdwn; plain text needs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.domain.money import Money, exponent

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
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# An invisible character on both sides of a mark keeps Slack from reading it as one.
_GUARD = "\N{WORD JOINER}"
_MARKS = {mark: f"{_GUARD}{mark}{_GUARD}" for mark in "*_~"}
_LOOKALIKES = {"`": "\N{MODIFIER LETTER GRAVE ACCENT}", "\r": " ", "\n": " "}
_ESCAPES = str.maketrans(_ENTITIES | _MARKS | _LOOKALIKES)


def escape(text: str) -> str:
    """Return `text` as one line of mrkdwn that shows as it is: no mention, link, channel call, mark or code span.

    `&`, `<` and `>` become entities (https://docs.slack.dev/messaging/formatting-message-text#escaping), marks are kept
    from being read as formatting. A bare @ stays: only `<@…>` mentions anybody, and addresses are copied from here.
    """
    return text.translate(_ESCAPES)


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


def section(text: str | Block, *, accessory: Block | None = None, block_id: str | None = None) -> Block:
    """Return a section of mrkdwn (or of a text object), with a button or select beside it where one is given."""
    shown = mrkdwn(text) if isinstance(text, str) else text
    return _with({"type": "section", "text": shown}, accessory=accessory, block_id=block_id)


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


def text_input(
    action_id: str, value: str, *, placeholder: str | None = None, multiline: bool = False, each_key: bool = False
) -> Block:
    """Return a text field of at most 3,000 characters; `each_key` tells the bot of every change, else Enter does."""
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": INPUT_LIMIT}
    if multiline:
        made["multiline"] = True
    if each_key:
        made["dispatch_action_config"] = {"trigger_actions_on": ["on_character_entered"]}
    return _with(
        made, initial_value=value[:INPUT_LIMIT] or None, placeholder=plain(placeholder, 150) if placeholder else None
    )


def number_input(action_id: str, value: Decimal | int | None, *, decimals: bool = False) -> Block:
    """Return a field for a number of zero or more; an amount is in major units."""
    made: Block = {"type": "number_input", "action_id": action_id, "is_decimal_allowed": decimals, "min_value": "0"}
    return _with(made, initial_value=None if value is None else format(value, "f" if decimals else "d"))


def checkbox(action_id: str, shown: Block, *, checked: bool) -> Block:
    """Return a single checkbox."""
    made: Block = {"type": "checkboxes", "action_id": action_id, "options": [shown]}
    return _with(made, initial_options=[shown] if checked else None)


def select(action_id: str, options: Sequence[Block], *, chosen: str | None, placeholder: str) -> Block:
    """Return a select of one; past 100 options it asks the bot for suggestions, as Slack shows none otherwise."""
    made: Block = {"action_id": action_id, "placeholder": plain(placeholder, 150)}
    initial = next((each for each in options if each["value"] == chosen), None)
    return _with({**made, **_choices("", options)}, initial_option=initial)


def multi_select(action_id: str, options: Sequence[Block], *, chosen: Sequence[str], placeholder: str) -> Block:
    """Return a select of several; past 100 options it asks the bot for suggestions."""
    made: Block = {"action_id": action_id, "placeholder": plain(placeholder, 150)}
    initial = [each for each in options if each["value"] in chosen][:OPTIONS_LIMIT]
    return _with({**made, **_choices("multi_", options)}, initial_options=initial or None)


def _choices(prefix: str, options: Sequence[Block]) -> Block:
    if len(options) > OPTIONS_LIMIT or not options:
        return {"type": f"{prefix}external_select", "min_query_length": 0}
    return {"type": f"{prefix}static_select", "options": list(options)}


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
    digits = exponent(amount.currency)
    whole, rest = divmod(abs(amount.amount), 10**digits)
    sign = "-" if amount.amount < 0 else ""
    return f"{amount.currency} {sign}{whole:,}" + (f".{rest:0{digits}d}" if digits else "")


def money_list(amounts: Sequence[Money]) -> str:
    """Return amounts of several currencies in one line; nothing owed reads "nothing"."""
    return ", ".join(money_text(amount) for amount in amounts) or "nothing"


def moment_text(at: datetime) -> str:
    """Return a moment in mrkdwn that Slack shows in the reader's own time zone ("today at 14:02")."""
    shown = at.isoformat(" ")[:16]
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{shown} UTC>"


def count_text(count: int, one: str, many: str | None = None) -> str:
    """Return "1 customer" or "1,204 customers"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """Return words as they begin a line; what is written in capitals stays so, such as SMS."""
    return text[:1].upper() + text[1:]


def _with(made: Block, **more: Any) -> Block:
    """Put into a new block what there is."""
    for name, value in more.items():
        if value is not None:
            made[name] = value
    return made
