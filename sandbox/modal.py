"""A modal as the person in front of it uses it, and the Home."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.delivery import TROUBLE
from sandbox.errors import ApiError, NotOnScreen, SandboxError
from sandbox.finding import find, plain_text
from sandbox.input_state import Control, InputState, Key, controls
from sandbox.jsontypes import Json
from sandbox.screens import View
from sandbox.surface import Surface
from sandbox.validate import Problem

if TYPE_CHECKING:
    from sandbox.files import SharedFile
    from sandbox.person import Person

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"(https?)://\S+")


@dataclass
class SubmitResult:
    """What came of a submission.

    `errors` and `blocked` map the label of an input to a message: the bot's, or the client's own before anything was
    delivered. `pushed` is the new modal on top. `trouble` says why the bot's answer was none.
    """

    errors: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    updated: bool = False
    pushed: Modal | None = None
    trouble: str | None = None


class ViewSurface(Surface):
    """What a modal and the Home share."""

    def __init__(self, person: Person, view: View) -> None:
        super().__init__(person)
        self._view = view

    @property
    def blocks(self) -> list[Json]:
        """The blocks as they are drawn; raises NotOnScreen once the view is closed."""
        if not self._person.workspace.screens.is_open(self._view):
            raise NotOnScreen("this view is no longer open")
        return self._view.blocks

    @property
    def view(self) -> Json:
        """The raw view, with id, hash and state."""
        with self._person.workspace.lock:
            return self._view.output()

    @property
    def text(self) -> str:
        """All text of the view as a person reads it."""
        return self.rendered

    def _inputs(self) -> InputState:
        return self._view.inputs

    def _errors(self) -> dict[str, str]:
        return self._view.errors

    def _action_payload(self, action: Json) -> Json:
        return self._person.payloads.action_in_view(self._view, action)

    def _suggestion_payload(self, control: Control, query: str) -> Json:
        return self._person.payloads.suggestion(control, query, self._view, None)

    def _in_trouble(self, why: str) -> None:
        super()._in_trouble(why)
        self._view.trouble = TROUBLE
        self._person.workspace.touch()


class Home(ViewSurface):
    """The Home tab of the bot."""

    def open(self) -> Home:
        """Go to the tab once more; delivers app_home_opened when the app asked for it."""
        return self._person.open_home()


class Modal(ViewSurface):
    """One modal. It stays the same modal through updates; after it is closed its content raises NotOnScreen."""

    @property
    def title(self) -> str:
        """The title of the modal."""
        return plain_text(self._view.raw["title"])

    @property
    def submit_label(self) -> str | None:
        """The text of the submit button, None when there is none."""
        return plain_text(self._view.raw["submit"]) if self._view.raw.get("submit") else None

    @property
    def close_label(self) -> str:
        """The text of the close button."""
        return plain_text(self._view.raw["close"]) if self._view.raw.get("close") else "Cancel"

    @property
    def is_open(self) -> bool:
        """Whether it is still on the stack."""
        return self._person.workspace.screens.is_open(self._view)

    @property
    def trouble(self) -> str | None:
        """Slack's red line about a failed answer, None when all is well."""
        return self._view.trouble

    @property
    def text(self) -> str:
        """All text of the modal as a person reads it, title and submit button included."""
        parts = [self.title, self.rendered, f"! {self.trouble}" if self.trouble else ""]
        parts.append(f"[{self.submit_label}]" if self.submit_label else "")
        return "\n".join(part for part in parts if part)

    def _whole_text(self) -> str:
        return self.text

    def attach(self, name: str | Key, *files: SharedFile) -> None:
        """Put files, made by `person.upload_file`, into a file input."""
        workspace = self._person.workspace
        control = find(self.blocks, name, lambda one: one.type == "file_input")
        most = control.element.get("max_files", 10)
        allowed = control.element.get("filetypes")
        shown = [one.as_json(workspace.base_url, workspace.team_id) for one in files]
        if len(shown) > most or (allowed and any(one["filetype"] not in allowed for one in shown)):
            raise SandboxError(f"{name!r} takes at most {most} files of type {allowed or 'any'}")
        with workspace.lock:
            self._inputs().set(control.key, shown)
        workspace.touch()

    def submit(self, times: int = 1) -> SubmitResult:
        """Press the submit button and apply the bot's answer; inputs Slack's client objects to are not delivered."""
        workspace = self._person.workspace
        with workspace.lock:
            if not self.submit_label:
                raise SandboxError("this modal has no submit button")
            self._view.objections = objections(self.blocks, self._inputs())
            if self._view.objections:
                self._view.answers += 1
                workspace.touch()
                return SubmitResult(blocked=client_objections(self.blocks, self._inputs()))
            self._view.errors, self._view.trouble = {}, None
            payload = self._person.payloads.submission(self._view.output())
        acks = self._person.deliver("view_submission", payload, times=times)
        ack = next((one for one in acks if one.ok), acks[0])
        with workspace.lock:
            result = self._apply(ack.body) if ack.ok else SubmitResult(trouble=ack.trouble)
            self._view.answers += 1
        if result.trouble:
            self._in_trouble(result.trouble)
        workspace.touch()
        return result

    def close(self) -> None:
        """Cancel this modal; those on top of it go too, and with `clear_on_close` all of them."""
        self._person.close_view(self._view)

    def escape(self) -> None:
        """Press Escape: the same as cancelling."""
        self.close()

    def _apply(self, body: Any) -> SubmitResult:
        workspace, user_id = self._person.workspace, self._view.user_id
        answer: Json = body if isinstance(body, dict) else {}
        action = answer.get("response_action")
        stack = workspace.screens.stack(user_id)
        try:
            if action == "errors":
                return self._apply_errors(answer["errors"])
            if action == "update":
                workspace.screens.update(self._view, answer["view"])
                return SubmitResult(updated=True)
            if action == "push":
                pushed = workspace.screens.push(user_id, answer["view"])
                return SubmitResult(pushed=Modal(self._person, pushed))
        except ApiError as error:
            workspace.recorder.blame("ack.view_submission", [Problem("/view", error.code)])
            return SubmitResult(trouble=error.code)
        if action == "clear":
            stack.clear()
        elif self._view in stack:
            stack.remove(self._view)
        return SubmitResult(closed=True)

    def _apply_errors(self, errors: dict[str, str]) -> SubmitResult:
        labels = {block["block_id"]: plain_text(block["label"]) for block in self.blocks if block["type"] == "input"}
        strange = [one for one in errors if one not in labels]
        if strange:
            problems = [Problem(f"/errors/{one}", "no input block has this block_id") for one in strange]
            self._person.workspace.recorder.blame("ack.view_submission", problems)
            return SubmitResult(trouble=f"errors for unknown blocks: {', '.join(strange)}")
        self._view.errors = dict(errors)
        return SubmitResult(errors={labels[block_id]: message for block_id, message in errors.items()})


