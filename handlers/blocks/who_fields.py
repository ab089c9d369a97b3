"""The inputs of the Who screen and its windows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.blocks.common import OPTIONS_LIMIT, Block, cut, option, plain


def text_field(action_id: str, value: str | None, *, hint: str = "", most: int = 200) -> Block:
    """Return a line to type in, with what is in it now; `hint` stands in it while it is empty."""
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most}
    if hint:
        made["placeholder"] = plain(hint)
    return {**made, "initial_value": cut(value, most)} if value else made


def select_field(action_id: str, options: list[Block], value: str, placeholder: str) -> Block:
    """Return a select of one, with the option of this value chosen where there is one."""
    made: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder),
        "options": options,
    }
    chosen = next((o for o in options if o["value"] == value), None)
    return {**made, "initial_option": chosen} if chosen else made


def multi_field(action_id: str, offered: Sequence[tuple[str, str]], chosen: Sequence[str]) -> Block:
    """Return a select of several; `offered` are values with what they are called."""
    options = [option(text, value) for value, text in offered[:OPTIONS_LIMIT]]
    made: Block = {
        "type": "multi_static_select",
        "action_id": action_id,
        "placeholder": plain("Any"),
        "options": options,
    }
    initial = [o for o in options if o["value"] in chosen]
    return {**made, "initial_options": initial} if initial else made


def as_typed(value: Decimal | int | None) -> str | None:
    """Return a bound as a person would type it."""
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
