"""Socket Mode: connections of the bot, envelopes and their acks (https://docs.slack.dev/apis/events-api/using-socket-mode)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.jsontypes import Json
from sandbox.validate import limits
from sandbox.workspace import Workspace

CALL_SECONDS = 5.0


@dataclass(eq=False)
class _Link:
    socket: WebSocket
    draining: bool = False


@dataclass(eq=False)
class Envelope:
    """One delivery under way; `answer` is set to the payload of the ack, None when the ack is empty."""

    envelope: Json
    answer: Future[Any] = field(default_factory=Future)
    link: _Link | None = None
    attempts: int = 0


class SocketHub:
    """Sends each envelope to one of the connections and waits for its ack.

    Everything with a leading underscore runs in the event loop. An envelope whose connection goes away before the
    ack is sent again on another one, with its retry_attempt counted up.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._links: list[_Link] = []
        self._turns = itertools.count()
        self._open: dict[str, Envelope] = {}
        self._waiting: deque[Envelope] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def runs_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take over the event loop of the server."""
        self._loop = loop

    @property
    def connected(self) -> int:
        """How many connections take deliveries."""
        return sum(not link.draining for link in self._links)

    @property
    def full(self) -> bool:
        """Whether no more connections are taken."""
        return len(self._links) >= limits.SOCKETS

    def post(self, kind: str, payload: Json, retry: int = 0) -> Envelope:
        """Send a payload as an envelope of type `kind`; may be called from any thread."""
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        sent = Envelope(envelope, attempts=retry)
        self._call(self._send, sent)
        return sent

    def forget(self, sent: Envelope) -> None:
        """Stop waiting for an ack; one that comes later is ignored."""
        self._call(self._drop_envelope, sent)

    def drop(self) -> None:
        """Close all connections at once."""
        self._call_and_wait(self._close_all)

    def refresh(self) -> None:
        """Send every client the `disconnect` message that asks it to reconnect."""
        self._call_and_wait(self._refresh_all)

    async def serve(self, socket: WebSocket) -> None:
        """Talk to one client until it goes away."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._workspace.tickets or self.full:
            await socket.close(4001)
            return
        self._workspace.tickets.discard(ticket)
        await socket.accept()
        link = _Link(socket)
        self._links.append(link)
        await socket.send_text(json.dumps(self._hello()))
        self._flush()
        self._workspace.touch()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                self._acked(await socket.receive_text())
        self._left(link)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._links),
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._workspace.app_id},
        }

    def _call(self, function: Any, *args: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)

    def _call_and_wait(self, function: Callable[[], None]) -> None:
        """Call in the event loop and return when it is done, so that `connected` no longer counts old connections."""
        done = threading.Event()

        def call() -> None:
            function()
            done.set()

        self._call(call)
        done.wait(CALL_SECONDS)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        # the event loop itself keeps only weak references
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send(self, sent: Envelope) -> None:
        ready = [link for link in self._links if not link.draining]
        if not ready:
            self._waiting.append(sent)
            return
        link = sent.link = ready[next(self._turns) % len(ready)]
        self._open[sent.envelope["envelope_id"]] = sent
        if sent.attempts:
            sent.envelope |= {"retry_attempt": sent.attempts, "retry_reason": "timeout"}
        self._start(self._write(link, sent.envelope))

    async def _write(self, link: _Link, message: Json) -> None:
        # a connection that breaks while we write is noticed by serve(), which sends again what was open on it
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await link.socket.send_text(json.dumps(message))

    def _flush(self) -> None:
        while self._waiting:
            self._send(self._waiting.popleft())

    def _acked(self, text: str) -> None:
        message = json.loads(text)
        sent = self._open.pop(message.get("envelope_id", ""), None)
        if sent and not sent.answer.done():
            accepts = sent.envelope["accepts_response_payload"]
            sent.answer.set_result((message.get("payload") or None) if accepts else None)

    def _left(self, link: _Link) -> None:
        self._links.remove(link)
        for envelope_id, sent in list(self._open.items()):
            if sent.link is link:
                del self._open[envelope_id]
                sent.attempts += 1
                self._send(sent)
        self._workspace.touch()

    def _drop_envelope(self, sent: Envelope) -> None:
        self._open.pop(sent.envelope["envelope_id"], None)
        with contextlib.suppress(ValueError):
            self._waiting.remove(sent)

    def _close_all(self) -> None:
        for link in self._links:
            link.draining = True
            self._start(self._close(link))

    async def _close(self, link: _Link) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await link.socket.close(1011)

    def _refresh_all(self) -> None:
        for link in self._links:
            link.draining = True
            message = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "sandbox"}}
            self._start(self._write(link, message))
