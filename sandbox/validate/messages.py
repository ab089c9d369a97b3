"""Messages: what chat methods, response_url and command answers share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.validate import limits
from sandbox.validate.blocks import check_blocks
from sandbox.validate.problem import Problem

CONTENT = ("text", "blocks", "attachments", "markdown_text")


def check_content(args: dict[str, Any], *, needs_text: bool) -> Iterator[Problem]:
    """Yield what is wrong with the content of a message.

    `needs_text` asks for the top-level text beside blocks: notifications and screen readers have nothing else.
    """
    if args.get("blocks"):
        yield from check_blocks(args["blocks"], "message")
        if needs_text and not args.get("text"):
            yield Problem("/text", "blocks without text: empty notifications and screen readers", refused=False)
    if args.get("markdown_text") and (args.get("text") or args.get("blocks")):
        yield Problem("/markdown_text", "cannot go with text or blocks")
    attachments = args.get("attachments") or []
    if not isinstance(attachments, list) or len(attachments) > 100:
        yield Problem("/attachments", "must be an array of at most 100 items")
        return
    for index, one in enumerate(attachments):
        if isinstance(one, dict) and one.get("blocks"):
            yield from check_blocks(one["blocks"], "message", f"/attachments/{index}/blocks")
    if len(args.get("text") or "") > limits.MESSAGE_TEXT:
        yield Problem("/text", "msg_too_long")


def has_content(args: dict[str, Any]) -> bool:
    """Tell whether there is anything to show."""
    return any(args.get(name) for name in CONTENT)
