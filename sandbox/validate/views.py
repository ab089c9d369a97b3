"""Modals and Home views (https://docs.slack.dev/reference/views)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.validate import limits
from sandbox.validate.blocks import check_blocks
from sandbox.validate.elements import plain
from sandbox.validate.problem import Problem, Rule, Shape, anything, boolean, string

_BOTH: dict[str, Rule] = {
    "type": anything,
    "blocks": anything,
    "private_metadata": string(limits.PRIVATE_METADATA),
    "callback_id": string(limits.ID),
    "external_id": string(limits.ID),
}
HOME = Shape(_BOTH, ("type", "blocks"))
MODAL = Shape(
    {
        **_BOTH,
        "title": plain(limits.TITLE),
        "submit": plain(limits.TITLE),
        "close": plain(limits.TITLE),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    },
    ("type", "blocks", "title"),
)


def check_view(view: Any, surface: str, pointer: str = "/view") -> Iterator[Problem]:
    """Yield what is wrong with a view meant for `surface` ("modal" or "home")."""
    if not isinstance(view, dict):
        yield Problem(pointer, "must provide an object")
        return
    if view.get("type") != surface:
        yield Problem(f"{pointer}/type", f"must be {surface}")
    yield from (MODAL if surface == "modal" else HOME).check(view, pointer)
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if surface == "modal" and has_input and not view.get("submit"):
        yield Problem(pointer, "missing required field: submit (a modal with an input block needs it)")
    if len(json.dumps(view)) > limits.VIEW_BYTES:
        yield Problem(pointer, "view_too_large")
    if blocks is not None:
        yield from check_blocks(blocks, surface, f"{pointer}/blocks")
