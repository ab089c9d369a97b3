"""A stand-in for Slack's Web API over a real socket, and a person who clicks through what the bot opened.

It keeps the views that the bot opens, pushes and updates, and builds from them what Slack would send back.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from slack_bolt import App, BoltRequest

from tests.payloads import record

TEAM = "T00000001"
BOT = {"id": "B1", "user_id": "UBOT00001"}


class SlackStub:
    """Answers the Web API's methods that the bot uses, and remembers what it was told."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.views: list[dict[str, Any]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.ephemerals: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._n = itertools.count(1)
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stub._answer(self)

            def log_message(self, *args: Any) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def person(self, user_id: str, name: str, **facts: Any) -> None:
        profile = {"real_name": name, "email": facts.pop("email", None)}
        self.people[user_id] = {"id": user_id, "name": name, "profile": profile, "is_email_confirmed": True, **facts}

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers["Content-Length"] or 0)).decode()
        method = request.path.rsplit("/", 1)[-1]
        if request.headers["Content-Type"].startswith("application/json"):
            args = json.loads(raw or "{}")
        else:
            args = {key: values[0] for key, values in parse_qs(raw).items()}
        for key in ("view", "blocks", "metadata"):
            if isinstance(args.get(key), str):
                args[key] = json.loads(args[key])
        self.calls.append((method, args))
        body = json.dumps(self._result(method, args)).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _result(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        if method == "response":
            record("response_url", **args)
            self.ephemerals.append(args["text"])
            return {"ok": True}
        record(method, **args)
        match method:
            case "auth.test":
                return {"ok": True, "team_id": TEAM, "team": "Sandbox", "user_id": BOT["user_id"], "bot_id": BOT["id"]}
            case "users.info":
                return {"ok": True, "user": self.people[args["user"]]}
            case "views.open" | "views.push":
                self.views = [*(self.views if method == "views.push" else []), self._view(args["view"])]
                return {"ok": True, "view": self.views[-1]}
            case "views.update":
                return self._update(args)
            case "conversations.open":
                return {"ok": True, "channel": {"id": "D" + args["users"][1:]}}
            case "conversations.history":
                return {"ok": True, "messages": list(self.messages.values())}
            case "chat.postMessage":
                ts = f"{int(time.time())}.{next(self._n):06d}"
                self.messages[ts] = {**args, "ts": ts}
                return {"ok": True, "channel": args["channel"], "ts": ts}
            case "chat.update":
                self.messages[args["ts"]] |= args
                return {"ok": True, "channel": args["channel"], "ts": args["ts"]}
        return {"ok": False, "error": "unknown_method"}

    def _update(self, args: dict[str, Any]) -> dict[str, Any]:
        n = next(i for i, v in enumerate(self.views) if v["id"] == args["view_id"])
        if "hash" in args and args["hash"] != self.views[n]["hash"]:
            return {"ok": False, "error": "hash_conflict"}
        self.views[n] = self._view(args["view"], self.views[n]["id"])
        return {"ok": True, "view": self.views[n]}

    def _view(self, view: dict[str, Any], view_id: str | None = None) -> dict[str, Any]:
        n = next(self._n)
        return {**view, "id": view_id or f"V{n:08d}", "hash": f"{n}.h"}

    def replace_top(self, view: dict[str, Any]) -> None:
        self.views[-1] = self._view(view, self.views[-1]["id"])


class Person:
    """Somebody in Slack: types the command, fills inputs, clicks buttons; answers are what the bot acked."""

    def __init__(self, stub: SlackStub, app: App, user_id: str) -> None:
        self.stub, self.app, self.user_id = stub, app, user_id
        self.typed: dict[str, Any] = {}

    def command(self, text: str = "") -> dict[str, Any]:
        body = self._frame() | {
            "command": "/campaign",
            "text": text,
            "user_id": self.user_id,
            "team_id": TEAM,
            "team_domain": "sandbox",
            "channel_id": "C00000001",
            "channel_name": "general",
            "user_name": "person",
            "response_url": f"{self.stub.url}/response",
        }
        body = {key: value for key, value in body.items() if key not in ("team", "user", "type")}
        self.typed = {}
        return self._deliver(body)

    def type(self, action_id: str, value: str) -> None:
        self.typed[action_id] = {"value": value}

    def choose(self, action_id: str, *values: str, several: bool = False) -> None:
        options = [{"text": {"type": "plain_text", "text": v}, "value": v} for v in values]
        self.typed[action_id] = {"selected_options": options} if several else {"selected_option": options[0]}

    def act(self, action_id: str) -> dict[str, Any]:
        """Let the input or button with this action id (or what it begins with) speak up."""
        view = self.stub.views[-1]
        block, element = next(
            (b, e) for b, e in _elements(view["blocks"]) if e["action_id"].partition(":")[0] == action_id
        )
        action = self._action(block, element) | self.typed.get(element["action_id"].partition(":")[0], {})
        return self._deliver(
            self._frame("block_actions")
            | {
                "actions": [action],
                "view": self._state(view),
                "container": {"type": "view", "view_id": view["id"]},
            }
        )

    def submit(self) -> dict[str, Any]:
        view = self.stub.views[-1]
        answer = self._deliver(self._frame("view_submission") | {"view": self._state(view), "response_urls": []})
        if answer.get("response_action") == "update":
            self.stub.replace_top(answer["view"])
        elif answer.get("response_action") == "push":
            self.stub.views.append(self.stub._view(answer["view"]))
        elif not answer:
            self.stub.views.pop()
        return answer

    def suggest(self, action_id: str, value: str) -> list[str]:
        view = self.stub.views[-1]
        body = self._frame("block_suggestion") | {
            "action_id": action_id,
            "block_id": "b",
            "value": value,
            "view": self._state(view),
            "container": {"type": "view", "view_id": view["id"]},
        }
        return [o["text"]["text"] for o in self._deliver(body)["options"]]

    def click(self, message: dict[str, Any], label: str, nth: int = 0) -> dict[str, Any]:
        found = [(b, e) for b, e in _elements(message["blocks"]) if e.get("text", {}).get("text") == label]
        block, element = found[nth]
        return self._deliver(
            self._frame("block_actions")
            | {
                "actions": [self._action(block, element)],
                "message": {"ts": message["ts"], "text": message["text"], "type": "message", "user": BOT["user_id"]},
                "channel": {"id": message["channel"], "name": "directmessage"},
                "container": {
                    "type": "message",
                    "message_ts": message["ts"],
                    "channel_id": message["channel"],
                    "is_ephemeral": False,
                },
                "response_url": f"{self.stub.url}/response",
            }
        )

    def _frame(self, kind: str = "") -> dict[str, Any]:
        return {
            "type": kind,
            "token": "t",
            "api_app_id": "A1",
            "trigger_id": f"1.2.{next(self.stub._n)}",
            "team": {"id": TEAM, "domain": "sandbox"},
            "user": {"id": self.user_id, "name": "person", "username": "person", "team_id": TEAM},
            "is_enterprise_install": False,
            "enterprise": None,
        }

    def _state(self, view: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, dict[str, Any]] = {}
        for block, element in _elements(view["blocks"]):
            if element["type"] != "button":
                typed = self.typed.get(element["action_id"].partition(":")[0])
                state = {"type": element["type"], **(typed if typed is not None else _initial(element))}
                values.setdefault(block.get("block_id", "x"), {})[element["action_id"]] = state
        return {**view, "state": {"values": values}, "team_id": TEAM, "root_view_id": self.stub.views[0]["id"]}

    def _action(self, block: dict[str, Any], element: dict[str, Any]) -> dict[str, Any]:
        made = {"type": element["type"], "action_id": element["action_id"], "block_id": block.get("block_id", "x")}
        made["action_ts"] = "1700000000.000100"
        return made | {key: element[key] for key in ("value", "text") if key in element} | _initial(element)

    def _deliver(self, body: dict[str, Any]) -> dict[str, Any]:
        response = self.app.dispatch(BoltRequest(mode="socket_mode", body=json.loads(json.dumps(body))))
        assert response.status == 200, response.body
        answer: dict[str, Any] = json.loads(response.body) if response.body else {}
        kind = {"view_submission": "ack.view_submission", "block_suggestion": "ack.block_suggestion"}.get(
            str(body.get("type")), "ack.slash" if "command" in body else ""
        )
        if kind and answer:
            record(kind, **answer)
        return answer


def _elements(blocks: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    found = []
    for block in blocks:
        for element in [block.get("element"), block.get("accessory"), *block.get("elements", [])]:
            if element and "action_id" in element:
                found.append((block, element))
    return found


def _initial(element: dict[str, Any]) -> dict[str, Any]:
    names = {"initial_value": "value", "initial_option": "selected_option", "initial_options": "selected_options"}
    found = {state: element[key] for key, state in names.items() if key in element}
    if element["type"] in ("checkboxes",) or element["type"].startswith("multi_"):
        found.setdefault("selected_options", [])
    return found


def text_of(view: dict[str, Any]) -> str:
    """Return all of a view's or message's text."""

    def walk(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["text"]] if isinstance(node.get("text"), str) else []
            return own + [t for key, value in node.items() if key != "state" for t in walk(value)]
        return [t for each in node for t in walk(each)] if isinstance(node, list) else []

    return "\n".join(walk(view))


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until `condition` holds, and return what it returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain")
