"""One click, submission or command: who is calling, what they see, and the ways to answer.

The work comes first and the answer last, once: nothing may raise after it. Bolt is told to wait for the listener
(`process_before_response`), so an exception before the answer is answered by handlers.errors.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.access import Caller
from bot.errors import UserError
from handlers.blocks.common import OPTIONS_LIMIT, Block, context
from handlers.deps import Deps
from handlers.errors import fault_view
from handlers.ids import PREVIEW_TEXT, base
from handlers.parse import OUT_OF_DATE, Metadata, View

FRAME_LIMIT = 60_000
"""Bytes of a view in an answer over Socket Mode: a frame of 64 KiB or more can't be sent."""
ANSWER_SECONDS = 3.0
"""How long Slack waits for the answer to a submission."""
ANSWER_STEP = 0.25


@dataclass(frozen=True, slots=True)
class Turn:
    """What one entry point is given."""

    deps: Deps
    caller: Caller
    ack: Ack
    body: dict[str, Any]
    client: WebClient

    @property
    def view(self) -> View:
        """Return the view that the person clicked in, with its inputs."""
        return View(self.body.get("view") or {})

    @property
    def metadata(self) -> Metadata:
        """Return which draft the view is about."""
        return self.view.metadata

    def open(self, view: Block, then: Callable[[], Block] | None = None) -> None:
        """Open a view on an empty stack; `then` works out what is drawn in its place after the answer."""
        opened = self.client.views_open(trigger_id=self.body["trigger_id"], view=view)
        if then is not None:
            made = opened["view"]
            self._soon(made["id"], then, seen=made["hash"])
        self.ack()

    def push(self, view: Block) -> None:
        """Open a view on top of this one (Slack allows three)."""
        self.client.views_push(trigger_id=self.body["trigger_id"], view=view)
        self.ack()

    def redraw(self, view: Block, *, force: bool = False) -> bool:
        """Redraw the view that was clicked in, and say whether Slack took it.

        It is not taken when the view was drawn anew since the click (hash_conflict): what the person sees is then newer
        than this. `force` draws all the same. Raises UserError where nothing was clicked in any view.
        """
        shown = self.view
        if not shown.id:  # a click that came from a message: no button there redraws a window
            raise UserError(OUT_OF_DATE)
        return self._update(shown.id, view, None if force else shown.hash) is not None

    def _update(self, view_id: str, view: Block, seen: str | None = None) -> str | None:
        """Redraw a view and return its hash from now on; None where `seen` is given and no longer its hash."""
        fence = {} if seen is None else {"hash": seen}
        try:
            drawn: str = self.client.views_update(view_id=view_id, view=view, **fence)["view"]["hash"]
        except SlackApiError as error:
            if error.response.get("error") != "hash_conflict":
                raise
            return None
        return drawn

    def show(self, draw: Callable[[], Block], *, later: bool, force: bool = False) -> None:
        """Redraw the view that was clicked in and answer, in this order; with `later` in the other.

        See `redraw` for `force`, and for when the drawing is dropped.
        """
        if later:
            self.draw_later(draw, force=force)
        else:
            self.redraw(draw(), force=force)
        self.ack()

    def draw_later(self, draw: Callable[[], Block], *, force: bool = True) -> None:
        """Redraw the view that was clicked in once `draw` has worked it out, after the answer to this click."""
        shown = self.view
        if not shown.id:
            raise UserError(OUT_OF_DATE)
        self._soon(shown.id, draw, seen=None if force else shown.hash)

    def _soon(
        self, view_id: str, draw: Callable[[], Block], *, seen: str | None = None, submitted: str | None = None
    ) -> None:
        """Draw a view after the answer, unless it has been drawn by anybody else since its hash was `seen`.

        `submitted` is the hash of a view that was submitted, and the answer another view in its place.
        """

        def turn() -> None:
            try:
                view = fitted(draw())
            except Exception as error:
                view = fault_view(error)
            with suppress(SlackApiError, OSError):  # it was closed meanwhile, or Slack is away: it is clicked again
                if submitted is not None:
                    self._outlast_answer(view_id, view, submitted)
                if redraws.is_overtaken(view_id):
                    return
                drawn = self._update(view_id, view, None if seen is None else redraws.newest(view_id, seen))
                if seen is not None and drawn is not None:
                    redraws.drew(view_id, seen, drawn)

        redraws = self.deps.redraws
        redraws.soon(view_id, turn)

    def _outlast_answer(self, view_id: str, view: Block, submitted: str) -> None:
        """Draw a view until the answer to the submission is there: it takes another way, and is drawn over all before.

        It is there once the view's hash is neither the one that was submitted nor that of a drawing from here.
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        seen = self._update(view_id, view, submitted)
        while seen is not None and time.monotonic() < deadline:
            time.sleep(ANSWER_STEP)
            seen = self._update(view_id, view, seen)

    def redraw_root(self, draw: Callable[[], Block], *, later: bool = False) -> None:
        """Redraw the view at the bottom of the stack, under the one that was clicked in; `later`: after the answer."""
        if later:
            self._soon(self.view.root_id, draw)
        else:
            self.client.views_update(view_id=self.view.root_id, view=draw())

    def replace(self, view: Block, then: Callable[[], Block] | None = None) -> None:
        """Answer a submission with the next view in place of this one, so that the stack does not grow.

        `then` works out what is drawn in its place after the answer.
        """
        shown = self.view
        self.deps.redraws.give_up(shown.id)
        self.ack(response_action="update", view=fitted(view))
        if then is not None:
            self._soon(shown.id, then, submitted=shown.hash)


Entry = Callable[[Turn], None]


def bind(deps: Deps, entry: Entry) -> Callable[..., None]:
    """Return the Bolt listener that looks the caller up and passes the turn to `entry`."""

    def listener(ack: Ack, body: dict[str, Any], client: WebClient, context: BoltContext) -> None:
        entry(Turn(deps, deps.caller(context, client, body), ack, body, client))

    listener.__name__ = f"{entry.__module__}.{entry.__name__}"
    return listener


def bind_options(deps: Deps, entry: Callable[[Turn], list[Block]]) -> Callable[..., None]:
    """Return the Bolt listener that answers a type-ahead with at most 100 options."""

    def listener(ack: Ack, body: dict[str, Any], client: WebClient, context: BoltContext) -> None:
        ack(options=entry(Turn(deps, deps.caller(context, client, body), ack, body, client))[:OPTIONS_LIMIT])

    listener.__name__ = f"{entry.__module__}.{entry.__name__}"
    return listener


def fitted(view: Block) -> Block:
    """Return the view without the end of its preview where the answer would be too large for one frame."""
    blocks, cut = list(view["blocks"]), False
    if not any(_is_preview(block) and block["type"] == "rich_text" for block in blocks):
        return view  # nothing else grows that large
    while len(json.dumps({**view, "blocks": blocks})) > FRAME_LIMIT:
        last = next((i for i in reversed(range(len(blocks))) if _is_preview(blocks[i])), None)
        if last is None:
            break
        blocks[last : last + 1] = [] if cut else [context("The preview goes on; it is too long to show here.")]
        cut = True
    return {**view, "blocks": blocks}


def _is_preview(block: Block) -> bool:
    return base(block.get("block_id") or "") == PREVIEW_TEXT
