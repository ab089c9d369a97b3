"""What Slack's client keeps of the inputs of one screen, and for how long.

The state belongs to the pair (block_id, action_id). While the pair stays on the screen its value stays too: a new
`initial_value` is ignored. A select whose initial options change under the same ids shows the new ones and submits
nothing. A new block_id is a fresh input with its own initial value.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.jsontypes import Json

# element type -> (field of the initial value, field of the state, whether it holds several)
STATEFUL: dict[str, tuple[str, str, bool]] = {
    "plain_text_input": ("initial_value", "value", False),
    "email_text_input": ("initial_value", "value", False),
    "url_text_input": ("initial_value", "value", False),
    "number_input": ("initial_value", "value", False),
    "rich_text_input": ("initial_value", "rich_text_value", False),
    "static_select": ("initial_option", "selected_option", False),
    "external_select": ("initial_option", "selected_option", False),
    "radio_buttons": ("initial_option", "selected_option", False),
    "users_select": ("initial_user", "selected_user", False),
    "conversations_select": ("initial_conversation", "selected_conversation", False),
    "channels_select": ("initial_channel", "selected_channel", False),
    "multi_static_select": ("initial_options", "selected_options", True),
    "multi_external_select": ("initial_options", "selected_options", True),
    "checkboxes": ("initial_options", "selected_options", True),
    "multi_users_select": ("initial_users", "selected_users", True),
    "multi_conversations_select": ("initial_conversations", "selected_conversations", True),
    "multi_channels_select": ("initial_channels", "selected_channels", True),
    "datepicker": ("initial_date", "selected_date", False),
    "timepicker": ("initial_time", "selected_time", False),
    "datetimepicker": ("initial_date_time", "selected_date_time", False),
    "file_input": ("", "files", True),
}
TEXT_INPUTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"})

Key = tuple[str, str]


@dataclass(frozen=True)
class Control:
    """One interactive element and the block it stands in."""

    block: Json
    element: Json
    in_input: bool

    @property
    def key(self) -> Key:
        """The pair the client keeps its value by."""
        return (self.block.get("block_id", ""), self.element.get("action_id", ""))

    @property
    def type(self) -> str:
        """The type of the element."""
        return str(self.element.get("type"))


def controls(blocks: list[Json]) -> Iterator[Control]:
    """Yield the interactive elements of `blocks` in reading order."""
    for block in blocks:
        kind = block.get("type")
        if kind == "input":
            yield Control(block, block["element"], True)
        elif kind == "section" and isinstance(block.get("accessory"), dict):
            if block["accessory"].get("type") != "image":
                yield Control(block, block["accessory"], False)
        elif kind == "actions":
            for element in block.get("elements", []):
                yield Control(block, element, False)


@dataclass
class Held:
    """The value of one element: what is shown, and what a submission carries."""

    kind: str
    initial: Any
    shown: Any
    submitted: Any
    dirty: bool = False

    def fragment(self) -> Json:
        """Return the value as `view.state.values` carries it."""
        return {"type": self.kind, STATEFUL[self.kind][1]: copy.deepcopy(self.submitted)}


class InputState:
    """The client-side values of one screen."""

    def __init__(self) -> None:
        self._held: dict[Key, Held] = {}

    def mount(self, blocks: list[Json]) -> None:
        """Take over a new rendering: keep what stays under the same ids, forget what is gone, start what is new."""
        fresh: dict[Key, Held] = {}
        for control in controls(blocks):
            if control.type in STATEFUL:
                fresh[control.key] = self._carried(control)
        self._held = fresh

    def _carried(self, control: Control) -> Held:
        field, _, several = STATEFUL[control.type]
        initial = copy.deepcopy(control.element.get(field)) if field else None
        if initial is None and several:
            initial = []
        before = self._held.get(control.key)
        if before is None or before.kind != control.type:
            return Held(control.type, initial, initial, initial)
        if control.type in TEXT_INPUTS or before.dirty or before.initial == initial:
            return Held(control.type, initial, before.shown, before.submitted, before.dirty)
        return Held(control.type, initial, initial, [] if several else None)

    def get(self, key: Key) -> Held:
        """Return what is held for (block_id, action_id); raises KeyError when the element keeps no value."""
        return self._held[key]

    def holds(self, key: Key) -> bool:
        """Tell whether the element keeps a value."""
        return key in self._held

    def set(self, key: Key, value: Any) -> None:
        """Put in what the person typed or chose."""
        held = self._held[key]
        held.shown = held.submitted = copy.deepcopy(value)
        held.dirty = True

    def all_shown(self) -> list[tuple[Key, Any]]:
        """Return what every element shows, by (block_id, action_id)."""
        return [(key, held.shown) for key, held in self._held.items()]

    def values(self) -> Json:
        """Return `state.values`: every element that can hold a value, also outside input blocks."""
        values: Json = {}
        for (block_id, action_id), held in self._held.items():
            values.setdefault(block_id, {})[action_id] = held.fragment()
        return values