def client_objections(blocks: list[Json], inputs: InputState) -> dict[str, str]:
    """Return what Slack's own client says before it delivers a submission: input label -> reason."""
    labels = {one.key[0]: plain_text(one.block.get("label")) for one in controls(blocks) if one.in_input}
    return {labels[block_id]: reason for block_id, reason in objections(blocks, inputs).items()}


def objections(blocks: list[Json], inputs: InputState) -> dict[str, str]:
    """Return what Slack's own client says before it delivers a submission: block_id -> reason."""
    found = {}
    for control in controls(blocks):
        if control.in_input:
            held = inputs.get(control.key)
            reason = _objection(control, held.submitted, held.shown)
            if reason:
                found[control.key[0]] = reason
    return found


def _objection(control: Control, value: Any, shown: Any) -> str | None:
    if value in (None, "", []) and shown in (None, "", []):
        return None if control.block.get("optional") else "Please complete this required field."
    if not isinstance(value, str):
        return None
    if not value.strip() and not control.block.get("optional"):
        return "Please complete this required field."
    if control.type == "plain_text_input":
        return _text_objection(control.element, value)
    if control.type == "number_input":
        return _number_objection(control.element, value)
    if control.type == "email_text_input" and not _EMAIL.fullmatch(value):
        return "Enter a valid email address"
    if control.type == "url_text_input" and not _URL.fullmatch(value):
        return "Enter a valid URL"
    return None


def _text_objection(element: Json, text: str) -> str | None:
    least, most = element.get("min_length") or 0, element.get("max_length") or 3000
    if len(text) < least:
        return f"Enter at least {least} characters"
    return f"Enter no more than {most} characters" if len(text) > most else None


def _number_objection(element: Json, text: str) -> str | None:
    whole = r"-?\d+" if not element.get("is_decimal_allowed") else r"-?\d+(\.\d+)?"
    if not re.fullmatch(whole, text):
        return "Enter a number" if element.get("is_decimal_allowed") else "Enter a whole number"
    if element.get("min_value") is not None and float(text) < float(element["min_value"]):
        return f"Enter a number of at least {element['min_value']}"
    if element.get("max_value") is not None and float(text) > float(element["max_value"]):
        return f"Enter a number of at most {element['max_value']}"
    return None
