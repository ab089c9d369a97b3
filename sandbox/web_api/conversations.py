"""conversations.*."""

from __future__ import annotations

import copy

from sandbox.channels import Channel, Posted
from sandbox.errors import ApiError
from sandbox.jsontypes import Json
from sandbox.web_api.method import Method
from sandbox.workspace import Workspace


def open_direct(workspace: Workspace, args: Json) -> Json:
    """Answer conversations.open."""
    if args.get("channel"):
        channel = workspace.channels.get(args["channel"])
    else:
        users = args["users"].split(",")
        if len(users) != 1:
            raise ApiError("method_not_supported_for_channel_type")
        profile = workspace.profile(users[0])
        if profile.is_bot:
            raise ApiError("cannot_dm_bot")
        if profile.deleted:
            raise ApiError("user_disabled")
        channel = workspace.channels.direct(profile.user_id)
    if args.get("return_im"):
        return {"no_op": False, "already_open": True, "channel": _shown(channel)}
    return {"channel": {"id": channel.channel_id}}


def _shown(channel: Channel) -> Json:
    if channel.user_id:
        return {"id": channel.channel_id, "is_im": True, "user": channel.user_id, "is_org_shared": False}
    return {"id": channel.channel_id, "name": channel.name, "is_channel": True, "is_im": False}


def info(workspace: Workspace, args: Json) -> Json:
    """Answer conversations.info."""
    channel = workspace.channels.by_id.get(args["channel"])
    if channel is None:
        raise ApiError("channel_not_found")
    return {"channel": _shown(channel)}


def history(workspace: Workspace, args: Json) -> Json:
    """Answer conversations.history, newest first."""
    channel = workspace.channels.get(args["channel"])
    found = [one for one in channel.messages if not one.deleted and one.raw.get("thread_ts") in (None, one.ts)]
    return _page([one for one in found if _within(one, args)][::-1], args)


def replies(workspace: Workspace, args: Json) -> Json:
    """Answer conversations.replies, oldest first."""
    channel = workspace.channels.get(args["channel"])
    channel.find(args["ts"])
    found = [one for one in channel.messages if not one.deleted and args["ts"] in (one.ts, one.raw.get("thread_ts"))]
    return _page([one for one in found if _within(one, args)], args)


def _within(one: Posted, args: Json) -> bool:
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or 10**11)
    if args.get("inclusive"):
        return oldest <= float(one.ts) <= latest
    return oldest < float(one.ts) < latest


def _page(found: list[Posted], args: Json) -> Json:
    start = int(args.get("cursor") or 0)
    end = start + (args.get("limit") or 100)
    messages = [copy.deepcopy(one.raw) for one in found[start:end]]
    if not args.get("include_all_metadata"):
        for one in messages:
            one.pop("metadata", None)
    more = end < len(found)
    return {
        "messages": messages,
        "has_more": more,
        "response_metadata": {"next_cursor": str(end) if more else ""},
    }


METHODS = {
    "conversations.open": Method(open_direct, "im:write"),
    "conversations.info": Method(info, "im:read"),
    "conversations.history": Method(history, "im:history"),
    "conversations.replies": Method(replies, "im:history"),
}
