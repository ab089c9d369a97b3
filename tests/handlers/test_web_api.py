"""Calls of Slack's Web API over kept connections, against a server that counts them."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError

from handlers import web_api
from handlers.web_api import Connections, KeptClient


class Server:
    """A Web API that keeps connections open, and notes over which one each call came."""

    def __init__(self) -> None:
        self.connections: list[int] = []
        self.calls: list[tuple[str, str, int]] = []
        self.status, self.answer, self.type = 200, b'{"ok": true}', "application/json; charset=utf-8"
        self.closes = self.hangs_up = False
        self.after = "Retry-After"
        self.sockets: list[socket.socket] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                outer.sockets.append(self.request)

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                outer.calls.append((self.path, content, self.client_address[1]))
                if outer.hangs_up:
                    self.close_connection = True
                    return
                self.send_response(outer.status)
                self.send_header("Content-Type", outer.type)
                self.send_header("Content-Length", str(len(outer.answer)))
                if outer.status == 429:
                    self.send_header(outer.after, "7")
                if outer.closes:
                    self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(outer.answer)

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def hang_up(self) -> None:
        """Close every connection that is open, and wait until the other side can see it."""
        for each in self.sockets:
            each.shutdown(socket.SHUT_RDWR)

    @property
    def ports(self) -> list[int]:
        """Return from which port each call came: one connection has one."""
        return [port for _, _, port in self.calls]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def client(server: Server) -> KeptClient:
    return client_of(server.url)


def client_of(url: str, *, kept_for: float = 30) -> KeptClient:
    connections = Connections(ssl.create_default_context(), kept_for=kept_for)
    return KeptClient("xoxb-test", connections=connections, base_url=url, timeout=5, retry_handlers=[])


def test_calls_of_one_client_go_over_one_connection(server: Server, client: KeptClient) -> None:
    for n in range(3):
        assert client.api_call("views.open", json={"view": {"n": n}})["ok"] is True
    assert [(path, json.loads(said)["view"]) for path, said, _ in server.calls] == [
        ("/api/views.open", {"n": n}) for n in range(3)
    ]
    assert len(set(server.ports)) == 1


def test_calls_at_once_have_connections_of_their_own(server: Server, client: KeptClient) -> None:
    both = threading.Barrier(2)

    def call() -> None:
        both.wait(5)
        client.api_test()

    for _ in range(2):
        threads = [threading.Thread(target=call) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.calls) == 4
    assert len(set(server.ports)) <= 2


def test_what_the_server_has_closed_meanwhile_is_not_used_again(server: Server, client: KeptClient) -> None:
    client.api_test()
    (kept,) = client._connections._idle
    server.hang_up()
    while not web_api._is_dropped(kept[2]):
        threading.Event().wait(0.001)
    assert client.api_test()["ok"] is True
    assert len(set(server.ports)) == 2


def test_a_connection_that_the_server_ends_with_its_answer_is_not_kept(server: Server, client: KeptClient) -> None:
    server.closes = True
    client.api_test()
    assert not client._connections._idle
    client.api_test()
    assert len(set(server.ports)) == 2


def test_an_idle_connection_is_kept_for_a_while_only(server: Server) -> None:
    client = client_of(server.url, kept_for=0)
    client.api_test()
    client.api_test()
    assert len(set(server.ports)) == 2


def test_a_call_without_an_answer_is_not_made_again(server: Server, client: KeptClient) -> None:
    client.api_test()
    server.hangs_up = True
    with pytest.raises(URLError):
        client.chat_postMessage(channel="D1", text="once")
    assert [path for path, _, _ in server.calls] == ["/api/api.test", "/api/chat.postMessage"]


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(URLError):
        client_of(f"http://127.0.0.1:{port}/api/").api_test()


REFUSALS: dict[str, Callable[[Server], None]] = {
    "not ok": lambda s: setattr(s, "answer", b'{"ok": false, "error": "expired_trigger_id"}'),
    "an error of HTTP": lambda s: (setattr(s, "status", 500), setattr(s, "answer", b"oops"), None)[-1],
    "no JSON": lambda s: setattr(s, "answer", b"<html>"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_told_as_the_sdk_tells_it_and_the_connection_goes_on(
    server: Server, client: KeptClient, refusal: str
) -> None:
    REFUSALS[refusal](server)
    for call in (client.api_test, lambda: client.views_open(trigger_id="1", view={})):
        with pytest.raises(SlackApiError):
            call()
    server.status, server.answer = 200, b'{"ok": true}'
    assert client.api_test()["ok"] is True
    assert len(set(server.ports)) == 1


def test_too_many_calls_say_when_to_come_back(server: Server, client: KeptClient) -> None:
    server.status, server.answer = 429, b'{"ok": false, "error": "ratelimited"}'
    with pytest.raises(SlackApiError) as told:
        client.api_test()
    assert told.value.response.status_code == 429
    assert told.value.response.headers["Retry-After"] == "7"


def test_however_slack_writes_when_to_come_back_it_is_found_under_one_name(server: Server, client: KeptClient) -> None:
    server.status, server.answer, server.after = 429, b'{"ok": false, "error": "ratelimited"}', "retry-after"
    for call in (client.api_test, lambda: client.chat_postMessage(channel="D1", text="once")):
        with pytest.raises(SlackApiError) as told:
            call()
        assert told.value.response.status_code == 429
        assert told.value.response.headers["Retry-After"] == "7"


def test_through_a_proxy_the_sdk_calls_in_its_own_way(server: Server) -> None:
    proxied = client_of("http://slack.invalid/api/")
    proxied.proxy = server.url.removesuffix("/api/")
    assert proxied.api_test()["ok"] is True
    assert server.calls[0][0] == "http://slack.invalid/api/api.test"
    assert not proxied._connections._idle
