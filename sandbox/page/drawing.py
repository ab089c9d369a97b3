"""A surface made of blocks, as the templates need it: what each element is called, shows and posts to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from sandbox.finding import flat_options, plain_text
from sandbox.input_state import Control, InputState, Key, controls
from sandbox.jsontypes import Json
from sandbox.page.mrkdwn import Reader, mrkdwn, plain
from sandbox.page.rich_text import rich_text
from sandbox.person import Person

SELECTS = ("users_select", "conversations_select", "channels_select")


def control_id(key: Key) -> str:
    """Return what an element is called in the page: short, and the same as long as block_id and action_id are."""
    return hashlib.blake2s("\0".join(key).encode(), digest_size=6).hexdigest()


def control_named(blocks: list[Json], wanted: str) -> Control | None:
    """Return the element with this `control_id`, None when it is no longer there."""
    return next((one for one in controls(blocks) if control_id(one.key) == wanted), None)


@dataclass(frozen=True)
class Choice:
    """One option of a select: its `value` names it within its element."""

    value: str
    text: str
    description: str = ""
    chosen: bool = False


class Drawn:
    """One surface as one person sees it; `address` is where its gestures are posted to."""

    def __init__(
        self,
        person: Person,
        address: str,
        surface_id: str,
        blocks: list[Json],
        inputs: InputState,
        errors: dict[str, str],
    ) -> None:
        self.person = person
        self.address = address
        self.surface_id = surface_id
        self.blocks = blocks
        self.errors = errors
        self._inputs = inputs
        self.reader = reader_of(person)

    def id(self, block: Json, element: Json) -> str:
        """Return the id of an element in the page."""
        return f"{self.surface_id}-{self.control(block, element)}"

    def control(self, block: Json, element: Json) -> str:
        """Return the name gestures call an element by."""
        return control_id((block.get("block_id", ""), element.get("action_id", "")))

    def vals(self, block: Json, element: Json, **more: str) -> str:
        """Return what a gesture on an element carries, as JSON."""
        return json.dumps({"control": self.control(block, element), "action": element.get("action_id", ""), **more})

    def text(self, value: Any) -> Markup:
        """Return a text object as HTML."""
        if not isinstance(value, dict):
            return Markup("")
        written = str(value.get("text", ""))
        return mrkdwn(written, self.reader) if value.get("type") == "mrkdwn" else plain(written)

    def bare(self, value: Any) -> str:
        """Return a text object as plain text, for labels nobody sees."""
        return plain_text(value)

    def mrkdwn(self, text: str) -> Markup:
        """Return mrkdwn as HTML."""
        return mrkdwn(text, self.reader)

    def rich(self, block: Json) -> Markup:
        """Return rich text as HTML."""
        return rich_text(block, self.reader)

    def picture(self, file_id: str | None) -> str:
        """Return where a picture among the workspace's files is, "" for what is none or not there."""
        file = self.person.workspace.files.by_id.get(file_id or "")
        return f"/as/{self.person.user_id}/files/{file.file_id}?as=picture" if file and file.picture_type else ""

    def label(self, block: Json, element: Json) -> str:
        """Return the accessible name of an element that has no label beside it."""
        own = element.get("accessibility_label") or plain_text(element.get("text"))
        return own or plain_text(element.get("placeholder")) or plain_text(block.get("text"))[:80] or "Choose"

    def shown(self, block: Json, element: Json) -> Any:
        """Return the value an element shows, None when it holds none."""
        key = (block.get("block_id", ""), element.get("action_id", ""))
        return self._inputs.get(key).shown if self._inputs.holds(key) else None

    def groups(self, block: Json, element: Json) -> list[tuple[str, list[Choice]]]:
        """Return what a select offers without asking the bot, group by group."""
        chosen = self._chosen_values(block, element)
        if element.get("option_groups"):
            return [
                (plain_text(one.get("label")), [_choice(option, chosen) for option in one.get("options") or []])
                for one in element["option_groups"]
            ]
        if element["type"].removeprefix("multi_") in SELECTS:
            return [("", [Choice(v, t, chosen=v in chosen) for v, t in offered_places(self.person, element["type"])])]
        return [("", [_choice(one, chosen) for one in flat_options(element)])]

    def chosen(self, block: Json, element: Json) -> list[Choice]:
        """Return what is chosen in a select."""
        shown = self.shown(block, element)
        held = shown if isinstance(shown, list) else [shown] if shown else []
        names = self.reader.names
        return [
            _choice(one, set()) if isinstance(one, dict) else Choice(str(one), names.get(str(one), str(one)))
            for one in held
        ]

    def local(self, seconds: int | None) -> str:
        """Return a moment as a datetime-local input wants it, in the person's time zone."""
        if not seconds:
            return ""
        return datetime.fromtimestamp(seconds, ZoneInfo(self.person.profile.tz)).strftime("%Y-%m-%dT%H:%M")

    def _chosen_values(self, block: Json, element: Json) -> set[str]:
        return {one.value for one in self.chosen(block, element)}


def reader_of(person: Person) -> Reader:
    """Return whom texts are shown to."""
    channels = {one.channel_id: one.name for one in person.workspace.channels.by_id.values()}
    return Reader(person.names() | channels, ZoneInfo(person.profile.tz))


def offered_places(person: Person, kind: str) -> list[tuple[str, str]]:
    """Return (id, name) of the people or channels a select of this kind offers."""
    if "users" in kind:
        return [(one.user_id, one.name) for one in person.workspace.profiles.values() if not one.deleted]
    return [(one.channel_id, f"#{one.name}") for one in person.workspace.channels.by_id.values() if not one.user_id]


def _choice(option: Json, chosen: set[str]) -> Choice:
    value = str(option.get("value", ""))
    text, description = plain_text(option.get("text")), plain_text(option.get("description"))
    return Choice(value, text, description, value in chosen)
