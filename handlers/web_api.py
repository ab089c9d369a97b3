"""Slack's Web API over connections that are kept: a click does not wait for a new one, with its TLS, each time.

The SDK's own client opens one for every call (slack_sdk 3.x, `BaseClient._perform_urllib_http_request_internal`).
"""

from __future__ import annotations

import io
import json
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from bot.precedence import CLICKS

KEPT_FOR = 10.0
"""Seconds that an idle connection is kept: far fewer than servers and firewalls let it be. One that ends just as it is
used again costs the call, which is not made twice."""
MOST_KEPT = 20
"""Idle connections."""


class KeptClient(WebClient):
    """A Web API client that keeps its connections; other clicks compute while a call waits for Slack.

    It asks once, as the SDK's does without retry handlers: a post that got no answer may have been made.
    """

    def __init__(self, *args: Any, connections: Connections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections = connections

    def _sync_send(self, api_url: str, req_args: dict[str, Any]) -> SlackResponse:
        """Post JSON, as a click does to open a view: the SDK would look for files, forms and retries first."""
        said = req_args.get("json")
        more = req_args.get("auth") or req_args.get("files") or self.proxy is not None or self.retry_handlers
        if not said or more:
            return super()._sync_send(api_url, req_args)
        content = json.dumps(said).encode()
        with CLICKS.aside():
            answer, found = self._connections.ask(api_url, req_args["headers"], content, self.timeout)
        response = SlackResponse(
            client=self,
            http_verb="POST",
            api_url=api_url,
            req_args=req_args,
            data=_read(answer.status, found),
            headers=_headers(answer),
            status_code=answer.status,
        )
        return response.validate()  # type: ignore[no-untyped-call, no-any-return]

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with CLICKS.aside():
            if self.proxy is not None:  # which the SDK speaks to in its own way
                return super()._perform_urllib_http_request_internal(url, req)
            return self._connections.post(url, req, self.timeout)


def _read(status: int, content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"ok": False, "error": f"no JSON (HTTP {status})"}


def _headers(answer: HTTPResponse) -> dict[str, str]:
    """Return the headers as the SDK does: when to come back stands under one name, however Slack wrote it."""
    found = dict(answer.headers)
    if (after := answer.headers.get("Retry-After")) is not None:
        found["Retry-After"] = after
    return found


def tell_alone(response_url: str, **said: Any) -> None:
    """Tell the one who clicked, and nobody else, below what was clicked in: `text`, `blocks`."""
    with CLICKS.aside():
        WebhookClient(response_url, timeout=10).send(response_type="ephemeral", replace_original=False, **said)


class Connections:
    """Connections to Slack that any thread may use, one call at a time each."""

    def __init__(self, trust: ssl.SSLContext, *, kept_for: float = KEPT_FOR) -> None:
        self._trust, self._kept_for = trust, kept_for
        self._idle: deque[tuple[str, float, HTTPConnection]] = deque()

    def post(self, url: str, request: Request, timeout: float) -> dict[str, Any]:
        """Send a request, and return the answer as the SDK wants it.

        Raises HTTPError for an answer of 400 or more, and URLError where none came, as `urllib.request` does.
        """
        headers = {**request.unredirected_hdrs, **request.headers}
        answer, content = self.ask(url, headers, request.data, timeout)
        if answer.status >= 400:
            raise HTTPError(url, answer.status, answer.reason, answer.headers, io.BytesIO(content))
        if answer.headers.get_content_type() == "application/gzip":
            return {"status": answer.status, "headers": answer.headers, "body": content}
        charset = answer.headers.get_content_charset() or "utf-8"
        return {"status": answer.status, "headers": answer.headers, "body": content.decode(charset)}

    def ask(self, url: str, headers: Mapping[str, str], content: Any, timeout: float) -> tuple[HTTPResponse, bytes]:
        """Post content, and return the answer, whatever its status, with its content.

        Raises URLError where none came, after at most `timeout` seconds.
        """
        where = urlsplit(url)
        server = f"{where.scheme}://{where.netloc}"
        connection = self._take(server) or self._open(where)
        try:
            answer, found = _asked(connection, where, headers, content, timeout)
        except (OSError, HTTPException) as error:
            connection.close()
            raise URLError(error) from error
        if answer.will_close:
            connection.close()
        else:
            self._keep(server, connection)
        return answer, found

    def _take(self, server: str) -> HTTPConnection | None:
        """Return the connection that was used last and is still there; those that are not are closed."""
        while True:
            try:
                known, since, connection = self._idle.pop()
            except IndexError:
                return None
            if known == server and _steady() - since < self._kept_for and not _is_dropped(connection):
                return connection
            connection.close()

    def _keep(self, server: str, connection: HTTPConnection) -> None:
        self._idle.append((server, _steady(), connection))
        while len(self._idle) > MOST_KEPT:
            self._idle.popleft()[2].close()

    def _open(self, where: SplitResult) -> HTTPConnection:
        if where.scheme == "https":
            return HTTPSConnection(where.netloc, context=self._trust)
        return HTTPConnection(where.netloc)


def _asked(
    connection: HTTPConnection, where: SplitResult, headers: Mapping[str, str], content: Any, timeout: float
) -> tuple[HTTPResponse, bytes]:
    connection.timeout = timeout
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
    path = f"{where.path}?{where.query}" if where.query else where.path
    connection.request("POST", path, content, headers)
    answer = connection.getresponse()
    return answer, answer.read()


def _steady() -> float:
    """Return seconds that go on while the machine is suspended, which no connection outlives."""
    return time.clock_gettime(_STEADY)


_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _is_dropped(connection: HTTPConnection) -> bool:
    """Say whether the server has hung up: a connection that nothing was asked over has nothing to read but its end."""
    sock: socket.socket | None = connection.sock
    if sock is None:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
