"""A Slack API that answers everything at once, and keeps the last view it was given: `/last` returns that.

`python -m tests.bench.slack_stub` prints its port. What is measured must not wait for a Slack that thinks, nor for
one that takes the processor that it runs on: nothing of a call but its path and length is read until somebody asks for
the view.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from typing import Any
from urllib.parse import parse_qs

TEAM, PERSON = "T0BENCH001", "U0BENCH001"
_SELF = {"ok": True, "team_id": TEAM, "team": "Bench", "user_id": "U0BOT00001", "user": "bot", "bot_id": "B0BENCH001"}
_SHOWN = {**_SELF, "view": {"id": "V0BENCH001", "hash": "1"}, "ts": "1.000001"}


def _answer(value: Any) -> bytes:
    content = json.dumps(value).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(content),
        content,
    )


_OPENED = _answer({**_SHOWN, "channel": {"id": "D0BENCH001"}})
_ANY = _answer({**_SHOWN, "channel": "D0BENCH001"})


class Connection(asyncio.Protocol):
    """One connection, kept for any number of requests."""

    last = b""
    """The body of the last call that drew a view."""

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is there as a whole."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            at = head.find(b"\r\ncontent-length:")
            length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._read) < end + 4 + length:
                return
            body, self._read = self._read[end + 4 : end + 4 + length], self._read[end + 4 + length :]
            self._transport.write(self._reply(head.split(b" ", 2)[1], body))

    def _reply(self, path: bytes, body: bytes) -> bytes:
        if path == b"/last":
            return _answer(_view(Connection.last))
        if b"/views." in path:
            Connection.last = body
        return _OPENED if path.endswith(b"conversations.open") else _ANY


def _view(body: bytes) -> dict[str, Any]:
    given = json.loads(body) if body[:1] == b"{" else {k: v[0] for k, v in parse_qs(body.decode()).items()}
    view = given.get("view", {})
    found: dict[str, Any] = json.loads(view) if isinstance(view, str) else view
    return found


async def serve() -> None:
    """Answer until the process is stopped."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    server = await asyncio.get_running_loop().create_server(Connection, sock=listener)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
