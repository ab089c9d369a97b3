"""A small Slack over real HTTP for the notifier's tests: keeps messages, records calls, fails on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from slack_sdk import WebClient

Json = dict[str, Any]


@dataclass
class Fault:
    """What happens to the next call of a method; with `carried_out` the call has its effect all the same."""

    method: str
    status: int = 200
    code: str = "internal_error"
    headers: dict[str, str] = field(default_factory=dict)
    carried_out: bool = False
    hang_up: bool = False


class SlackServer:
    """Answers conversations.open, .history, .replies and chat.postMessage, .update."""

    def __init__(self) -> None:
        self.messages: list[Json] = []
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.before: dict[str, Callable[[], None]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.answer(self)

            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def client(self, _team_id: str = "") -> WebClient:
        """Return a client without retries of its own."""
        base_url = f"http://127.0.0.1:{self._server.server_port}/api/"
        return WebClient(token="xoxb-test", base_url=base_url, retry_handlers=[], timeout=5)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Carry one call out, unless a fault stands in its way."""
        path, _, query = request.path.partition("?")
        method = path.rpartition("/")[2]
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
        is_json = "json" in (request.headers.get("Content-Type") or "")
        args: Json = dict(parse_qsl(query)) | (json.loads(body or "{}") if is_json else dict(parse_qsl(body)))
        self.calls.append(method)
        self.before.pop(method, lambda: None)()
        fault = next((one for one in self.faults if one.method == method), None)
        if fault:
            self.faults.remove(fault)
        found = self.carry_out(method, args) if not fault or fault.carried_out else {}
        if fault and fault.hang_up:
            request.connection.close()
            return
        answer = {"ok": False, "error": fault.code} if fault else found
        content = json.dumps(answer).encode()
        request.send_response(fault.status if fault else 200)
        for name, value in (fault.headers if fault else {}).items():
            request.send_header(name, value)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def carry_out(self, method: str, args: Json) -> Json:
        """Return the answer of one call."""
        args = {name: _loaded(value) for name, value in args.items()}
        match method:
            case "conversations.open":
                return {"ok": True, "channel": {"id": f"D{args['users']}"}}
            case "chat.postMessage":
                ts = f"1700000000.{len(self.messages):06d}"
                self.messages.append({**args, "ts": ts})
                return {"ok": True, "channel": args["channel"], "ts": ts}
            case "chat.update":
                shown = next(
                    (m for m in self.messages if m["ts"] == args["ts"] and m["channel"] == args["channel"]), None
                )
                if shown is None:
                    return {"ok": False, "error": "message_not_found"}
                shown.update(text=args["text"], blocks=args["blocks"])
                return {"ok": True, "channel": args["channel"], "ts": args["ts"]}
            case "conversations.history":
                return {"ok": True, "messages": [m for m in reversed(self.messages) if not m.get("thread_ts")]}
            case "conversations.replies":
                root = args["ts"]
                return {"ok": True, "messages": [m for m in self.messages if root in (m["ts"], m.get("thread_ts"))]}
        return {"ok": False, "error": "unknown_method"}


def _loaded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "[{":
        return json.loads(value)
    return value
