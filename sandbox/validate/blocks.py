"""The blocks of Block Kit as a table (https://docs.slack.dev/reference/block-kit/blocks)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.validate import limits
from sandbox.validate.elements import IN_ACTIONS, IN_INPUT, IN_SECTION, element, plain, text
from sandbox.validate.problem import Problem, Rule, Shape, anything, boolean, choice, integer, list_of, string

_ALL: dict[str, Rule] = {"type": anything, "block_id": string(limits.ID)}
IMAGE = Shape(
    {
        "type": choice("image"),
        "alt_text": string(limits.ALT_TEXT, 1),
        "image_url": string(limits.URL),
        "slack_file": anything,
    },
    ("alt_text",),
)
_CELLS = frozenset({"raw_text", "raw_number", "rich_text"})


def _accessory(surface: str) -> Rule:
    rule = element(IN_SECTION, surface)

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if isinstance(value, dict) and value.get("type") == "image":
            return IMAGE.check(value, pointer)
        return rule(value, pointer)

    return check


def _context_element(value: Any, pointer: str) -> Iterator[Problem]:
    if isinstance(value, dict) and value.get("type") == "image":
        return IMAGE.check(value, pointer)
    return text(limits.SECTION)(value, pointer)


def _cell(value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, dict) or value.get("type") not in _CELLS:
        yield Problem(pointer, "must be raw_text, raw_number or rich_text")
    elif value["type"] == "raw_text":
        yield from string(least=1)(value.get("text"), f"{pointer}/text")


_SETTINGS = Shape({"align": choice("left", "center", "right"), "is_wrapped": boolean})


def shapes(surface: str) -> dict[str, Shape]:
    """Return the blocks that `surface` ("modal", "home", "message") takes, each with its fields."""
    table = list_of(list_of(_cell, most=limits.TABLE_COLUMNS), least=1, most=limits.TABLE_ROWS)
    known = {
        "divider": Shape(_ALL),
        "header": Shape({**_ALL, "text": plain(limits.HEADER)}, ("text",)),
        "section": Shape(
            {
                **_ALL,
                "text": text(limits.SECTION),
                "fields": list_of(text(limits.FIELD), least=1, most=limits.FIELDS),
                "accessory": _accessory(surface),
                "expand": boolean,
            }
        ),
        "context": Shape(
            {**_ALL, "elements": list_of(_context_element, least=1, most=limits.CONTEXT)},
            ("elements",),
        ),
        "actions": Shape(
            {**_ALL, "elements": list_of(element(IN_ACTIONS, surface), least=1, most=limits.ACTIONS)},
            ("elements",),
        ),
        "input": Shape(
            {
                **_ALL,
                "label": plain(limits.LABEL),
                "hint": plain(limits.LABEL),
                "optional": boolean,
                "dispatch_action": boolean,
                "element": element(IN_INPUT, surface),
            },
            ("label", "element"),
        ),
        "image": Shape({**_ALL, **IMAGE.fields, "title": plain(limits.LABEL)}, ("alt_text",)),
        "rich_text": Shape({**_ALL, "elements": anything}, ("elements",)),
    }
    if surface in ("message", "home"):
        settings = list_of(_SETTINGS.check, most=limits.TABLE_COLUMNS)
        known["table"] = Shape({**_ALL, "rows": table, "column_settings": settings}, ("rows",))
        known["data_table"] = Shape(
            {
                **_ALL,
                "rows": list_of(list_of(_cell), least=1),
                "caption": string(),
                "page_size": integer(1),
                "row_header_column_index": integer(0),
            },
            ("rows", "caption"),
        )
    if surface == "message":
        known["markdown"] = Shape({**_ALL, "text": string(limits.MARKDOWN, 1)}, ("text",))
        known["file"] = Shape({**_ALL, "source": string(), "external_id": string()}, ("source", "external_id"))
    return known


_SHAPES = {surface: shapes(surface) for surface in ("modal", "home", "message")}


def check_blocks(blocks: Any, surface: str, pointer: str = "/blocks") -> Iterator[Problem]:
    """Yield what is wrong with a list of blocks on a surface."""
    if not isinstance(blocks, list):
        yield Problem(pointer, "must provide an array")
        return
    most = limits.MESSAGE_BLOCKS if surface == "message" else limits.VIEW_BLOCKS
    if len(blocks) > most:
        yield Problem(pointer, f"no more than {most} items allowed [{len(blocks)} given]")
    for index, block in enumerate(blocks):
        yield from _check_block(block, surface, f"{pointer}/{index}")
    yield from _across(blocks, surface, pointer)


def _check_block(block: Any, surface: str, pointer: str) -> Iterator[Problem]:
    kind = block.get("type") if isinstance(block, dict) else None
    shape = _SHAPES[surface].get(str(kind))
    if shape is None:
        yield Problem(f"{pointer}/type", f"unsupported type: {kind}")
        return
    yield from shape.check(block, pointer)
    if kind == "section" and not block.get("text") and not block.get("fields"):
        yield Problem(pointer, "must have text or fields")
    if kind == "image" and bool(block.get("image_url")) == bool(block.get("slack_file")):
        yield Problem(pointer, "must have exactly one of image_url and slack_file")
    if kind == "input" and surface == "modal" and not block.get("block_id"):
        yield Problem(pointer, "input without block_id: no error can be put on it", refused=False)
    if kind == "input" and block.get("dispatch_action") and _kind_of(block) == "file_input":
        yield Problem(f"{pointer}/dispatch_action", "file_input takes no dispatch_action")
    yield from _unique_actions(block, pointer)


def _kind_of(block: dict[str, Any]) -> Any:
    inner = block.get("element")
    return inner.get("type") if isinstance(inner, dict) else None


def _unique_actions(block: dict[str, Any], pointer: str) -> Iterator[Problem]:
    seen: set[str] = set()
    elements = block.get("elements")
    for index, one in enumerate(elements if block.get("type") == "actions" and isinstance(elements, list) else []):
        action = one.get("action_id") if isinstance(one, dict) else None
        if action in seen:
            yield Problem(f"{pointer}/elements/{index}/action_id", f"action_id `{action}` already exists")
        elif action:
            seen.add(action)


def _across(blocks: list[Any], surface: str, pointer: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if block_id in seen:
            yield Problem(f"{pointer}/{index}/block_id", f"`{block_id}` already exists")
        elif block_id:
            seen.add(block_id)
    of_kind = [block.get("type") for block in blocks if isinstance(block, dict)]
    if of_kind.count("table") > 1:
        yield Problem(pointer, "only one table allowed")
    if surface == "message" and text_length(blocks) > limits.MESSAGE_BLOCK_TEXT:
        yield Problem(pointer, "msg_blocks_too_long")
    markdown = sum(
        len(str(one.get("text"))) for one in blocks if isinstance(one, dict) and one.get("type") == "markdown"
    )
    if markdown > limits.MARKDOWN:
        yield Problem(pointer, f"markdown blocks sum to more than {limits.MARKDOWN} characters")
    if _focused(blocks) > 1:
        yield Problem(pointer, "focus_on_load on more than one element")


def text_length(value: Any) -> int:
    """Count the characters of every text in a structure."""
    if isinstance(value, dict):
        return sum(
            len(one) if key == "text" and isinstance(one, str) else text_length(one) for key, one in value.items()
        )
    if isinstance(value, list):
        return sum(text_length(one) for one in value)
    return 0


def _focused(value: Any) -> int:
    if isinstance(value, dict):
        return bool(value.get("focus_on_load")) + sum(_focused(one) for one in value.values())
    if isinstance(value, list):
        return sum(_focused(one) for one in value)
    return 0
