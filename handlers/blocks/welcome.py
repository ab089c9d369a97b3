"""What somebody without access reads: whom to ask, and nothing of the book."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.blocks.common import Block, section

_SHOWN = 5


def welcome_text(admins: Sequence[str]) -> str:
    """Return the sentence that names the admins by their Slack ids; without any, the Slack workspace's owner."""
    if not admins:
        return (
            "campaign-bot is not set up here yet. Ask the owner of your Slack workspace to type /campaign once: "
            "that makes them its first admin, and they can let you in."
        )
    names = " or ".join(f"<@{admin}>" for admin in admins[:_SHOWN])
    return f"You do not have access to campaign-bot yet. Ask {names} to let you in with /campaign settings."


def welcome_blocks(admins: Sequence[str]) -> list[Block]:
    """Return the same as blocks."""
    return [section(welcome_text(admins))]
