"""What an app posts to a response_url (https://docs.slack.dev/interactivity/handling-user-interaction)."""

from __future__ import annotations

from sandbox.channels import Channel, Posted
from sandbox.errors import ApiError
from sandbox.jsontypes import Json
from sandbox.record import Record
from sandbox.validate import check_ack
from sandbox.validate.messages import has_content
from sandbox.web_api.chat import redraw
from sandbox.workspace import ResponseUrl, Workspace


def answer_response_url(workspace: Workspace, token: str, body: Json) -> tuple[int, Json]:
    """Carry out one post to a response_url; return HTTP status and body."""
    workspace.recorder.add(Record("call", "response_url", body))
    problems = check_ack("response_url", body)
    workspace.recorder.blame("response_url", problems)
    try:
        with workspace.lock:
            url = workspace.take_response_url(token)
            refused = [str(one) for one in problems if one.refused]
            if refused:
                raise ApiError("invalid_blocks", status=400, response_metadata={"messages": refused})
            _carry_out(workspace, url, body)
    except ApiError as error:
        return error.status, {"ok": False, "error": error.code, **error.extra}
    finally:
        workspace.touch()
    return 200, {"ok": True}


def _carry_out(workspace: Workspace, url: ResponseUrl, body: Json) -> None:
    channel = workspace.channels.by_id[url.channel_id]
    original = _original(channel, url)
    if body.get("delete_original") and original:
        original.deleted = True
        return
    if not has_content(body):
        raise ApiError("no_text", status=500)
    if body.get("replace_original") and original:
        redraw(workspace, original, body)
        return
    show(workspace, channel, url.user_id, body)


def _original(channel: Channel, url: ResponseUrl) -> Posted | None:
    place = channel.ephemerals if url.ephemeral else channel.messages
    return next((one for one in place if one.ts == url.message_ts and not one.deleted), None)


def show(workspace: Workspace, channel: Channel, user_id: str, body: Json) -> Posted:
    """Show a message to one person, or to the whole channel when it says `in_channel`."""
    message = workspace.bot_message(body)
    if body.get("response_type") == "in_channel":
        posted = Posted(channel.channel_id, message)
        channel.messages.append(posted)
    else:
        posted = Posted(channel.channel_id, message, seen_by=user_id)
        channel.ephemerals.append(posted)
    return posted
