"""The state of the workspace. Everything that reads or writes it holds `lock`; whoever changes it calls `touch`."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sandbox.channels import Channels
from sandbox.errors import ApiError, NeverHappened
from sandbox.files import Files
from sandbox.jsontypes import Json
from sandbox.manifest import Manifest
from sandbox.people import Profile
from sandbox.record import Recorder
from sandbox.screens import Screens
from sandbox.validate import limits

T = TypeVar("T")


@dataclass
class Trigger:
    """A trigger_id: who caused it, when, from which view, and whether it has served."""

    user_id: str
    issued: float
    view_id: str | None = None
    used: bool = False
    expired: bool = False


@dataclass
class ResponseUrl:
    """A response_url: whom it answers, what message it may replace, how often it has been used."""

    user_id: str
    channel_id: str
    issued: float
    message_ts: str | None = None
    ephemeral: bool = True
    uses: int = 0


class Workspace:
    """One team with one installed app."""

    def __init__(self, manifest: Manifest, team_id: str, team_name: str, recorder: Recorder) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0
        self.listeners: list[Callable[[], None]] = []
        self.manifest = manifest
        self.recorder = recorder
        self.team_id = team_id
        self.team_name = team_name
        self.domain = team_name.lower().replace(" ", "-")
        self.app_id = "A0SANDBOX1"
        self.bot_id = "B0SANDBOX1"
        self.verification_token = secrets.token_hex(12)
        self.trigger_seconds = limits.TRIGGER_SECONDS
        self.base_url = ""
        self.profiles: dict[str, Profile] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.tickets: set[str] = set()
        self.bot_token = f"xoxb-sandbox-{secrets.token_hex(8)}"
        self.app_token = f"xapp-1-sandbox-{secrets.token_hex(8)}"
        self.signing_secret = secrets.token_hex(16)
        self.enforce_rate_limits = False
        self.channels = Channels()
        self.files = Files()
        self.screens = Screens(self)
        self._last_ts = 0
        self._numbers = itertools.count(1)
        bot = Profile("U0SANDBOT1", manifest.bot_name, is_bot=True, app_id=self.app_id, bot_id=self.bot_id)
        self.bot_user_id = bot.user_id
        self.profiles[bot.user_id] = bot

    def touch(self) -> None:
        """Tell everyone who waits or listens that something changed."""
        with self.lock:
            self.version += 1
            self.changed.notify_all()
        for listener in list(self.listeners):
            listener()

    def wait(self, look: Callable[[], T | None], timeout: float, what: str) -> T:
        """Return the first true value of `look`, called again after every change.

        Raises NeverHappened when `timeout` seconds pass; the message says what was waited for.
        """
        deadline = time.monotonic() + timeout
        with self.lock:
            while True:
                found = look()
                if found:
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    raise NeverHappened(f"{what} did not happen within {timeout:g} s")
                self.changed.wait(left)

    def next_ts(self) -> str:
        """Return a message timestamp no other message of this workspace has."""
        with self.lock:
            self._last_ts = max(self._last_ts + 1, int(time.time() * 1_000_000))
            return f"{self._last_ts // 1_000_000:010d}.{self._last_ts % 1_000_000:06d}"

    def next_id(self, prefix: str) -> str:
        """Return a fresh id in Slack's form, such as V0000000012."""
        return f"{prefix}{next(self._numbers):010d}"

    def count_on(self, number: int, ts: str) -> None:
        """Go on from the ids and timestamps of an earlier run, so that none comes twice."""
        with self.lock:
            self._numbers = itertools.count(number + 1)
            self._last_ts = int(ts.replace(".", ""))

    def profile(self, user_id: str) -> Profile:
        """Return a user; raises ApiError user_not_found."""
        if user_id not in self.profiles:
            raise ApiError("user_not_found")
        return self.profiles[user_id]

    def issue_trigger(self, user_id: str, view_id: str | None = None) -> str:
        """Return a new trigger_id for what `user_id` just did."""
        with self.lock:
            trigger_id = f"{next(self._numbers)}.{int(time.time())}.{secrets.token_hex(16)}"
            self.triggers[trigger_id] = Trigger(user_id, time.monotonic(), view_id)
            return trigger_id

    def take_trigger(self, trigger_id: str) -> Trigger:
        """Use up a trigger_id; raises ApiError as views.open does."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if trigger.expired or time.monotonic() - trigger.issued > self.trigger_seconds:
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger

    def issue_response_url(
        self, user_id: str, channel_id: str, ts: str | None = None, *, ephemeral: bool = True
    ) -> str:
        """Return a new response_url answering to `user_id` in `channel_id`."""
        with self.lock:
            token = secrets.token_urlsafe(18)
            self.response_urls[token] = ResponseUrl(user_id, channel_id, time.monotonic(), ts, ephemeral)
            return f"{self.base_url}/response/{token}"

    def take_response_url(self, token: str) -> ResponseUrl:
        """Count one use of a response_url; raises ApiError when it is unknown, too old or used up."""
        with self.lock:
            url = self.response_urls.get(token)
            if url is None:
                raise ApiError("invalid_url", status=404)
            if time.monotonic() - url.issued > limits.RESPONSE_URL_SECONDS:
                raise ApiError("expired_url", status=404)
            if url.uses >= limits.RESPONSE_URL_USES:
                raise ApiError("used_url", status=404)
            url.uses += 1
            return url

    def bot_message(self, args: Json, *, ts: str | None = None) -> Json:
        """Return a message of the bot with the content of `args`, not yet in any channel."""
        message: Json = {
            "type": "message",
            "user": self.bot_user_id,
            "ts": ts or self.next_ts(),
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "team": self.team_id,
            "text": args.get("text") or args.get("markdown_text") or "",
            "bot_profile": {
                "id": self.bot_id,
                "app_id": self.app_id,
                "user_id": self.bot_user_id,
                "name": self.manifest.bot_name,
                "team_id": self.team_id,
                "deleted": False,
                "updated": 1700000000,
            },
        }
        for name in ("blocks", "attachments", "metadata", "thread_ts"):
            if args.get(name):
                message[name] = args[name]
        if message.get("blocks"):
            message["blocks"] = self.screens.with_ids(message["blocks"])
        return message
