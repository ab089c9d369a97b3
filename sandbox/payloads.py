"""The payloads Slack sends, field by field (https://docs.slack.dev/reference/interaction-payloads)."""

from __future__ import annotations

import copy
import time
from typing import Any

from sandbox.channels import Posted
from sandbox.input_state import STATEFUL, Control, InputState
from sandbox.jsontypes import Json
from sandbox.people import Profile
from sandbox.screens import View
from sandbox.workspace import Workspace


class Payloads:
    """Builds the payloads of what one person does."""

    def __init__(self, workspace: Workspace, profile: Profile) -> None:
        self._workspace = workspace
        self._profile = profile

    def _common(self, kind: str) -> Json:
        workspace = self._workspace
        return {
            "type": kind,
            "team": {"id": workspace.team_id, "domain": workspace.domain},
            "user": {
                "id": self._profile.user_id,
                "username": self._profile.username,
                "name": self._profile.username,
                "team_id": workspace.team_id,
            },
            "api_app_id": workspace.app_id,
            "token": workspace.verification_token,
            "is_enterprise_install": False,
        }

    def slash(self, command: str, text: str, channel_id: str, channel_name: str) -> Json:
        """Return the form fields of a slash command."""
        workspace = self._workspace
        return {
            "token": workspace.verification_token,
            "team_id": workspace.team_id,
            "team_domain": workspace.domain,
            "channel_id": channel_id,
            "channel_name": channel_name,
            "user_id": self._profile.user_id,
            "user_name": self._profile.username,
            "command": command,
            "text": text,
            "api_app_id": workspace.app_id,
            "is_enterprise_install": "false",
            "response_url": workspace.issue_response_url(self._profile.user_id, channel_id),
            "trigger_id": workspace.issue_trigger(self._profile.user_id),
        }

    def action_in_view(self, view: View, action: Json) -> Json:
        """Return block_actions of a modal or Home; a view has no response_url, so it is empty."""
        return {
            **self._common("block_actions"),
            "container": {"type": "view", "view_id": view.view_id},
            "trigger_id": self._workspace.issue_trigger(self._profile.user_id, view.view_id),
            "view": view.output(),
            "response_url": "",
            "actions": [action],
        }

    def action_in_message(self, posted: Posted, inputs: InputState, action: Json) -> Json:
        """Return block_actions of a message; of an ephemeral one Slack sends no `message`."""
        workspace = self._workspace
        channel = workspace.channels.by_id[posted.channel_id]
        ephemeral = posted.seen_by is not None
        url = workspace.issue_response_url(self._profile.user_id, posted.channel_id, posted.ts, ephemeral=ephemeral)
        payload = {
            **self._common("block_actions"),
            "container": {
                "type": "message",
                "message_ts": posted.ts,
                "channel_id": posted.channel_id,
                "is_ephemeral": ephemeral,
            },
            "trigger_id": workspace.issue_trigger(self._profile.user_id),
            "channel": {"id": channel.channel_id, "name": channel.name},
            "state": {"values": inputs.values()},
            "response_url": url,
            "actions": [action],
        }
        if not ephemeral:
            payload["message"] = copy.deepcopy(posted.raw)
        return payload

    def suggestion(self, control: Control, query: str, view: View | None, posted: Posted | None) -> Json:
        """Return block_suggestion: what was typed into an external select."""
        payload = self._common("block_suggestion") | {
            "block_id": control.key[0],
            "action_id": control.key[1],
            "value": query,
        }
        if view is not None:
            return payload | {"container": {"type": "view", "view_id": view.view_id}, "view": view.output()}
        if posted is None:
            return payload | {"container": {}}
        channel = self._workspace.channels.by_id[posted.channel_id]
        container = {"type": "message", "message_ts": posted.ts, "channel_id": posted.channel_id}
        return payload | {
            "container": container | {"is_ephemeral": posted.seen_by is not None},
            "channel": {"id": channel.channel_id, "name": channel.name},
            "message": copy.deepcopy(posted.raw),
        }

    def submission(self, view: Json) -> Json:
        """Return view_submission; `view` is the output of the view, state included."""
        return {
            **self._common("view_submission"),
            "trigger_id": self._workspace.issue_trigger(self._profile.user_id, view.get("id")),
            "view": view,
            "response_urls": [],
        }

    def closed(self, view: View, *, cleared: bool) -> Json:
        """Return view_closed, which carries no input state."""
        output = view.output() | {"state": {"values": {}}}
        return {**self._common("view_closed"), "view": output, "is_cleared": cleared}

    def event(self, event: Json) -> Json:
        """Return the outer wrapping of an Events API event, with an event_id of its own."""
        workspace = self._workspace
        return {
            "token": workspace.verification_token,
            "team_id": workspace.team_id,
            "api_app_id": workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": workspace.next_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": workspace.team_id,
                    "user_id": workspace.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def action(self, control: Control, inputs: InputState, *, picked: Any = None) -> Json:
        """Return the entry of `actions` for what was done to an element; `picked` is an overflow's option."""
        block_id, action_id = control.key
        action: Json = {
            "type": control.type,
            "block_id": block_id,
            "action_id": action_id,
            "action_ts": self._workspace.next_ts(),
        }
        for name in ("text", "value", "url", "style") if control.type == "button" else ("placeholder",):
            if control.element.get(name):
                action[name] = control.element[name]
        if control.type == "overflow":
            action["selected_option"] = picked
        elif control.type in STATEFUL:
            field = STATEFUL[control.type][1]
            value = inputs.get(control.key).fragment()[field]
            action[field] = "" if field == "value" and value is None else value
        return copy.deepcopy(action)
