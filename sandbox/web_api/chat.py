"""chat.*."""

from __future__ import annotations

import copy

from sandbox.channels import Channel, Posted
from sandbox.errors import ApiError
from sandbox.jsontypes import Json
from sandbox.validate.messages import has_content
from sandbox.web_api.method import Method
from sandbox.workspace import Workspace


def _channel(workspace: Workspace, name: str) -> Channel:
    """Return where to post: a user id means the direct message with that user."""
    if name in workspace.profiles:
        profile = workspace.profiles[name]
        if profile.is_bot or profile.deleted:
            raise ApiError("channel_not_found")
        return workspace.channels.direct(name)
    return workspace.channels.get(name)


def _needs_content(args: Json) -> None:
    if not has_content(args):
        raise ApiError("no_text")


def post(workspace: Workspace, args: Json) -> Json:
    """Answer chat.postMessage."""
    _needs_content(args)
    channel = _channel(workspace, args["channel"])
    message = workspace.bot_message(args)
    if args.get("thread_ts"):
        channel.find(args["thread_ts"])
    channel.messages.append(Posted(channel.channel_id, message))
    return {"channel": channel.channel_id, "ts": message["ts"], "message": copy.deepcopy(message)}


def post_ephemeral(workspace: Workspace, args: Json) -> Json:
    """Answer chat.postEphemeral."""
    _needs_content(args)
    workspace.profile(args["user"])
    channel = _channel(workspace, args["channel"])
    if channel.user_id and channel.user_id != args["user"]:
        raise ApiError("user_not_in_channel")
    message = workspace.bot_message(args)
    channel.ephemerals.append(Posted(channel.channel_id, message, seen_by=args["user"]))
    return {"message_ts": message["ts"]}


def _own_message(workspace: Workspace, args: Json, refusal: str) -> Posted:
    posted = workspace.channels.get(args["channel"]).find(args["ts"])
    if posted.raw.get("bot_id") != workspace.bot_id:
        raise ApiError(refusal)
    return posted


def redraw(workspace: Workspace, posted: Posted, args: Json) -> None:
    """Replace the content of a message; `text` without `blocks` deletes the blocks."""
    fresh = workspace.bot_message(args, ts=posted.ts)
    for name in ("metadata", "thread_ts", "files"):
        if name not in fresh and name in posted.raw:
            fresh[name] = posted.raw[name]
    fresh["edited"] = {"user": workspace.bot_id, "ts": workspace.next_ts()}
    posted.raw = fresh


def update(workspace: Workspace, args: Json) -> Json:
    """Answer chat.update."""
    posted = _own_message(workspace, args, "cant_update_message")
    _needs_content(args)
    redraw(workspace, posted, args)
    return {
        "channel": posted.channel_id,
        "ts": posted.ts,
        "text": posted.raw["text"],
        "message": copy.deepcopy(posted.raw),
    }


def delete(workspace: Workspace, args: Json) -> Json:
    """Answer chat.delete."""
    posted = _own_message(workspace, args, "cant_delete_message")
    posted.deleted = True
    return {"channel": posted.channel_id, "ts": posted.ts}


def permalink(workspace: Workspace, args: Json) -> Json:
    """Answer chat.getPermalink."""
    channel = workspace.channels.get(args["channel"])
    posted = channel.find(args["message_ts"])
    place = f"archives/{channel.channel_id}/p{posted.ts.replace('.', '')}"
    return {"channel": channel.channel_id, "permalink": f"{workspace.base_url}/{place}"}


METHODS = {
    # one message a second and channel, counted by the gateway
    "chat.postMessage": Method(post, "chat:write", per_minute=60),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write", per_minute=100),
    "chat.update": Method(update, "chat:write"),
    "chat.delete": Method(delete, "chat:write"),
    "chat.getPermalink": Method(permalink, per_minute=600),
}
