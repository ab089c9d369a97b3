"""The arguments of the Web API methods as a table (https://docs.slack.dev/reference/methods)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.validate.messages import check_content
from sandbox.validate.problem import (
    Problem,
    Rule,
    Shape,
    anything,
    boolean,
    choice,
    integer,
    json_object,
    list_of,
    string,
)
from sandbox.validate.views import check_view

_TS = string(pattern=r"\d{10}\.\d{6}")
_ALL: dict[str, Rule] = {"token": string(), "team_id": string()}
_PAGE: dict[str, Rule] = {"cursor": string(), "limit": integer(0, 1000)}
_CONTENT: dict[str, Rule] = {
    "text": string(),
    "blocks": list_of(json_object),
    "attachments": list_of(json_object),
    "markdown_text": string(12_000),
    "metadata": json_object,
    "parse": choice("full", "none"),
    "link_names": boolean,
}
_POST: dict[str, Rule] = {
    **_CONTENT,
    "channel": string(),
    "thread_ts": _TS,
    "reply_broadcast": boolean,
    "unfurl_links": boolean,
    "unfurl_media": boolean,
    "mrkdwn": boolean,
    "username": string(),
    "icon_url": string(),
    "icon_emoji": string(),
    "as_user": boolean,
}
_UPLOADED = Shape({"id": string(), "title": string(), "highlight_type": string()}, ("id",))
_VIEW: dict[str, Rule] = {"view": json_object, "trigger_id": string(), "interactivity_pointer": string()}


def _shape(required: tuple[str, ...] = (), /, **fields: Rule) -> Shape:
    return Shape({**_ALL, **fields}, required)


METHODS: dict[str, Shape] = {
    "auth.test": _shape(),
    "apps.connections.open": _shape(),
    "team.info": _shape(team=string(), domain=string()),
    "bots.info": _shape(bot=string()),
    "users.info": _shape(("user",), user=string(), include_locale=boolean),
    "users.list": _shape((), include_locale=boolean, **_PAGE),
    "users.lookupByEmail": _shape(("email",), email=string()),
    "conversations.open": _shape(
        channel=string(), users=string(), return_im=boolean, prevent_creation=boolean, force_im=boolean
    ),
    "conversations.info": _shape(("channel",), channel=string(), include_locale=boolean, include_num_members=boolean),
    "conversations.history": _shape(
        ("channel",),
        channel=string(),
        latest=string(),
        oldest=string(),
        inclusive=boolean,
        include_all_metadata=boolean,
        **_PAGE,
    ),
    "conversations.replies": _shape(
        ("channel", "ts"),
        channel=string(),
        ts=_TS,
        latest=string(),
        oldest=string(),
        inclusive=boolean,
        include_all_metadata=boolean,
        **_PAGE,
    ),
    "chat.postMessage": _shape(("channel",), **_POST),
    "chat.postEphemeral": _shape(("channel", "user"), user=string(), **_POST),
    "chat.update": _shape(
        ("channel", "ts"),
        channel=string(),
        ts=_TS,
        as_user=boolean,
        reply_broadcast=boolean,
        file_ids=list_of(string()),
        **_CONTENT,
    ),
    "chat.delete": _shape(("channel", "ts"), channel=string(), ts=_TS, as_user=boolean),
    "chat.getPermalink": _shape(("channel", "message_ts"), channel=string(), message_ts=_TS),
    "views.open": _shape(("view",), **_VIEW),
    "views.push": _shape(("view",), **_VIEW),
    "views.update": _shape(("view",), view=json_object, view_id=string(), external_id=string(255), hash=string()),
    "views.publish": _shape(("view", "user_id"), view=json_object, user_id=string(), hash=string()),
    "files.getUploadURLExternal": _shape(
        ("filename", "length"),
        filename=string(least=1),
        length=integer(1),
        alt_text=string(),
        alt_txt=string(),
        snippet_type=string(),
    ),
    "files.completeUploadExternal": _shape(
        ("files",),
        files=list_of(_UPLOADED.check, least=1),
        channel_id=string(),
        channels=string(),
        initial_comment=string(),
        thread_ts=_TS,
        blocks=list_of(json_object),
    ),
    "files.info": _shape(("file",), file=string(), count=anything, page=anything, **_PAGE),
    "files.delete": _shape(("file",), file=string()),
}
_WITH_CONTENT = ("chat.postMessage", "chat.postEphemeral", "chat.update")


def check_call(method: str, args: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with the arguments of a call; an unknown method has no findings here."""
    return list(_check_call(method, args)) if method in METHODS else []


def _check_call(method: str, args: dict[str, Any]) -> Iterator[Problem]:
    yield from METHODS[method].check(args, "")
    if method in ("views.open", "views.push"):
        yield from check_view(args.get("view"), "modal")
        if not args.get("trigger_id") and not args.get("interactivity_pointer"):
            yield Problem("", "missing required field: trigger_id")
    elif method == "views.update":
        view = args.get("view")
        home = isinstance(view, dict) and view.get("type") == "home"
        yield from check_view(view, "home" if home else "modal")
        if not args.get("view_id") and not args.get("external_id"):
            yield Problem("", "missing required field: view_id")
    elif method == "views.publish":
        yield from check_view(args.get("view"), "home")
    elif method in _WITH_CONTENT:
        yield from check_content(args, needs_text=True)
    elif method == "conversations.open" and bool(args.get("users")) == bool(args.get("channel")):
        yield Problem("", "must have exactly one of users and channel")
