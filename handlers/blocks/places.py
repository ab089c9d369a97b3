"""Inputs for postal addresses: what is typed line by line, and the country, which is looked up by its name."""

from __future__ import annotations

from bot.people.countries import name_of
from handlers.blocks.common import Block, cut, input_block, option, plain


def country_input(label: str, action_id: str, code: str, *, hint: str = "") -> Block:
    """Return a type-ahead over countries, this one chosen where there is one."""
    select: Block = {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 1,
        "placeholder": plain("Type a country"),
    }
    if code:
        select["initial_option"] = option(name_of(code), code)
    return input_block(label, select, block_id=action_id, optional=True, hint=hint)


def line_input(
    label: str, action_id: str, value: str, most: int, *, like: str = "", lines: bool = False, hint: str = ""
) -> Block:
    """Return a text input of at most `most` characters, with several `lines` where it may have them."""
    field: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most}
    if lines:
        field["multiline"] = True
    if like:
        field["placeholder"] = plain(like)
    if value:
        field["initial_value"] = cut(value, most)
    return input_block(label, field, block_id=action_id, optional=True, hint=hint)
