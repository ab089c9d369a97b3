"""Every entry point by its id, found in one look: Bolt asks its listeners one by one whether a payload is theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App, BoltContext, BoltRequest, BoltResponse
from slack_sdk import WebClient

from bot.precedence import CLICKS
from handlers.ids import PerRow, base

Listener = Callable[[Ack, dict[str, Any], WebClient, BoltContext], None]
Binding = Callable[[Listener], None]
_ANY = re.compile("")


class InTurn(App):
    """A Bolt app whose clicks take turns, whichever road they come by."""

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Answer one delivery of Slack's."""
        with CLICKS.turn():
            return super().dispatch(req)


class Entries:
    """The listeners of clicks, submissions and type-aheads; one id has one of a kind, a second is a mistake."""

    def __init__(self) -> None:
        self._clicks = _Table(lambda body: _first(body.get("actions")).get("action_id"))
        self._submissions = _Table(lambda body: (body.get("view") or {}).get("callback_id"))
        self._type_aheads = _Table(lambda body: body.get("action_id"))

    def action(self, action_id: str | PerRow) -> Binding:
        """Return what binds a listener to the clicks on an element."""
        return self._clicks.binding(action_id)

    def view(self, callback_id: str) -> Binding:
        """Return what binds a listener to the submissions of a view."""
        return self._submissions.binding(callback_id)

    def options(self, action_id: str | PerRow) -> Binding:
        """Return what binds a listener to what is typed into a select."""
        return self._type_aheads.binding(action_id)

    def register(self, app: App) -> None:
        """Bind all of it; a payload with another id stays unhandled, which Bolt answers and logs."""
        app.action(_ANY, matchers=[self._clicks.knows])(self._clicks.answer)
        app.view(_ANY, matchers=[self._submissions.knows])(self._submissions.answer)
        app.options(_ANY, matchers=[self._type_aheads.knows])(self._type_aheads.answer)


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

    def knows(self, body: dict[str, Any]) -> bool:
        return self._found(body) is not None

    def answer(self, ack: Ack, body: dict[str, Any], client: WebClient, context: BoltContext) -> None:
        listener = self._found(body)
        assert listener is not None, "Bolt was told that there is one"
        listener(ack, body, client, context)

    def _found(self, body: Mapping[str, Any]) -> Listener | None:
        wanted = self._id_of(body)
        if not isinstance(wanted, str):
            return None
        return self._exact.get(wanted) or self._per_row.get(base(wanted))


def _first(actions: Any) -> Mapping[str, Any]:
    return actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
