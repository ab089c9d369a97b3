"""A person in the workspace: what they type, click and see. All calls are synchronous and wait for the bot's ack."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.channels import Posted
from sandbox.conversation import Conversation, Message
from sandbox.delivery import Ack, Courier
from sandbox.errors import PATIENCE, NotOnScreen
from sandbox.files import SharedFile
from sandbox.forging import Forger
from sandbox.jsontypes import Json
from sandbox.modal import Home, Modal
from sandbox.payloads import Payloads
from sandbox.people import Profile
from sandbox.reply import Reply
from sandbox.response_url import show
from sandbox.screens import View
from sandbox.workspace import Workspace

T = TypeVar("T")


class Person(Forger):
    """One person; made by `Sandbox.add_person`. `profile` may be changed: users.info answers from it."""

    def __init__(self, workspace: Workspace, courier: Courier, profile: Profile) -> None:
        self.workspace = workspace
        self.profile = profile
        self.payloads = Payloads(workspace, profile)
        self.troubles: list[str] = []
        self._courier = courier
        self._times = 1
        self._home_seen = False

    @property
    def user_id(self) -> str:
        """The U… id."""
        return self.profile.user_id

    @property
    def name(self) -> str:
        """The full name."""
        return self.profile.name

    def names(self) -> dict[str, str]:
        """Names by user id, for mentions."""
        return {one.user_id: one.name for one in self.workspace.profiles.values()}

    def workspace_user(self, who: Any) -> str:
        """Return the user id of a Person, a user id or a name; raises NotOnScreen."""
        wanted = who.user_id if isinstance(who, Person) else str(who)
        for one in self.workspace.profiles.values():
            if wanted in (one.user_id, one.name, one.username):
                return one.user_id
        raise NotOnScreen(f"nobody is called {wanted!r}")

    # -- commands, ephemerals, messages

    def command(self, line: str, channel: str | None = None) -> Reply:
        """Type a slash command, in the bot's DM or in the named channel, and wait for the ack."""
        command, _, text = line.strip().partition(" ")
        workspace = self.workspace
        with workspace.lock:
            place = workspace.channels.named(channel) if channel else workspace.channels.direct(self.user_id)
            reply = Reply(self, len(self._seen_ephemerals()))
            if command not in workspace.manifest.commands:
                reply.answer({"text": f"{command} is not a valid command."}, trouble="unknown_command")
                return reply
            payload = self.payloads.slash(command, text.strip(), place.channel_id, place.name)
        for ack in self.deliver("slash", payload):
            body = {"text": ack.body} if isinstance(ack.body, str) else ack.body
            if not ack.ok:
                body = {"text": f"{command} failed with the error “{ack.trouble}”"}
                self.in_trouble(str(ack.trouble))
            if body:
                with workspace.lock:
                    show(workspace, place, self.user_id, body)
            reply.answer(body, trouble=ack.trouble)
        workspace.touch()
        return reply

    @property
    def ephemerals(self) -> list[Message]:
        """All messages only this person saw, newest last, without deleted ones."""
        return [Message(self, one) for one in self._seen_ephemerals() if not one.deleted]

    def _seen_ephemerals(self) -> list[Posted]:
        with self.workspace.lock:
            everywhere = [one for channel in self.workspace.channels.by_id.values() for one in channel.ephemerals]
        return sorted((one for one in everywhere if one.seen_by == self.user_id), key=lambda one: one.ts)

    def wait_for_ephemeral(self, wanted: str, timeout: float = PATIENCE) -> Message:
        """Return the newest ephemeral message containing `wanted`, waiting for it."""

        def look() -> Message | None:
            seen = reversed(self.ephemerals)
            return next((one for one in seen if wanted in f"{one.text}\n{one.rendered}"), None)

        return self.workspace.wait(look, timeout, f"an ephemeral message with {wanted!r}")

    @property
    def dm(self) -> Conversation:
        """The direct message with the bot."""
        with self.workspace.lock:
            return Conversation(self, self.workspace.channels.direct(self.user_id))

    # -- views

    @property
    def has_modal(self) -> bool:
        """Whether any modal is open."""
        return bool(self.workspace.screens.stack(self.user_id))

    @property
    def modals(self) -> list[Modal]:
        """The stack of modals, the top one last."""
        with self.workspace.lock:
            return [Modal(self, one) for one in self.workspace.screens.stack(self.user_id)]

    def modal(self, title_contains: str | None = None, timeout: float = PATIENCE) -> Modal:
        """Return the modal on top, waiting until there is one (whose title contains `title_contains`)."""

        def look() -> Modal | None:
            top = self.modals[-1:]
            return next((one for one in top if (title_contains or "") in one.title), None)

        return self.workspace.wait(look, timeout, f"a modal titled {title_contains or 'anything'!r}")

    def close_view(self, view: View) -> None:
        """Close a modal and what is on top of it; tells the bot where a view asked for it."""
        workspace = self.workspace
        with workspace.lock:
            stack = workspace.screens.stack(self.user_id)
            if view not in stack:
                raise NotOnScreen("this view is no longer open")
            cleared = bool(view.raw["clear_on_close"])
            gone = stack[:] if cleared else stack[stack.index(view) :]
            payloads = [
                self.payloads.closed(one, cleared=cleared) for one in reversed(gone) if one.raw["notify_on_close"]
            ]
            del stack[len(stack) - len(gone) :]
        workspace.touch()
        for payload in payloads:
            self.deliver("view_closed", payload)

    @property
    def home(self) -> Home:
        """The Home tab; the first look opens it."""
        return Home(self, self._home_view()) if self._home_seen else self.open_home()

    def open_home(self, timeout: float = PATIENCE) -> Home:
        """Go to the Home tab; app_home_opened is delivered when the manifest asks for it. Waits for a Home to show."""
        workspace = self.workspace
        self._home_seen = True
        if "app_home_opened" in workspace.manifest.events:
            with workspace.lock:
                event: Json = {
                    "type": "app_home_opened",
                    "user": self.user_id,
                    "channel": workspace.channels.direct(self.user_id).channel_id,
                    "tab": "home",
                    "event_ts": f"{time.time():.6f}",
                }
                shown = workspace.screens.homes.get(self.user_id)
                if shown is not None:
                    event["view"] = shown.output()
                payload = self.payloads.event(event)
            self.deliver("event", payload)
        workspace.wait(lambda: workspace.screens.homes.get(self.user_id), timeout, "a Home view")
        return Home(self, self._home_view())

    def _home_view(self) -> View:
        return self.workspace.screens.homes[self.user_id]

    # -- files

    def upload_file(self, name: str, content: bytes) -> SharedFile:
        """Upload a file of one's own, for a file input (`modal.attach`)."""
        with self.workspace.lock:
            file = SharedFile(self.workspace.next_id("F"), name, self.user_id, content, length=len(content))
            file.uploaded = file.complete = True
            return self.workspace.files.add(file)

    # -- deliveries

    def double(self, gesture: Callable[[], T]) -> T:
        """Do something so fast twice that everything in it is delivered twice at once."""
        self._times = 2
        try:
            return gesture()
        finally:
            self._times = 1

    def deliver(self, kind: str, payload: Json, *, times: int = 1, genuine: bool = True) -> list[Ack]:
        """Deliver a payload of this person as it is; see Courier.deliver."""
        return self._courier.deliver(kind, payload, times=max(times, self._times), genuine=genuine)

    def in_trouble(self, why: str) -> None:
        """Keep what Slack told this person about an answer of the bot that failed."""
        self.troubles.append(why)
        self.workspace.touch()
