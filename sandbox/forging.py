"""Payloads no honest client would send: what an attacker with a token of their own could make up."""

from __future__ import annotations

from typing import Any

from sandbox.conversation import Message
from sandbox.delivery import Ack
from sandbox.input_state import Control
from sandbox.jsontypes import Json
from sandbox.modal import ViewSurface
from sandbox.payloads import Payloads
from sandbox.workspace import Workspace


class Forger:
    """What `Person` can do dishonestly. Forged payloads are kept out of the recorded file."""

    workspace: Workspace
    payloads: Payloads

    def deliver(self, kind: str, payload: Json, *, times: int = 1, genuine: bool = True) -> list[Ack]:
        """Deliver a payload; `Person` says how."""
        raise TypeError("only a person delivers")

    def forge_block_actions(
        self,
        action_id: str,
        value: str | None = None,
        block_id: str = "forged",
        container: Message | ViewSurface | None = None,
        action: Json | None = None,
        **override: Any,
    ) -> Ack:
        """Deliver a click on a button that may not be there.

        `container` is the message or view it claims to come from, a message nobody posted when omitted; `action`
        replaces fields of the action, `override` fields of the payload.
        """
        with self.workspace.lock:
            forged = {
                "type": "button",
                "block_id": block_id,
                "action_id": action_id,
                "action_ts": self.workspace.next_ts(),
                "text": {"type": "plain_text", "text": "Forged", "emoji": True},
            }
            if value is not None:
                forged["value"] = value
            payload = self._from(container, forged | (action or {})) | override
        return self.deliver("block_actions", payload, genuine=False)[0]

    def forge_view_submission(
        self, callback_id: str, private_metadata: str = "", values: Json | None = None, **override: Any
    ) -> Ack:
        """Deliver the submission of a modal that was never open; `values` is its `state.values`."""
        with self.workspace.lock:
            payload = self.payloads.submission(self._view(callback_id, private_metadata, values)) | override
        return self.deliver("view_submission", payload, genuine=False)[0]

    def forge_view_closed(self, callback_id: str, private_metadata: str = "", **override: Any) -> Ack:
        """Deliver the closing of a modal that was never open."""
        with self.workspace.lock:
            payload = self.payloads.submission(self._view(callback_id, private_metadata, None))
            payload |= {"type": "view_closed", "is_cleared": False} | override
        return self.deliver("view_closed", payload, genuine=False)[0]

    def forge_block_suggestion(
        self, action_id: str, query: str, block_id: str = "forged", private_metadata: str = "", **override: Any
    ) -> Ack:
        """Ask an external select for its options without any select being there."""
        control = Control({"block_id": block_id}, {"action_id": action_id, "type": "external_select"}, True)
        with self.workspace.lock:
            payload = self.payloads.suggestion(control, query, None, None)
            payload |= {"view": self._view("forged", private_metadata, None)} | override
        return self.deliver("block_suggestion", payload, genuine=False)[0]

    def _from(self, container: Message | ViewSurface | None, action: Json) -> Json:
        if container is not None:
            return container._action_payload(action)
        ts = self.workspace.next_ts()
        return self.payloads.submission({}) | {
            "type": "block_actions",
            "container": {"type": "message", "message_ts": ts, "channel_id": "D0FORGED01", "is_ephemeral": False},
            "channel": {"id": "D0FORGED01", "name": "directmessage"},
            "message": {"type": "message", "ts": ts, "text": "", "user": self.workspace.bot_user_id},
            "state": {"values": {}},
            "response_url": "",
            "actions": [action],
        }

    def _view(self, callback_id: str, private_metadata: str, values: Json | None) -> Json:
        view_id = self.workspace.next_id("V")
        return {
            "id": view_id,
            "team_id": self.workspace.team_id,
            "type": "modal",
            "blocks": [],
            "private_metadata": private_metadata,
            "callback_id": callback_id,
            "state": {"values": values or {}},
            "hash": "0.forged",
            "title": {"type": "plain_text", "text": "Forged", "emoji": True},
            "clear_on_close": False,
            "notify_on_close": False,
            "close": None,
            "submit": {"type": "plain_text", "text": "Send", "emoji": True},
            "previous_view_id": None,
            "root_view_id": view_id,
            "app_id": self.workspace.app_id,
            "external_id": "",
            "app_installed_team_id": self.workspace.team_id,
            "bot_id": self.workspace.bot_id,
        }
