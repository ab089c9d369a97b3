"""What a person does on a surface in the page, through the same person API that tests use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData, UploadFile

from sandbox.errors import NotOnScreen
from sandbox.finding import flat_options, plain_text
from sandbox.input_state import STATEFUL, TEXT_INPUTS, Control, InputState, controls
from sandbox.jsontypes import Json
from sandbox.modal import Modal
from sandbox.page.desk import Desk
from sandbox.page.drawing import Choice, control_id, control_named, offered_places
from sandbox.person import Person
from sandbox.surface import Surface

GONE = "This has changed meanwhile; have another look."


class Gesture:
    """One gesture on one surface. `form` is the whole surface as the browser holds it, and the `control` meant."""

    def __init__(self, desk: Desk, person: Person, surface: Surface, form: FormData) -> None:
        self.desk = desk
        self.person = person
        self.surface = surface
        self.form = form

    def carry_out(self, verb: str) -> None:
        """Do it: first what was typed anywhere on the surface, then the gesture itself; raises SandboxError."""
        wanted = str(self.form.get("control", ""))
        self._type_all(besides=wanted if verb == "put" else "")
        _VERBS[verb](self)

    def offered(self) -> list[Choice]:
        """Return what a select offers for what is typed into it; the bot is asked where it is an external one."""
        self._type_all()
        control = self._control()
        query = str(self.form.get(f"query.{control_id(control.key)}", "")).strip()
        if control.type.removeprefix("multi_") in ("users_select", "conversations_select", "channels_select"):
            places = [Choice(value, name) for value, name in offered_places(self.person, control.type)]
            return [one for one in places if query.casefold() in one.text.casefold()]
        options = self.surface.offered(control.key, query)
        offers = self.desk.offers.setdefault((self.person.user_id, control_id(control.key)), {})
        offers.update({str(one.get("value")): one for one in options})
        if "external" not in control.type:
            options = [one for one in options if query.casefold() in plain_text(one.get("text")).casefold()]
        return [
            Choice(str(one.get("value", "")), plain_text(one.get("text")), plain_text(one.get("description")))
            for one in options
        ]

    def put(self) -> None:
        """Take over what an input shows in the browser."""
        control = self._control()
        values = self._values(control)
        if control.type in TEXT_INPUTS:
            self._type(control, values[0] if values else "", enter=bool(self.form.get("entered")))
        elif control.type == "checkboxes":
            self._tick(control, values)
        elif not values or not values[0]:
            if self._shown(control):
                self.surface.clear(control.key)
        else:
            self.surface.choose(control.key, self._meant(control, values[0]))

    def click(self) -> None:
        """Press a button, or choose in an overflow menu."""
        control = self._control_of_action()
        if control.type == "overflow":
            self.surface.choose(control.key, self._meant(control, str(self.form.get("value", ""))))
            return
        if str(self.form.get("value", "")) != control.element.get("value", ""):
            raise NotOnScreen(GONE)
        self.surface.click(control.key)

    def pick(self) -> None:
        """Choose one of the options a select offered."""
        control = self._control()
        self.surface.choose(control.key, self._meant(control, str(self.form.get("value", ""))))

    def drop(self) -> None:
        """Take one choice out of a select."""
        control = self._control()
        value = str(self.form.get("value", ""))
        if not STATEFUL[control.type][2]:
            self.surface.clear(control.key)
            return
        for one in self._shown(control) or []:
            if (str(one.get("value")) if isinstance(one, dict) else one) == value:
                self.surface.clear(control.key, one)

    def submit(self) -> None:
        """Press the submit button of a modal; what it was pressed for must be there still."""
        if isinstance(self.surface, Modal):
            if str(self.form.get("seen", "")) != self.surface.view.get("callback_id", ""):
                raise NotOnScreen(GONE)
            self.surface.submit()

    def close(self) -> None:
        """Cancel a modal."""
        if isinstance(self.surface, Modal):
            self.surface.close()

    async def attach(self) -> None:
        """Upload files into a file input."""
        control = self._control()
        uploads = [one for one in self.form.getlist(f"file.{control_id(control.key)}") if isinstance(one, UploadFile)]
        if not uploads:
            raise NotOnScreen(GONE)
        files = [self.person.upload_file(one.filename or "file", await one.read()) for one in uploads if one.filename]
        if isinstance(self.surface, Modal):
            self.surface.attach(control.key, *files)

    def _type_all(self, besides: str = "") -> None:
        for control in list(controls(self.surface.blocks)):
            values = self._values(control)
            if control.type in TEXT_INPUTS and values and control_id(control.key) != besides:
                self._type(control, values[0])

    def _type(self, control: Control, text: str, *, enter: bool = False) -> None:
        text = text.replace("\r\n", "\n")
        if enter or text != (self._shown(control) or ""):
            self.surface.type(control.key, text, enter=enter)

    def _tick(self, control: Control, values: list[str]) -> None:
        held = {str(one["value"]): one for one in self._shown(control) or []}
        for one in flat_options(control.element):
            value = str(one["value"])
            if value in values and value not in held:
                self.surface.choose(control.key, one)
            elif value in held and value not in values:
                self.surface.clear(control.key, held[value])

    def _meant(self, control: Control, value: str) -> str | Json | datetime:
        """Return what a value of the browser stands for, in the words of `Surface.choose`."""
        if control.type == "datetimepicker":
            return datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(self.person.profile.tz))
        options = flat_options(control.element)
        if "external" in control.type:
            found = self.desk.offers.get((self.person.user_id, control_id(control.key)), {}).get(value)
        elif options:
            found = next((one for one in options if str(one.get("value")) == value), None)
        else:
            return value
        if found is None:
            raise NotOnScreen("this option is no longer offered")
        return found

    def _control(self) -> Control:
        control = control_named(self.surface.blocks, str(self.form.get("control", "")))
        if control is None:
            raise NotOnScreen(GONE)
        return control

    def _control_of_action(self) -> Control:
        """Return the element meant; Slack makes up other block ids with each update where the bot gives none."""
        action = self.form.get("action")
        alike = [one for one in controls(self.surface.blocks) if action and one.element.get("action_id") == action]
        wanted = str(self.form.get("control", ""))
        if len(alike) == 1 and control_named(self.surface.blocks, wanted) is None:
            return alike[0]
        return self._control()

    def _values(self, control: Control) -> list[str]:
        return [one for one in self.form.getlist(f"value.{control_id(control.key)}") if isinstance(one, str)]

    def _shown(self, control: Control) -> Any:
        with self.person.workspace.lock:
            inputs: InputState = self.surface._inputs()
            return inputs.get(control.key).shown


_VERBS: dict[str, Callable[[Gesture], None]] = {
    "put": Gesture.put,
    "click": Gesture.click,
    "pick": Gesture.pick,
    "drop": Gesture.drop,
    "submit": Gesture.submit,
    "close": Gesture.close,
}
VERBS = frozenset(_VERBS)
