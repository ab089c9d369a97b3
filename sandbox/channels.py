"""Direct messages and channels: what is in them, also what only one person sees."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from sandbox.errors import ApiError
from sandbox.input_state import InputState
from sandbox.jsontypes import Json


@dataclass
class Posted:
    """One message: its JSON, its place, and each reader's client-side values. `seen_by` names who sees an ephemeral."""

    channel_id: str
    raw: Json
    seen_by: str | None = None
    deleted: bool = False
    inputs: dict[str, InputState] = field(default_factory=dict)

    @property
    def ts(self) -> str:
        """The timestamp that identifies the message within its channel."""
        return str(self.raw["ts"])

    def inputs_of(self, user_id: str) -> InputState:
        """Return what this reader chose in the message as it is drawn now."""
        state = self.inputs.setdefault(user_id, InputState())
        state.mount(self.raw.get("blocks") or [])
        return state


@dataclass
class Channel:
    """A conversation; `user_id` is the human side of a direct message, None in a channel."""

    channel_id: str
    name: str
    user_id: str | None = None
    bot_is_member: bool = True
    messages: list[Posted] = field(default_factory=list)
    ephemerals: list[Posted] = field(default_factory=list)

    def find(self, ts: str) -> Posted:
        """Return a message by its ts; raises ApiError message_not_found."""
        for one in self.messages:
            if one.ts == ts and not one.deleted:
                return one
        raise ApiError("message_not_found")


class Channels:
    """All conversations by id."""

    def __init__(self) -> None:
        self.by_id: dict[str, Channel] = {}
        self._numbers = itertools.count(1)
        self.add(Channel("C0GENERAL1", "general", bot_is_member=False))

    def count_on(self, number: int) -> None:
        """Go on from the number of conversations of an earlier run."""
        self._numbers = itertools.count(number + 1)

    def add(self, channel: Channel) -> Channel:
        """Add a conversation; return it."""
        self.by_id[channel.channel_id] = channel
        return channel

    def named(self, name: str) -> Channel:
        """Return a channel by name or id, made when it is new (the bot is not in it)."""
        for one in self.by_id.values():
            if name in (one.name, one.channel_id):
                return one
        return self.add(Channel(f"C{next(self._numbers):09d}", name, bot_is_member=False))

    def direct(self, user_id: str) -> Channel:
        """Return the bot's direct message with a person, opened when it is not yet."""
        for one in self.by_id.values():
            if one.user_id == user_id:
                return one
        return self.add(Channel(f"D{next(self._numbers):09d}", "directmessage", user_id))

    def get(self, channel_id: str) -> Channel:
        """Return a conversation the bot is in; raises ApiError channel_not_found or not_in_channel."""
        channel = self.by_id.get(channel_id)
        if channel is None:
            raise ApiError("channel_not_found")
        if not channel.bot_is_member:
            raise ApiError("not_in_channel")
        return channel
