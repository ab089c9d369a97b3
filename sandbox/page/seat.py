"""One person in front of the workspace page: what they see, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.channels import Channel, Posted
from sandbox.page.desk import Desk
from sandbox.page.drawing import Drawn
from sandbox.page.live import Piece, Scene
from sandbox.page.mrkdwn import mrkdwn
from sandbox.person import Person
from sandbox.screens import View

HOME = "home"


@dataclass(frozen=True)
class Neighbour:
    """A line of the people switcher or of the conversation list."""

    address: str
    name: str
    note: str
    unread: int
    here: bool


class Seat:
    """`place` is the id of a conversation, or "home" for the App Home."""

    def __init__(self, desk: Desk, person: Person, place: str) -> None:
        self.desk = desk
        self.person = person
        self.place = place
        self.workspace = person.workspace

    @property
    def address(self) -> str:
        """Where the person's own pages and gestures are."""
        return f"/as/{self.person.user_id}"

    @property
    def channel(self) -> Channel:
        """The conversation looked at; with the Home, the bot's direct message."""
        if self.place == HOME:
            return self.workspace.channels.direct(self.person.user_id)
        return self.workspace.channels.by_id[self.place]

    def scene(self) -> Scene:
        """Return all that is on the screen; what is looked at counts as read."""
        with self.workspace.lock:
            messages = self.messages()
            if messages and self.place != HOME:
                self.desk.read[self.person.user_id, self.channel.channel_id] = messages[-1].ts
            people, conversations = self.people(), self.conversations()
            pieces = [
                Piece("people", people, lambda: self._draw("people.html", people=people)),
                Piece("conversations", conversations, lambda: self._draw("conversations.html", list=conversations)),
                Piece("modals", self._modals_key(), self.draw_modals),
            ]
            if self.place == HOME:
                pieces.append(Piece("home", self._view_key(self._home()), self.draw_home))
                return Scene(pieces)
            replies = self._replies()
            pieces += [self._message_piece(one, replies.get(one.ts, [])) for one in messages]
            return Scene(pieces, ("messages",))

    def messages(self) -> list[Posted]:
        """Return what this person sees in the conversation, oldest first, what only they see included."""
        channel = self.channel
        ours = [one for one in channel.ephemerals if one.seen_by == self.person.user_id]
        top = [one for one in channel.messages if not _is_reply(one)]
        return sorted((one for one in top + ours if not one.deleted), key=lambda one: one.ts)

    def people(self) -> list[Neighbour]:
        """Return everybody who can sit here."""
        found = []
        for one in self.desk.sandbox.people.values():
            direct = self.workspace.channels.direct(one.user_id)
            here = one is self.person
            unread = self._unread(one, direct)
            found.append(Neighbour(f"/as/{one.user_id}/", one.name, one.profile.title, unread, here))
        return found

    def conversations(self) -> list[Neighbour]:
        """Return the bot's direct message and the channels."""
        direct = self.workspace.channels.direct(self.person.user_id)
        open_to = [one for one in self.workspace.channels.by_id.values() if one is direct or one.user_id is None]
        return [
            Neighbour(
                f"{self.address}/{one.channel_id}",
                self.workspace.manifest.bot_name if one.user_id else one.name,
                "app" if one.user_id else "",
                self._unread(self.person, one),
                one is self.channel,
            )
            for one in sorted(open_to, key=lambda one: (one.user_id is None, one.name))
        ]

    def draw_message(self, posted: Posted) -> str:
        """Return one message."""
        with self.workspace.lock:
            raw, user_id = posted.raw, self.person.user_id
            inputs = posted.inputs_of(user_id)
            address = f"{self.address}/messages/{posted.channel_id}/{posted.ts}"
            drawn = Drawn(self.person, address, piece_id(posted), raw.get("blocks") or [], inputs, {})
            author = self.workspace.profiles.get(raw.get("user", ""))
            return self._draw(
                "message.html",
                s=drawn,
                raw=raw,
                posted=posted,
                author=author,
                text=mrkdwn(str(raw.get("text", "")), drawn.reader),
                replies=[one for one in self._replies().get(posted.ts, []) if not one.deleted],
                draw_reply=self.draw_message,
            )

    def draw_modals(self) -> str:
        """Return the stack of modals, the top one last."""
        with self.workspace.lock:
            stack = self.workspace.screens.stack(self.person.user_id)
            return self._draw("modals.html", modals=[(one, self._drawn_view(one)) for one in stack])

    def draw_home(self) -> str:
        """Return the App Home."""
        with self.workspace.lock:
            home = self._home()
            return self._draw("home.html", view=home, s=self._drawn_view(home) if home else None)

    def _draw(self, template: str, **values: object) -> str:
        return self.desk.render(template, seat=self, **values)

    def _home(self) -> View | None:
        return self.workspace.screens.homes.get(self.person.user_id)

    def _drawn_view(self, view: View) -> Drawn:
        address = f"{self.address}/views/{view.view_id}"
        errors = view.objections | view.errors
        return Drawn(self.person, address, view.view_id, view.blocks, view.inputs, errors)

    def _replies(self) -> dict[str, list[Posted]]:
        """Return the replies of the conversation by the ts of the message they are under."""
        found: dict[str, list[Posted]] = {}
        for one in self.channel.messages:
            if _is_reply(one):
                found.setdefault(one.raw["thread_ts"], []).append(one)
        return found

    def _message_piece(self, posted: Posted, replies: list[Posted]) -> Piece:
        key = self._message_key(posted, replies)
        return Piece(piece_id(posted), key, lambda: self.draw_message(posted), "messages")

    def _message_key(self, posted: Posted, replies: list[Posted]) -> object:
        inputs = posted.inputs_of(self.person.user_id).all_shown() if posted.raw.get("blocks") else []
        below = [(one.ts, id(one.raw), one.deleted) for one in replies]
        edited = (posted.raw.get("edited") or {}).get("ts")
        return (id(posted.raw), edited, len(posted.raw.get("files") or []), repr(inputs), below)

    def _modals_key(self) -> object:
        return [self._view_key(one) for one in self.workspace.screens.stack(self.person.user_id)]

    def _view_key(self, view: View | None) -> object:
        if view is None:
            return None
        inputs = repr(view.inputs.all_shown())
        return (view.view_id, view.raw["hash"], inputs, view.errors, view.objections, view.trouble, view.answers)

    def _unread(self, person: Person, channel: Channel) -> int:
        read = self.desk.read.get((person.user_id, channel.channel_id), "")
        return sum(one.ts > read and not one.deleted for one in channel.messages)


def piece_id(posted: Posted) -> str:
    """Return the id of a message in the page."""
    return f"m-{posted.ts.replace('.', '-')}"


def _is_reply(one: Posted) -> bool:
    return one.raw.get("thread_ts") not in (None, one.ts)
