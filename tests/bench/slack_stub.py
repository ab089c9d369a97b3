"""A Slack API that answers everything at once, and keeps the last view it was given: `/last` returns that.

`python -m tests.bench.slack_stub` prints its port. What is measured must not wait for a Slack that thinks.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TEAM, PERSON = "T0BENCH001", "U0BENCH001"
_SELF = {"ok": True, "team_id": TEAM, "team": "Bench", "user_id": "U0BOT00001", "user": "bot", "bot_id": "B0BENCH001"}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    last: dict[str, Any] = {}

    def do_GET(self) -> None:
        self._answer(Handler.last)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        given = parse_qs(body.decode()) if body[:1] != b"{" else {k: [v] for k, v in json.loads(body).items()}
        if "view" in given:
            view = given["view"][0]
            Handler.last = json.loads(view) if isinstance(view, str) else view
        channel = "D0BENCH001"
        shown = {"view": {"id": "V0BENCH001", "hash": "1"}, "ts": "1.000001"}
        opens = self.path.endswith("conversations.open")
        self._answer({**_SELF, **shown, "channel": {"id": channel} if opens else channel})

    def _answer(self, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server that many may call at once: of more than wait in the line, the system has some call again after 1 s."""

    request_queue_size = 128


def main() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
