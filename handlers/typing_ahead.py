"""Type-ahead that several flows offer."""

from __future__ import annotations

from bot.campaigns import audiences
from handlers.blocks.common import Block, option
from handlers.turn import Turn


def customer_options(turn: Turn) -> list[Block]:
    """Type-ahead over customers -> audiences.search"""
    found = audiences.search(turn.deps.db, turn.caller, turn.body.get("value") or "")
    return [option(each.name, each.id, each.group) for each in found]
