"""What the user reads when something goes wrong: one place for every exception of every listener.

Bolt runs with `process_before_response`, so a listener that raised has not answered Slack yet, and what is returned
here is the answer: inline errors for a modal's inputs, an ephemeral message or a small modal elsewhere.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from slack_bolt import App, BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import AccessNeeded, FieldErrors, UserError
from bot.log import get_logger
from handlers.blocks.common import escape, plain, section
from handlers.blocks.welcome import welcome_blocks, welcome_text
from handlers.web_api import tell_alone

log = get_logger(__name__)
Fields = Mapping[str, str]
"""An input's name in the use case -> its block id, or what that id begins with."""

GONE = {"exchanged_trigger_id", "hash_conflict", "not_found", "view_not_found"}
"""Slack's answers when the person was faster than we were: what they see is newer, so nothing is shown."""
TOO_LATE = "That took longer than Slack waits for a window, so it could not open. Nothing is lost: please try again."
"""Said for expired_trigger_id: Slack lets a window open within three seconds of a click."""


def register(app: App, fields: Mapping[str, Fields]) -> None:
    """Make this module the answer to every exception; `fields` maps a view's callback id to its inputs."""

    @app.error
    def answer(error: Exception, body: dict[str, Any], client: WebClient) -> BoltResponse:
        if isinstance(error, SlackApiError) and error.response.get("error") in GONE:
            return BoltResponse(status=200)
        return _respond(_explain(error), error, body, client, fields)


def _explain(error: Exception) -> str:
    if isinstance(error, AccessNeeded):
        return welcome_text(error.admins)
    if isinstance(error, UserError):
        return error.message
    if isinstance(error, SlackApiError) and error.response.get("error") == "expired_trigger_id":
        return TOO_LATE
    reference = secrets.token_hex(4)
    log.error("listener_failed", reference=reference, error=type(error).__name__, exc_info=error)
    return (
        "Something went wrong on our side; nothing was sent because of it. Try again, and if it stays, give your admin "
        f"this reference: {reference}"
    )


def fault_view(error: Exception) -> dict[str, Any]:
    """Return what stands where a view could not be drawn, with why."""
    return _view([section(escape(_explain(error)))])


def _respond(
    text: str, error: Exception, body: dict[str, Any], client: WebClient, fields: Mapping[str, Fields]
) -> BoltResponse:
    blocks = welcome_blocks(error.admins) if isinstance(error, AccessNeeded) else [section(escape(text))]
    kind = body.get("type")
    if kind == "view_submission":
        inline = _inline(error, body["view"], fields.get(body["view"].get("callback_id", ""), {}))
        if inline:
            return _json({"response_action": "errors", "errors": inline})
        return _json({"response_action": "push", "view": _view(blocks)})
    if kind == "block_suggestion":
        return _json({"options": []})
    if "command" in body:
        return _json({"response_type": "ephemeral", "text": text, "blocks": blocks})
    if body.get("view") and body.get("trigger_id"):
        with suppress(SlackApiError):  # the trigger may be what was too late; the view in front of the person stays
            client.views_push(trigger_id=body["trigger_id"], view=_view(blocks))
    elif body.get("response_url"):
        tell_alone(body["response_url"], text=text, blocks=blocks)
    return BoltResponse(status=200)


def _inline(error: Exception, view: Mapping[str, Any], fields: Fields) -> dict[str, str]:
    """Return the errors by the block ids that are really in the view (an input set from code has a new id)."""
    if isinstance(error, FieldErrors):
        wrong = dict(error.fields)
    elif isinstance(error, UserError) and error.field:
        wrong = {error.field: error.message}
    else:
        return {}
    ids = [b.get("block_id", "") for b in view.get("blocks", []) if b.get("type") == "input"]
    found = {name: next((i for i in ids if i.startswith(fields.get(name, name))), None) for name in wrong}
    known = {block_id: wrong[name] for name, block_id in found.items() if block_id}
    orphans = [wrong[name] for name, block_id in found.items() if not block_id]
    if orphans and ids:  # said at the first input rather than not at all
        known[ids[0]] = " ".join([*([known[ids[0]]] if ids[0] in known else []), *orphans])
    return known


def _view(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "modal", "title": plain("That did not work"), "close": plain("Back"), "blocks": blocks}


def _json(payload: dict[str, Any]) -> BoltResponse:
    return BoltResponse(
        status=200, body=json.dumps(payload), headers={"content-type": ["application/json; charset=utf-8"]}
    )
