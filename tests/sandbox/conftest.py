"""A started sandbox, Alice in it, and the tiny app connected over Socket Mode or HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.starlette.handler import SlackRequestHandler
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import Sandbox
from sandbox.person import Person
from tests.sandbox.tiny_app import MANIFEST, TinyApp


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tmp_path / "traffic.jsonl"


@pytest.fixture
def slack(recording: Path) -> Iterator[Sandbox]:
    with Sandbox(manifest=MANIFEST, record=recording) as sandbox:
        yield sandbox


@pytest.fixture
def alice(slack: Sandbox) -> Person:
    return slack.add_person("Alice Martin", email="alice@example.com", user_id="U0ALICE001", owner=True)


@pytest.fixture
def client(slack: Sandbox) -> WebClient:
    """The bot's own client, without the SDK's retries."""
    return WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])


def tiny(slack: Sandbox) -> TinyApp:
    return TinyApp(slack.bot_token, slack.api_url, slack.signing_secret)


@pytest.fixture
def app(slack: Sandbox) -> Iterator[TinyApp]:
    """The tiny app over Socket Mode."""
    app = tiny(slack)
    connection = SocketModeHandler(app.app, slack.app_token, web_client=app.app.client, ping_interval=1)
    connection.connect()  # type: ignore[no-untyped-call]
    slack.wait_connected()
    yield app
    app.hold.set()
    connection.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def http_app(slack: Sandbox) -> Iterator[TinyApp]:
    """The tiny app over signed HTTP."""
    app = tiny(slack)
    adapter = SlackRequestHandler(app.app)

    async def events(request: Request) -> Response:
        from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response

        bolt_request = to_bolt_request(request, await request.body())
        return to_starlette_response(await run_in_threadpool(adapter.app.dispatch, bolt_request))

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(Starlette(routes=[Route("/slack/events", events, methods=["POST"])]), log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    slack.deliver_over_http(f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events")
    yield app
    app.hold.set()
    server.should_exit = True
    thread.join(10)
