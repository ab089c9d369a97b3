"""A small real Bolt app that uses every kind of interaction; it is what the sandbox is tested with."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from slack_bolt import App

Json = dict[str, Any]

MANIFEST: Json = {
    "display_information": {"name": "Tiny"},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "bot_user": {"display_name": "tiny"},
        "slash_commands": [{"command": "/tiny"}],
    },
    "oauth_config": {
        "scopes": {
            "bot": ["commands", "chat:write", "users:read", "users:read.email", "files:read", "files:write", "im:write"]
        }
    },
    "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}},
}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str | None = None) -> Json:
    return {"text": plain(text), "value": value or text.lower()}


def section(text: str, accessory: Json | None = None, block_id: str | None = None) -> Json:
    block: Json = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    if accessory:
        block["accessory"] = accessory
    if block_id:
        block["block_id"] = block_id
    return block


def text_input(block_id: str, label: str, action_id: str, **element: Any) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"type": "plain_text_input", "action_id": action_id, **element},
    }


def button(text: str, action_id: str, value: str = "v", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": value, **more}


def actions(*elements: Json, block_id: str = "buttons") -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


TAGS = ["Name", "Amount", "Due date"]


def form(body_block: str = "body", body: str | None = None, note: str = "empty", tag_block: str = "tag") -> Json:
    """The form: a name, a body with a tag picker, choices of several kinds."""
    body_input = text_input(
        body_block,
        "Body",
        "body",
        multiline=True,
        dispatch_action_config={"trigger_actions_on": ["on_character_entered"]},
        **({"initial_value": body} if body is not None else {}),
    )
    tags = {
        "type": "static_select",
        "action_id": "tag",
        "placeholder": plain("Pick a tag"),
        "options": [option(one) for one in TAGS],
    }
    customers = {
        "type": "multi_external_select",
        "action_id": "customers",
        "min_query_length": 1,
        "placeholder": plain("Search customers"),
    }
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Write"),
        "submit": plain("Next"),
        "notify_on_close": True,
        "blocks": [
            section(f"Note: {note}", block_id="note"),
            text_input("name", "Name", "name", max_length=20),
            {**body_input, "dispatch_action": True},
            section("*Insert a tag*", tags, tag_block),
            {"type": "input", "block_id": "who", "label": plain("Customers"), "optional": True, "element": customers},
            actions(button("Redraw", "redraw"), button("Preview", "preview"), button("Nobody hears", "unheard")),
        ],
    }


def preview(text: str) -> Json:
    return {"type": "modal", "callback_id": "preview", "title": plain("Preview"), "blocks": [section(text)]}


class TinyApp:
    """The app and what it saw. `hold` makes the handler of the button "hold" wait until it is set."""

    def __init__(self, token: str, api_url: str, signing_secret: str) -> None:
        from slack_sdk import WebClient

        self.app = App(
            client=WebClient(token=token, base_url=api_url),
            token=token,
            signing_secret=signing_secret,
            process_before_response=False,
        )
        self.clicks: list[Json] = []
        self.closed: list[Json] = []
        self.submitted: list[Json] = []
        self.hold = threading.Event()
        self.errors: list[str] = []
        self.trigger = ""
        self._register()

    def _register(self) -> None:
        app = self.app
        app.command("/tiny")(self.command)
        app.view("form")(self.submit)
        app.view_closed("form")(self.close)
        app.options("customers")(self.suggest)
        app.action("body")(self.typed)
        app.action("tag")(self.insert_tag)
        app.action("redraw")(self.redraw)
        app.action("preview")(self.show_preview)
        app.action("hold")(self.slow_click)
        app.action(re.compile("^row:"))(self.row)
        app.event("app_home_opened")(self.home)

    def command(self, ack: Any, body: Json, client: Any, respond: Any) -> None:
        if body["text"] == "help":
            ack("Usage: /tiny")
            return
        ack()
        if body["text"] == "later":
            respond("Told you later")
            return
        self.trigger = body["trigger_id"]
        client.views_open(trigger_id=body["trigger_id"], view=form())

    def submit(self, ack: Any, body: Json, client: Any) -> None:
        self.submitted.append(body)
        values = body["view"]["state"]["values"]
        name = values["name"]["name"]["value"]
        answers: dict[str, Callable[[], Any]] = {
            "bad": lambda: ack(response_action="errors", errors={"name": "Choose a better name"}),
            "stray": lambda: ack(response_action="errors", errors={"nowhere": "Lost"}),
            "update": lambda: ack(response_action="update", view=preview("updated")),
            "push": lambda: ack(response_action="push", view=preview("pushed")),
            "wide": lambda: ack(response_action="update", view={**preview("x"), "title": plain("t" * 25)}),
            "clear": lambda: ack(response_action="clear"),
        }
        answers.get(name, ack)()
        if name not in answers:
            client.chat_postMessage(channel=body["user"]["id"], text=f"Sent {name}", blocks=self.message(name))

    @staticmethod
    def message(name: str) -> list[Json]:
        return [
            section(f"*{name}* is ready"),
            actions(button("Send", "row:send"), button("Ignore", "row:ignore", style="danger")),
        ]

    def close(self, ack: Any, body: Json) -> None:
        ack()
        self.closed.append(body)

    def suggest(self, ack: Any, payload: Json) -> None:
        names = ["Acme", "Apex", "Bolt"]
        found = [one for one in names if one.lower().startswith(payload["value"].lower())]
        ack(options=[option(one) for one in found])

    def typed(self, ack: Any, body: Json, client: Any) -> None:
        ack()
        self._update(client, body, form(note=body["actions"][0]["value"], body="from code"))

    def insert_tag(self, ack: Any, body: Json, client: Any) -> None:
        ack()
        values = body["view"]["state"]["values"]
        block_id = next(one for one in values if one.startswith("body"))
        typed = values[block_id]["body"]["value"] or ""
        tag = body["actions"][0]["selected_option"]["value"]
        self._update(client, body, form("body_v2", f"{typed}{{{{{tag}}}}}", tag_block="tag_v2"))

    def redraw(self, ack: Any, body: Json, client: Any) -> None:
        ack()
        self._update(client, body, form(body="ignored", note="redrawn"))

    def show_preview(self, ack: Any, body: Json, client: Any) -> None:
        ack()
        client.views_push(trigger_id=body["trigger_id"], view=preview("pushed by click"))

    def slow_click(self, ack: Any, body: Json) -> None:
        self.clicks.append(body)
        self.hold.wait(5)
        ack()

    def row(self, ack: Any, body: Json, client: Any) -> None:
        ack()
        self.clicks.append(body)
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Sent by Alice", blocks=[])

    def home(self, event: Json, client: Any) -> None:
        view = {"type": "home", "blocks": [section("Nothing to do"), actions(button("New", "unheard"))]}
        client.views_publish(user_id=event["user"], view=view)

    def _update(self, client: Any, body: Json, view: Json) -> None:
        from slack_sdk.errors import SlackApiError

        try:
            client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)
        except SlackApiError as error:
            self.errors.append(error.response["error"])
