"""Every entry point by its id, found in one look: Bolt asks its listeners one by one whether a payload is theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App, BoltContext, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from bot.precedence import CLICKS
from handlers.ids import PerRow, base
from handlers.preparing import Next

Listener = Callable[[Ack, dict[str, Any], WebClient, BoltContext], None]
Binding = Callable[[Listener], None]


class InTurn(App):
    """A Bolt app whose clicks take turns, whichever road they come by."""

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Answer one delivery of Slack's."""
        with CLICKS.turn():
            return super().dispatch(req)


class Entries(Middleware):
    """The listeners of commands, clicks, submissions and type-aheads; one id has one of a kind, a second is a mistake.

    They are the last middleware, and answer what they know: Bolt's own listeners are each given everything that any
    might ask for, which costs more than a type-ahead's question. What they raise goes to `app.error`, like theirs.
    """

    def __init__(self) -> None:
        self._commands = _Table(lambda body: body.get("command"))
        self._of_kind = {
            "block_actions": _Table(lambda body: _first(body.get("actions")).get("action_id")),
            "view_submission": _Table(lambda body: (body.get("view") or {}).get("callback_id")),
            "block_suggestion": _Table(lambda body: body.get("action_id")),
        }

    def command(self, name: str) -> Binding:
        """Return what binds a listener to a slash command."""
        return self._commands.binding(name)

    def action(self, action_id: str | PerRow) -> Binding:
        """Return what binds a listener to the clicks on an element."""
        return self._of_kind["block_actions"].binding(action_id)

    def view(self, callback_id: str) -> Binding:
        """Return what binds a listener to the submissions of a view."""
        return self._of_kind["view_submission"].binding(callback_id)

    def options(self, action_id: str | PerRow) -> Binding:
        """Return what binds a listener to what is typed into a select."""
        return self._of_kind["block_suggestion"].binding(action_id)

    def found(self, body: Mapping[str, Any]) -> Listener | None:
        """Return the listener that a payload is for."""
        kind = body.get("type")
        table = self._of_kind.get(kind) if isinstance(kind, str) else self._commands
        return table.found(body) if table is not None else None

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Next) -> BoltResponse | None:  # noqa: A002
        """Answer a payload; one that nobody bound stays unhandled, which Bolt answers and logs."""
        listener = self.found(req.body)
        if listener is None:
            return next()
        listener(req.context.ack, req.body, req.context.client, req.context)
        return req.context.ack.response


class _Table:
    """The listeners of one kind of payload; `id_of` says which element or view a payload is about."""

    def __init__(self, id_of: Callable[[Mapping[str, Any]], Any]) -> None:
        self._id_of = id_of
        self._exact: dict[str, Listener] = {}
        self._per_row: dict[str, Listener] = {}

    def binding(self, wanted: str | PerRow) -> Binding:
        def bind(listener: Listener) -> None:
            table, key = (self._per_row, wanted.const) if isinstance(wanted, PerRow) else (self._exact, wanted)
            assert key not in table, f"two listeners for {key}"
            table[key] = listener

        return bind

    def found(self, body: Mapping[str, Any]) -> Listener | None:
        wanted = self._id_of(body)
        if not isinstance(wanted, str):
            return None
        return self._exact.get(wanted) or self._per_row.get(base(wanted))


def _first(actions: Any) -> Mapping[str, Any]:
    return actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
