"""The direct message with the bot, message by message."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.channels import Channel, Posted
from sandbox.errors import PATIENCE
from sandbox.input_state import Control, InputState
from sandbox.jsontypes import Json
from sandbox.render import readable
from sandbox.surface import Surface

if TYPE_CHECKING:
    from sandbox.files import SharedFile
    from sandbox.person import Person


class Message(Surface):
    """One message as this person sees it now; `snapshot` keeps how it looked."""

    def __init__(self, person: Person, posted: Posted) -> None:
        super().__init__(person)
        self._posted = posted

    @property
    def blocks(self) -> list[Json]:
        """The blocks as they are drawn, [] when the message has none."""
        blocks: list[Json] = self._posted.raw.get("blocks") or []
        return blocks

    @property
    def raw(self) -> Json:
        """The message object as Slack holds it."""
        return self._posted.raw

    @property
    def ts(self) -> str:
        """The timestamp that identifies the message."""
        return self._posted.ts

    @property
    def text(self) -> str:
        """The top-level text: what notifications and screen readers give."""
        return readable(str(self._posted.raw.get("text", "")), self._person.names())

    @property
    def edited(self) -> bool:
        """Whether the bot has redrawn it since it was posted."""
        return "edited" in self._posted.raw

    @property
    def deleted(self) -> bool:
        """Whether it has been deleted."""
        return self._posted.deleted

    @property
    def replies(self) -> list[Message]:
        """The messages of the thread under this one."""
        channel = self._person.workspace.channels.by_id[self._posted.channel_id]
        return [
            Message(self._person, one)
            for one in channel.messages
            if one.raw.get("thread_ts") == self.ts and one.ts != self.ts and not one.deleted
        ]

    def snapshot(self) -> Message:
        """Return a copy that stays as it is now; a click on it is the click of somebody whose screen is old."""
        with self._person.workspace.lock:
            return Message(self._person, copy.deepcopy(self._posted))

    def _whole_text(self) -> str:
        return f"{self.text}\n{self.rendered}"

    def _inputs(self) -> InputState:
        return self._posted.inputs_of(self._person.user_id)

    def _action_payload(self, action: Json) -> Json:
        return self._person.payloads.action_in_message(self._posted, self._inputs(), action)

    def _suggestion_payload(self, control: Control, query: str) -> Json:
        return self._person.payloads.suggestion(control, query, None, self._posted)


class Conversation:
    """A conversation as one person sees it; `messages` are oldest first, without deleted ones and thread replies."""

    def __init__(self, person: Person, channel: Channel) -> None:
        self._person = person
        self._channel = channel

    @property
    def channel_id(self) -> str:
        """The D… id of the conversation."""
        return self._channel.channel_id

    @property
    def messages(self) -> list[Message]:
        """The messages, oldest first."""
        with self._person.workspace.lock:
            return [Message(self._person, one) for one in self._channel.messages if _top_level(one)]

    @property
    def last(self) -> Message:
        """The newest message; raises IndexError when there is none."""
        return self.messages[-1]

    @property
    def threads(self) -> dict[str, list[Message]]:
        """Thread replies by the ts of the message they are under."""
        return {one.ts: one.replies for one in self.messages if one.replies}

    @property
    def files(self) -> list[SharedFile]:
        """The files shared here, oldest first; `.content` has the bytes."""
        files = self._person.workspace.files.by_id.values()
        return [one for one in files if one.complete and self.channel_id in one.channel_ids]

    def wait_for(self, wanted: str | Callable[[Message], bool], timeout: float = PATIENCE) -> Message:
        """Return the newest message whose text or blocks contain `wanted` (or for which it holds), waiting for it."""

        def fits(one: Message) -> bool:
            return wanted in f"{one.text}\n{one.rendered}" if isinstance(wanted, str) else wanted(one)

        def look() -> Message | None:
            return next((one for one in reversed(self.messages) if fits(one)), None)

        return self._person.workspace.wait(look, timeout, f"a message with {wanted!r}")

    def click(self, name: str, nth: int = 0, confirm: bool = True, times: int = 1) -> Message:
        """Click a button on the newest message that has it; return that message."""
        for one in reversed(self.messages):
            if any(name in label for label in one.buttons):
                one.click(name, nth, confirm, times)
                return one
        return self._raise_no_button(name)

    def _raise_no_button(self, name: str) -> Message:
        last = self.last
        last.click(name)
        return last


def _top_level(one: Posted) -> bool:
    return not one.deleted and one.raw.get("thread_ts") in (None, one.ts)
