"""Find what a person means by a label on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.errors import NotOnScreen, SandboxError
from sandbox.input_state import Control, Key, controls
from sandbox.jsontypes import Json
from sandbox.render import readable


def plain_text(value: Any) -> str:
    """Return the displayed text of a text object, "" of anything else."""
    if not isinstance(value, dict):
        return ""
    text = str(value.get("text", ""))
    return readable(text) if value.get("type") == "mrkdwn" else text


def label_of(control: Control) -> str:
    """Return the words a person would call an element by."""
    if control.type == "button":
        return plain_text(control.element.get("text"))
    if control.in_input:
        return plain_text(control.block.get("label"))
    return plain_text(control.element.get("placeholder")) or plain_text(control.block.get("text"))


# from the most exact way to mean an element to the loosest; the first that finds any decides
_WAYS: tuple[Callable[[Control, str], bool], ...] = (
    lambda control, name: control.element.get("action_id") == name,
    lambda control, name: label_of(control) == name,
    lambda control, name: plain_text(control.element.get("placeholder")) == name,
    lambda control, name: not control.in_input and plain_text(control.block.get("text")) == name,
    lambda control, name: control.key[0] == name,
    lambda control, name: name.casefold() in label_of(control).casefold(),
    lambda control, name: not control.in_input and name.casefold() in plain_text(control.block.get("text")).casefold(),
)


def find(blocks: list[Json], name: str | Key, fits: Callable[[Control], bool], nth: int = 0) -> Control:
    """Return the `nth` fitting element called `name`: an action_id, a label, a placeholder, or part of one.

    A pair (block_id, action_id) means exactly that element. Raises NotOnScreen, listing what there is.
    """
    candidates = [one for one in controls(blocks) if fits(one)]
    if isinstance(name, tuple):
        exact = next((one for one in candidates if one.key == name), None)
        if exact is None:
            raise NotOnScreen(f"{name} is no longer on the screen")
        return exact
    for way in _WAYS:
        found = [one for one in candidates if way(one, name)]
        if found:
            if nth >= len(found):
                raise NotOnScreen(f"only {len(found)} called {name!r}, asked for number {nth}")
            return found[nth]
    there = ", ".join(repr(label_of(one) or one.key[1]) for one in candidates) or "nothing of the kind"
    raise NotOnScreen(f"{name!r} is not on the screen; there is: {there}")


def flat_options(source: Json) -> list[Json]:
    """Return the options of a select or of a suggestion answer, groups flattened."""
    options = list(source.get("options") or [])
    for group in source.get("option_groups") or []:
        options += group.get("options") or []
    return options


def pick(options: list[Json], text: str | Json) -> Json:
    """Return the option with this text, or the only one that contains it, or the very option; raises NotOnScreen."""
    if isinstance(text, dict):
        needs(text in options, "this option is no longer offered")
        return text
    texts = [plain_text(one.get("text")) for one in options]
    for one, shown in zip(options, texts, strict=True):
        if shown == text:
            return one
    near = [one for one, shown in zip(options, texts, strict=True) if text.casefold() in shown.casefold()]
    if len(near) == 1:
        return near[0]
    raise NotOnScreen(f"no single option {text!r}; offered: {texts}")


def option_texts(options: Iterator[Json] | list[Json]) -> list[str]:
    """Return the displayed texts of options."""
    return [plain_text(one.get("text")) for one in options]


def needs(condition: bool, why: str) -> None:
    """Raise SandboxError unless `condition` holds: a person could not do this."""
    if not condition:
        raise SandboxError(why)
