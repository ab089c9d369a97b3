"""The elements of Block Kit as a table (https://docs.slack.dev/reference/block-kit/block-elements)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.validate import limits
from sandbox.validate.problem import Problem, Rule, Shape, anything, boolean, choice, integer, list_of, string

_PLAIN = Shape({"type": choice("plain_text"), "text": string(), "emoji": boolean}, ("type", "text"))
_MRKDWN = Shape({"type": choice("mrkdwn"), "text": string(), "verbatim": boolean}, ("type", "text"))


def _text(shapes: dict[str, Shape], most: int) -> Rule:
    inner = string(most, 1)

    def rule(value: Any, pointer: str) -> Iterator[Problem]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in shapes:
            yield Problem(pointer, f"must be a text object of type {' or '.join(shapes)}")
            return
        yield from shapes[kind].check(value, pointer)
        if isinstance(value.get("text"), str):
            yield from inner(value["text"], f"{pointer}/text")

    return rule


def plain(most: int) -> Rule:
    """Rule: a plain_text object."""
    return _text({"plain_text": _PLAIN}, most)


def text(most: int) -> Rule:
    """Rule: a plain_text or mrkdwn object."""
    return _text({"plain_text": _PLAIN, "mrkdwn": _MRKDWN}, most)


CONFIRM = Shape(
    {
        "title": plain(limits.CONFIRM_TITLE),
        "text": text(limits.CONFIRM_TEXT),
        "confirm": plain(limits.CONFIRM_BUTTON),
        "deny": plain(limits.CONFIRM_BUTTON),
        "style": choice("primary", "danger"),
    },
    ("text",),
)


def _option_shape(label: Rule, description: Rule) -> Shape:
    fields: dict[str, Rule] = {
        "text": label,
        "value": string(limits.OPTION_VALUE),
        "description": description,
        "url": string(limits.URL),
    }
    return Shape(fields, ("text", "value"))


OPTION = _option_shape(plain(limits.OPTION_TEXT), plain(limits.OPTION_TEXT))
RICH_OPTION = _option_shape(text(limits.OPTION_TEXT), text(limits.OPTION_TEXT))
OPTION_GROUP = Shape(
    {"label": plain(limits.OPTION_TEXT), "options": list_of(OPTION.check, least=1, most=limits.SELECT_OPTIONS)},
    ("label", "options"),
)
DISPATCH = Shape(
    {"trigger_actions_on": list_of(choice("on_enter_pressed", "on_character_entered"), least=1, most=2)},
)

_ALL: dict[str, Rule] = {"type": anything, "action_id": string(limits.ID)}
_FOCUS: dict[str, Rule] = {**_ALL, "focus_on_load": boolean}
_PICKER: dict[str, Rule] = {**_FOCUS, "confirm": CONFIRM.check, "placeholder": plain(limits.PLACEHOLDER)}
_TYPED: dict[str, Rule] = {
    **_FOCUS,
    "placeholder": plain(limits.PLACEHOLDER),
    "dispatch_action_config": DISPATCH.check,
    "initial_value": string(limits.INPUT_TEXT),
}
_OPTIONS: dict[str, Rule] = {
    "options": list_of(OPTION.check, least=1, most=limits.SELECT_OPTIONS),
    "option_groups": list_of(OPTION_GROUP.check, least=1, most=limits.SELECT_OPTIONS),
}
_MULTI: dict[str, Rule] = {**_PICKER, "max_selected_items": integer(1)}
_BOXES: dict[str, Rule] = {
    **_FOCUS,
    "confirm": CONFIRM.check,
    "options": list_of(RICH_OPTION.check, least=1, most=limits.CHECKBOXES),
}
_DATE = string(pattern=r"\d{4}-\d\d-\d\d")
_TIME = string(pattern=r"([01]\d|2[0-3]):[0-5]\d")

ELEMENTS: dict[str, Shape] = {
    "button": Shape(
        {
            **_ALL,
            "text": plain(limits.BUTTON_TEXT),
            "value": string(limits.BUTTON_VALUE),
            "url": string(limits.URL, pattern=r"(https?|slack|mailto):.*"),
            "style": choice("primary", "danger"),
            "confirm": CONFIRM.check,
            "accessibility_label": string(limits.BUTTON_TEXT),
        },
        ("text",),
    ),
    "static_select": Shape({**_PICKER, **_OPTIONS, "initial_option": OPTION.check}),
    "multi_static_select": Shape({**_MULTI, **_OPTIONS, "initial_options": list_of(OPTION.check, least=1)}),
    "external_select": Shape({**_PICKER, "initial_option": OPTION.check, "min_query_length": integer(0)}),
    "multi_external_select": Shape(
        {**_MULTI, "initial_options": list_of(OPTION.check, least=1), "min_query_length": integer(0)}
    ),
    "users_select": Shape({**_PICKER, "initial_user": string()}),
    "multi_users_select": Shape({**_MULTI, "initial_users": list_of(string())}),
    "conversations_select": Shape(
        {
            **_PICKER,
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": anything,
        }
    ),
    "channels_select": Shape({**_PICKER, "initial_channel": string(), "response_url_enabled": boolean}),
    "checkboxes": Shape({**_BOXES, "initial_options": list_of(RICH_OPTION.check, least=1)}, ("options",)),
    "radio_buttons": Shape({**_BOXES, "initial_option": RICH_OPTION.check}, ("options",)),
    "overflow": Shape(
        {**_ALL, "confirm": CONFIRM.check, "options": list_of(OPTION.check, least=1, most=limits.OVERFLOW)},
        ("options",),
    ),
    "datepicker": Shape({**_PICKER, "initial_date": _DATE}),
    "timepicker": Shape({**_PICKER, "initial_time": _TIME, "timezone": string()}),
    "datetimepicker": Shape(
        {**_FOCUS, "confirm": CONFIRM.check, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    ),
    "plain_text_input": Shape(
        {
            **_TYPED,
            "multiline": boolean,
            "min_length": integer(0, limits.INPUT_TEXT),
            "max_length": integer(1, limits.INPUT_TEXT),
        }
    ),
    "email_text_input": Shape(_TYPED),
    "url_text_input": Shape(_TYPED),
    "number_input": Shape(
        {**_TYPED, "is_decimal_allowed": boolean, "min_value": string(), "max_value": string()},
        ("is_decimal_allowed",),
    ),
    "rich_text_input": Shape({**_TYPED, "initial_value": anything, "min_lines": integer(1), "max_lines": integer(1)}),
    "file_input": Shape(
        {**_ALL, "filetypes": list_of(string()), "max_files": integer(1, limits.FILES)},
    ),
}

PICKERS = frozenset(
    {
        "users_select",
        "static_select",
        "conversations_select",
        "channels_select",
        "external_select",
        "multi_users_select",
        "multi_static_select",
        "multi_conversations_select",
        "multi_channels_select",
        "multi_external_select",
        "checkboxes",
        "radio_buttons",
        "datepicker",
        "timepicker",
    }
)
IN_ACTIONS = PICKERS | {"button", "overflow", "datetimepicker", "rich_text_input"}
IN_SECTION = PICKERS | {"button", "overflow"}
IN_INPUT = PICKERS | {
    "datetimepicker",
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "file_input",
}
# element -> the surfaces it may stand on; all others stand anywhere
SURFACES: dict[str, frozenset[str]] = {
    "email_text_input": frozenset({"modal"}),
    "url_text_input": frozenset({"modal"}),
    "number_input": frozenset({"modal"}),
    "file_input": frozenset({"modal"}),
    "rich_text_input": frozenset({"modal", "home"}),
    "datetimepicker": frozenset({"modal", "message"}),
}


def element(allowed: frozenset[str], surface: str) -> Rule:
    """Rule: one of the `allowed` elements, fit for `surface` ("modal", "home" or "message")."""

    def rule(value: Any, pointer: str) -> Iterator[Problem]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in allowed:
            yield Problem(f"{pointer}/type", f"unsupported type: {kind}")
            return
        if surface not in SURFACES.get(kind, {surface}):
            yield Problem(f"{pointer}/type", f"{kind} is not available in a {surface}")
        yield from ELEMENTS[kind].check(value, pointer)
        if not value.get("action_id"):
            yield Problem(pointer, f"{kind} without action_id: Slack would make up a random one", refused=False)
        yield from _cross_checks(kind, value, pointer)

    return rule


def _cross_checks(kind: str, value: dict[str, Any], pointer: str) -> Iterator[Problem]:
    """What one field demands of another."""
    if kind in ("static_select", "multi_static_select") and bool(value.get("options")) == bool(
        value.get("option_groups")
    ):
        yield Problem(pointer, "must have exactly one of options and option_groups")
    yield from _options_agree(value, pointer)
    if kind == "plain_text_input":
        most = value.get("max_length") or limits.INPUT_TEXT
        if (value.get("min_length") or 0) > most:
            yield Problem(f"{pointer}/min_length", "must not be above max_length")
        if len(value.get("initial_value") or "") > most:
            yield Problem(f"{pointer}/initial_value", "must not be longer than max_length")


def _options_agree(value: dict[str, Any], pointer: str) -> Iterator[Problem]:
    options = list(value.get("options") or [])
    for group in value.get("option_groups") or []:
        options += group.get("options") or []
    if not options:
        return
    values = [one.get("value") for one in options if isinstance(one, dict)]
    if len(set(values)) != len(values):
        yield Problem(f"{pointer}/options", "option values must be unique")
    if value.get("initial_option") and value["initial_option"] not in options:
        yield Problem(f"{pointer}/initial_option", "must equal one of the options")
    for index, one in enumerate(value.get("initial_options") or []):
        if one not in options:
            yield Problem(f"{pointer}/initial_options/{index}", "must equal one of the options")
