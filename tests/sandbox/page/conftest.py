"""The page of a sandbox in which a small Bolt app shows whatever a test gives it and keeps what comes back."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import MailCatcher, Sandbox
from sandbox.page import Page
from sandbox.person import Person
from sandbox.serving import Serving
from tests import browser as chromium
from tests.sandbox.tiny_app import MANIFEST, plain

Json = dict[str, Any]
expect.set_options(timeout=chromium.WAIT_MS)


class Mirror:
    """A Bolt app: `/tiny` opens `view`; every payload that comes is kept.

    Clicks and submissions are acked once `go_on` is set.
    """

    def __init__(self, slack: Sandbox) -> None:
        self.slack = slack
        self.client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        self.app = App(client=self.client, signing_secret=slack.signing_secret)
        self.view: Json = {}
        self.actions: list[Json] = []
        self.submitted: list[Json] = []
        self.closed: list[Json] = []
        self.asked: list[str] = []
        self.options: list[Json] = []
        self.answer: Json = {}
        self.go_on = threading.Event()
        self.go_on.set()
        anything = re.compile(".*", re.S)
        self.app.command("/tiny")(self._open)
        self.app.action(anything)(self._acted)
        self.app.view(anything)(self._submit)
        self.app.view_closed(anything)(self._close)
        self.app.options(anything)(self._suggest)

    def show(self, *blocks: Json, **more: Any) -> None:
        """Open a modal with these blocks from the next /tiny on."""
        self.view = {
            "type": "modal",
            "callback_id": "shown",
            "title": plain("Shown"),
            "submit": plain("Go"),
            "blocks": list(blocks),
            **more,
        }

    def acted(self, count: int = 1) -> Json:
        """Return the action of the newest block_actions, once `count` have come."""
        self.slack.workspace.wait(lambda: len(self.actions) >= count, 10, f"{count} block_actions")
        assert len(self.actions) == count
        action: Json = self.actions[-1]["actions"][0]
        return action

    def values(self) -> Json:
        """Return state.values of the newest submission, once one has come."""
        self.slack.workspace.wait(lambda: self.submitted, 10, "a submission")
        values: Json = self.submitted[-1]["view"]["state"]["values"]
        return values

    def _open(self, ack: Any, body: Json) -> None:
        ack()
        self.client.views_open(trigger_id=body["trigger_id"], view=self.view)

    def _acted(self, ack: Any, body: Json) -> None:
        self.actions.append(body)
        self.slack.workspace.touch()
        self.go_on.wait(2)
        ack()

    def _submit(self, ack: Any, body: Json) -> None:
        self.submitted.append(body)
        self.go_on.wait(2)
        ack(**self.answer)
        self.slack.workspace.touch()

    def _close(self, ack: Any, body: Json) -> None:
        ack()
        self.closed.append(body)
        self.slack.workspace.touch()

    def _suggest(self, ack: Any, payload: Json) -> None:
        self.asked.append(payload["value"])
        ack(options=[one for one in self.options if payload["value"].lower() in one["text"]["text"].lower()])


class Webhook:
    """A server that keeps the forms posted to it, and answers with the next of `statuses` (200 once there is none)."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self._serving = Serving("webhook", 0)

    def __enter__(self) -> Webhook:
        self._serving.start(Starlette(routes=[Route("/", self._take, methods=["POST"])]))
        return self

    def __exit__(self, *failure: object) -> None:
        self._serving.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._serving.port}/"

    async def _take(self, request: Request) -> Response:
        self.forms.append(dict(parse_qsl((await request.body()).decode())))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as hook:
        yield hook


@pytest.fixture
def slack() -> Iterator[Sandbox]:
    with Sandbox(manifest=MANIFEST) as sandbox:
        yield sandbox


@pytest.fixture
def alice(slack: Sandbox) -> Person:
    return slack.add_person("Alice Martin", email="alice@example.com", user_id="U0ALICE001", owner=True, title="Admin")


@pytest.fixture
def bob(slack: Sandbox) -> Person:
    return slack.add_person("Bob Roy", email="bob@example.com", user_id="U0BOB00001")


@pytest.fixture
def mirror(slack: Sandbox) -> Iterator[Mirror]:
    mirror = Mirror(slack)
    connection = SocketModeHandler(mirror.app, slack.app_token, web_client=mirror.client, ping_interval=1)
    connection.connect()  # type: ignore[no-untyped-call]
    slack.wait_connected()
    yield mirror
    connection.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as catcher:
        yield catcher


@pytest.fixture
def site(slack: Sandbox, mail: MailCatcher) -> Iterator[Page]:
    with Page(slack, mail, port=0) as page:
        yield page


@pytest.fixture
def tab(browser: Browser, site: Page, alice: Person, mirror: Mirror) -> Iterator[Tab]:
    """A tab in which Alice sits in front of the workspace page."""
    with chromium.tab(browser) as tab:
        tab.goto(site.url)
        yield tab


def run(tab: Tab, line: str = "/tiny") -> None:
    """Type a command and press Enter."""
    tab.get_by_label("Message", exact=True).fill(line)
    tab.keyboard.press("Enter")


def open_modal(tab: Tab, mirror: Mirror, *blocks: Json, **more: Any) -> Any:
    """Open a modal with these blocks; return it."""
    mirror.show(*blocks, **more)
    run(tab)
    modal = tab.get_by_role("dialog", name=more.get("title", plain("Shown"))["text"])
    expect(modal).to_be_visible()
    return modal


def submit(modal: Any) -> None:
    """Press the submit button."""
    modal.get_by_role("button", name="Go").click()
