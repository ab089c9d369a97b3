"""What the bot answers to Slack: acks of deliveries and posts to a response_url."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.validate import limits
from sandbox.validate.elements import OPTION_GROUP, RICH_OPTION
from sandbox.validate.messages import check_content
from sandbox.validate.problem import Problem, Rule, Shape, boolean, choice, json_object, list_of, string
from sandbox.validate.views import check_view

_ANSWER: dict[str, Rule] = {
    "text": string(),
    "blocks": list_of(json_object),
    "attachments": list_of(json_object),
    "markdown_text": string(limits.MARKDOWN),
    "response_type": choice("in_channel", "ephemeral"),
    "replace_original": boolean,
    "delete_original": boolean,
    "thread_ts": string(),
    "unfurl_links": boolean,
    "unfurl_media": boolean,
    "mrkdwn": boolean,
    "metadata": json_object,
    "parse": choice("full", "none"),
    "link_names": boolean,
}
ANSWER = Shape(_ANSWER)
OPTIONS = Shape(
    {
        "options": list_of(RICH_OPTION.check, most=limits.SELECT_OPTIONS),
        "option_groups": list_of(OPTION_GROUP.check, most=limits.SELECT_OPTIONS),
    }
)
# response_action -> the fields it goes with
RESPONSE_ACTIONS: dict[str, tuple[str, ...]] = {
    "errors": ("errors",),
    "update": ("view",),
    "push": ("view",),
    "clear": (),
}


def check_ack(kind: str, body: Any) -> list[Problem]:
    """Return what is wrong with the answer to a delivery of `kind`, or with a post to a response_url."""
    if kind in ("slash", "response_url"):
        return list(_message(body))
    if kind == "view_submission":
        return list(_submission(body))
    if kind == "block_suggestion":
        return list(_suggestion(body))
    return [] if not body else [Problem("", f"{kind} takes an empty answer", refused=False)]


def _message(body: Any) -> Iterator[Problem]:
    if body is None or isinstance(body, str):
        return
    yield from ANSWER.check(body, "")
    if isinstance(body, dict):
        yield from check_content(body, needs_text=False)


def _submission(body: Any) -> Iterator[Problem]:
    if body is None or body == "" or body == {}:
        return
    if not isinstance(body, dict) or body.get("response_action") not in RESPONSE_ACTIONS:
        yield Problem("/response_action", f"must be one of {', '.join(RESPONSE_ACTIONS)}")
        return
    action = body["response_action"]
    wanted = RESPONSE_ACTIONS[action]
    for name in wanted:
        if not body.get(name):
            yield Problem(f"/{name}", f"missing required field: {name}")
    for name in body:
        if name != "response_action" and name not in wanted:
            yield Problem(f"/{name}", f"not allowed with response_action {action}")
    if "view" in wanted and body.get("view"):
        yield from check_view(body["view"], "modal")
    if action == "errors" and isinstance(body.get("errors"), dict):
        for name, message in body["errors"].items():
            yield from string(limits.SECTION, 1)(message, f"/errors/{name}")


def _suggestion(body: Any) -> Iterator[Problem]:
    if not isinstance(body, dict) or ("options" in body) == ("option_groups" in body):
        yield Problem("", "must have exactly one of options and option_groups")
        return
    yield from OPTIONS.check(body, "")
