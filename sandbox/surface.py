"""What a person can do on any screen made of blocks: a modal, the Home, a message."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as clock
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.delivery import Ack
from sandbox.errors import PATIENCE
from sandbox.finding import find, flat_options, label_of, needs, option_texts, pick
from sandbox.input_state import STATEFUL, TEXT_INPUTS, Control, InputState, Key, controls
from sandbox.jsontypes import Json
from sandbox.render import Renderer

if TYPE_CHECKING:
    from sandbox.person import Person

S = TypeVar("S", bound="Surface")
NO_DELIVERY = Ack()
DEFAULT_QUERY_LENGTH = 3


class Surface(ABC):
    """A screen as one person sees it. Always shows the present state, except a snapshot of a message."""

    def __init__(self, person: Person) -> None:
        self._person = person

    @property
    @abstractmethod
    def blocks(self) -> list[Json]:
        """The blocks as they are drawn."""

    @abstractmethod
    def _inputs(self) -> InputState:
        """The values this person sees and has put in."""

    @abstractmethod
    def _action_payload(self, action: Json) -> Json:
        """The block_actions payload of an action here."""

    @abstractmethod
    def _suggestion_payload(self, control: Control, query: str) -> Json:
        """The block_suggestion payload of typing `query` here."""

    def _errors(self) -> dict[str, str]:
        return {}

    @property
    def rendered(self) -> str:
        """All text of the blocks as a person reads it, values included."""
        with self._person.workspace.lock:
            return Renderer(self._person.names(), self._inputs(), self._errors()).blocks(self.blocks)

    @property
    def buttons(self) -> list[str]:
        """The labels of all buttons, in order."""
        return [label_of(one) for one in controls(self.blocks) if one.type == "button"]

    def wait_for(self: S, wanted: str | Callable[[S], bool], timeout: float = PATIENCE) -> S:
        """Wait until the text contains `wanted`, or until `wanted(self)` holds; return self."""

        def look() -> bool:
            return wanted in self._whole_text() if isinstance(wanted, str) else wanted(self)

        self._person.workspace.wait(look, timeout, f"{wanted!r} on this screen ({self._whole_text()[:2000]!r})")
        return self

    def _whole_text(self) -> str:
        return self.rendered

    def value(self, name: str | Key) -> Any:
        """Return what an input shows: text, option text(s), a person's id, a date; None or [] when empty."""
        with self._person.workspace.lock:
            control = find(self.blocks, name, lambda one: one.type in STATEFUL)
            shown = self._inputs().get(control.key).shown
        if STATEFUL[control.type][1] == "selected_option":
            return option_texts([shown])[0] if shown else None
        return option_texts(shown) if STATEFUL[control.type][1] == "selected_options" else shown

    def click(self, name: str | Key, nth: int = 0, confirm: bool = True, times: int = 1) -> Ack:
        """Click a button by its text or action_id, and wait for the ack.

        `confirm` False cancels at the button's confirmation, so nothing is delivered. `times` 2 is a double click:
        the same payload twice at once.
        """
        control = find(self.blocks, name, lambda one: one.type == "button", nth)
        if control.element.get("confirm") and not confirm:
            return NO_DELIVERY
        return self._act(control, times=times)

    def type(self, name: str | Key, text: str, *, enter: bool = False) -> Ack:
        """Replace the content of a text input; dispatches as its dispatch_action_config says. `enter` presses it."""
        control = find(self.blocks, name, lambda one: one.type in TEXT_INPUTS - {"rich_text_input"})
        with self._person.workspace.lock:
            self._inputs().set(control.key, text or None)
        self._person.workspace.touch()
        configured = control.element.get("dispatch_action_config") or {}
        on = configured.get("trigger_actions_on") or ["on_enter_pressed"]
        event = "on_enter_pressed" if enter and "on_enter_pressed" in on else "on_character_entered"
        if control.block.get("dispatch_action") and event in on:
            return self._act(control)
        return NO_DELIVERY

    def choose(
        self, name: str | Key, *choices: Any, query: str | None = None, nth: int = 0, confirm: bool = True
    ) -> Ack:
        """Choose in a select, radio, checkboxes, overflow or date picker, and wait for the ack if that is dispatched.

        `choices` are option texts, options (as `offered` gave them), names of people, dates (date, "YYYY-MM-DD"), times
        (time, "HH:MM"), or an aware datetime. Several add up in multi selects and checkboxes. `query` is what is typed
        into an external select, the option text when omitted. Choosing what is chosen already dispatches nothing, as
        in Slack.
        """
        control = find(self.blocks, name, lambda one: one.type in STATEFUL or one.type == "overflow", nth)
        needs(control.type not in TEXT_INPUTS, f"{name!r} is typed into, not chosen from")
        if control.element.get("confirm") and not confirm:
            return NO_DELIVERY
        picked = [self._picked(control, one, query) for one in choices]
        if control.type == "overflow":
            return self._act(control, picked=picked[0])
        return self._put(control, picked)

    def clear(self, name: str | Key, *choices: str | Json, nth: int = 0) -> Ack:
        """Empty an input, or take only `choices` out of a multi select or checkboxes."""
        control = find(self.blocks, name, lambda one: one.type in STATEFUL, nth)
        with self._person.workspace.lock:
            state = self._inputs()
            several = STATEFUL[control.type][2]
            single = control.type.endswith("_select") and not several
            clearable = control.in_input and control.block.get("optional")
            needs(not single or bool(clearable), f"Slack has no way to empty {name!r}: it is not an optional input")
            needs(control.type != "radio_buttons", "a radio button cannot be taken back")
            shown = state.get(control.key).shown
            left = [one for one in shown or [] if choices and not self._is_one_of(one, choices)] if several else None
            state.set(control.key, left)
        self._person.workspace.touch()
        text_input = control.type in TEXT_INPUTS
        return self._act(control) if self._dispatches(control) and not text_input else NO_DELIVERY

    def options(self, name: str | Key, query: str = "", nth: int = 0) -> list[str]:
        """Return the texts of the options a select offers; for an external one, after typing `query`."""
        return option_texts(self.offered(name, query, nth))

    def offered(self, name: str | Key, query: str = "", nth: int = 0) -> list[Json]:
        """Return the options a select offers; for an external one, after typing `query`."""
        control = find(self.blocks, name, lambda one: one.type in STATEFUL or one.type == "overflow", nth)
        return self._offered(control, query)

    def _put(self, control: Control, picked: list[Any]) -> Ack:
        with self._person.workspace.lock:
            state = self._inputs()
            before = state.get(control.key).shown
            several = STATEFUL[control.type][2]
            after = [*(before or []), *(one for one in picked if one not in (before or []))] if several else picked[0]
            most = control.element.get("max_selected_items") or control.element.get("max_files")
            needs(not (several and most and len(after) > most), f"only {most} may be chosen")
            # a value that only an update put on the screen is not chosen yet
            same = after == before and state.get(control.key).submitted == before
            state.set(control.key, after)
        self._person.workspace.touch()
        return self._act(control) if self._dispatches(control) and not same else NO_DELIVERY

    def _picked(self, control: Control, choice: Any, query: str | None) -> Any:
        if control.type in ("users_select", "multi_users_select"):
            return self._person.workspace_user(choice)
        if control.type == "datepicker":
            return choice.isoformat() if isinstance(choice, date) else choice
        if control.type == "timepicker":
            return choice.strftime("%H:%M") if isinstance(choice, clock) else choice
        if control.type == "datetimepicker":
            return int(choice.timestamp()) if isinstance(choice, datetime) else choice
        if "external" in control.type and isinstance(choice, dict):
            return choice
        if "external" in control.type:
            return pick(self._offered(control, str(choice) if query is None else query), str(choice))
        if control.element.get("options") or control.element.get("option_groups"):
            return pick(flat_options(control.element), choice if isinstance(choice, dict) else str(choice))
        return choice

    def _offered(self, control: Control, query: str) -> list[Json]:
        if "external" not in control.type:
            return flat_options(control.element)
        least = control.element.get("min_query_length", DEFAULT_QUERY_LENGTH)
        needs(len(query) >= least, f"Slack asks for options only after {least} characters, {query!r} is shorter")
        ack = self._person.deliver("block_suggestion", self._suggestion_payload(control, query))[0]
        return flat_options(ack.body) if ack.ok and isinstance(ack.body, dict) else []

    def _is_one_of(self, item: Any, choices: tuple[str | Json, ...]) -> bool:
        if isinstance(item, dict) and "text" in item:
            return item in choices or option_texts([item])[0] in choices
        return item in [self._person.workspace_user(one) for one in choices]

    def _dispatches(self, control: Control) -> bool:
        return not control.in_input or bool(control.block.get("dispatch_action"))

    def _act(self, control: Control, *, picked: Any = None, times: int = 1) -> Ack:
        workspace = self._person.workspace
        with workspace.lock:
            action = self._person.payloads.action(control, self._inputs(), picked=picked)
            payload = self._action_payload(action)
        ack = self._person.deliver("block_actions", payload, times=times)[0]
        if not ack.ok:
            self._in_trouble(str(ack.trouble))
        return ack

    def _in_trouble(self, why: str) -> None:
        self._person.in_trouble(why)
