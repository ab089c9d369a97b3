"""Views: each person's stack of modals and their Home."""

from __future__ import annotations

import copy
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.input_state import InputState
from sandbox.jsontypes import Json
from sandbox.validate import limits

if TYPE_CHECKING:
    from sandbox.workspace import Workspace


@dataclass
class View:
    """One view on somebody's screen: as Slack describes it, and the values its inputs hold.

    `errors` (the bot's) and `objections` (the client's own, nothing was delivered) are by block_id. `answers` counts
    the submissions that came to an end, whatever it was.
    """

    user_id: str
    raw: Json
    inputs: InputState = field(default_factory=InputState)
    errors: dict[str, str] = field(default_factory=dict)
    objections: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    answers: int = 0

    @property
    def view_id(self) -> str:
        """The V… id."""
        return str(self.raw["id"])

    @property
    def blocks(self) -> list[Json]:
        """The blocks, ids filled in."""
        blocks: list[Json] = self.raw["blocks"]
        return blocks

    def output(self) -> Json:
        """Return the view as payloads and answers carry it, state included."""
        return copy.deepcopy(self.raw) | {"state": {"values": self.inputs.values()}}


class Screens:
    """What everyone sees. Methods are called with the workspace lock held."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}

    def stack(self, user_id: str) -> list[View]:
        """Return the open modals of a person, the top one last."""
        return self.stacks.setdefault(user_id, [])

    def open(self, user_id: str, args: Json) -> View:
        """Open a modal; whatever modals were open give way to it."""
        self._no_twin(args, user_id)
        view = self._new(user_id, args, root=None, previous=None)
        self.stacks[user_id] = [view]
        return view

    def push(self, user_id: str, args: Json) -> View:
        """Put a modal on top; raises ApiError push_limit_reached on the fourth."""
        stack = self.stack(user_id)
        if not stack:
            raise ApiError("not_found")
        if len(stack) >= limits.VIEW_STACK:
            raise ApiError("push_limit_reached")
        self._no_twin(args, user_id)
        view = self._new(user_id, args, root=stack[0].raw["root_view_id"], previous=stack[-1].view_id)
        stack.append(view)
        return view

    def update(self, view: View, args: Json, view_hash: str | None = None) -> View:
        """Redraw a view in place; raises ApiError hash_conflict when it has been redrawn since `view_hash`."""
        if view_hash is not None and view_hash != view.raw["hash"]:
            raise ApiError("hash_conflict")
        kept = {name: view.raw[name] for name in ("id", "root_view_id", "previous_view_id")}
        view.raw = self._raw(args) | kept
        view.inputs.mount(view.blocks)
        view.errors, view.objections, view.trouble = {}, {}, None
        return view

    def publish(self, user_id: str, args: Json, view_hash: str | None = None) -> View:
        """Draw somebody's Home."""
        home = self.homes.get(user_id)
        if home is not None:
            return self.update(home, args, view_hash)
        self.homes[user_id] = self._new(user_id, args, root=None, previous=None)
        return self.homes[user_id]

    def find(self, *, view_id: str | None, external_id: str | None) -> View:
        """Return an open view; raises ApiError not_found."""
        everything = [one for stack in self.stacks.values() for one in stack] + list(self.homes.values())
        for one in everything:
            if view_id and one.view_id == view_id:
                return one
            if not view_id and external_id and one.raw.get("external_id") == external_id:
                return one
        raise ApiError("not_found")

    def is_open(self, view: View) -> bool:
        """Tell whether the view is on a stack or somebody's Home."""
        return view in self.stack(view.user_id) or self.homes.get(view.user_id) is view

    def with_ids(self, blocks: list[Json]) -> list[Json]:
        """Return blocks as Slack keeps them: missing ids made up, text objects completed."""
        kept: list[Json] = _completed(blocks)
        for block in kept:
            if not block.get("block_id"):
                block["block_id"] = secrets.token_urlsafe(4)[:5]
            for element in _elements(block):
                if not element.get("action_id") and element.get("type") not in ("image", "mrkdwn", "plain_text"):
                    element["action_id"] = secrets.token_urlsafe(4)[:5]
        return kept

    def _no_twin(self, args: Json, user_id: str) -> None:
        external_id = args.get("external_id")
        if external_id and any(one.raw.get("external_id") == external_id for one in self.stack(user_id)):
            raise ApiError("duplicate_external_id")

    def _new(self, user_id: str, args: Json, *, root: str | None, previous: str | None) -> View:
        view_id = self._workspace.next_id("V")
        ids = {"id": view_id, "root_view_id": root or view_id, "previous_view_id": previous}
        view = View(user_id, self._raw(args) | ids)
        view.inputs.mount(view.blocks)
        return view

    def _raw(self, args: Json) -> Json:
        args = _completed(args)
        home = args["type"] == "home"
        title = {"type": "plain_text", "text": "View Title", "emoji": True} if home else args["title"]
        return {
            "team_id": self._workspace.team_id,
            "type": args["type"],
            "blocks": self.with_ids(args["blocks"]),
            "private_metadata": args.get("private_metadata") or "",
            "callback_id": args.get("callback_id") or "",
            "hash": f"{int(time.time())}.{secrets.token_hex(4)}",
            "title": title,
            "clear_on_close": bool(args.get("clear_on_close")),
            "notify_on_close": bool(args.get("notify_on_close")),
            "close": args.get("close"),
            "submit": args.get("submit"),
            "app_id": self._workspace.app_id,
            "external_id": args.get("external_id") or "",
            "app_installed_team_id": self._workspace.team_id,
            "bot_id": self._workspace.bot_id,
        }


def _elements(block: Json) -> list[Json]:
    inner = [block.get("accessory"), block.get("element")]
    if block.get("type") == "actions":
        inner += block.get("elements", [])
    return [one for one in inner if isinstance(one, dict)]


def _completed(value: Any) -> Any:
    """Copy a structure, text objects completed with the flags Slack adds."""
    if isinstance(value, list):
        return [_completed(one) for one in value]
    if not isinstance(value, dict):
        return value
    copied = {key: _completed(one) for key, one in value.items()}
    if value.get("type") == "plain_text":
        copied.setdefault("emoji", True)
    elif value.get("type") == "mrkdwn":
        copied.setdefault("verbatim", False)
    return copied
