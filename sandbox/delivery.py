"""Deliver payloads to the bot, by Socket Mode or signed HTTP, and judge what it answers."""

from __future__ import annotations

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.faults import Faults
from sandbox.jsontypes import Json
from sandbox.record import Record
from sandbox.signing import signed_headers
from sandbox.socket_mode import SocketHub
from sandbox.validate import check_ack, limits
from sandbox.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"
_ENVELOPES = {"slash": "slash_commands", "event": "events_api"}
_RECORDED_ACKS = ("slash", "view_submission", "block_suggestion")
EVENT_RETRIES = 3


@dataclass(frozen=True)
class Ack:
    """The bot's answer. `trouble` says why it is none: operation_timeout, an HTTP status, or what was wrong with it."""

    body: Any = None
    trouble: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the bot answered, and with something Slack takes."""
        return self.trouble is None


class Courier:
    """Brings payloads to the bot. `url` None means Socket Mode."""

    def __init__(self, workspace: Workspace, hub: SocketHub, faults: Faults) -> None:
        self._workspace = workspace
        self._hub = hub
        self._faults = faults
        self._lock = threading.Lock()
        self.url: str | None = None
        self.ack_seconds = limits.ACK_SECONDS
        self.in_flight = 0

    def deliver(self, kind: str, payload: Json, *, times: int = 1, genuine: bool = True) -> list[Ack]:
        """Deliver `payload` `times` times at once and wait for every answer.

        `kind` is slash, block_actions, view_submission, view_closed, block_suggestion or event. `genuine` False
        keeps a forged payload out of the recorded file. Never raises: no answer in time is an Ack with trouble.
        """
        times = max(times, self._faults.copies())
        recorded = genuine and kind != "event"
        with self._lock:
            self.in_flight += 1
        try:
            for _ in range(times):
                self._workspace.recorder.add(Record("delivery", f"in.{kind}", payload), to_file=recorded)
            if times == 1:
                return [self._one(kind, payload)]
            with ThreadPoolExecutor(times) as pool:
                return list(pool.map(lambda _: self._one(kind, payload), range(times)))
        finally:
            with self._lock:
                self.in_flight -= 1
            self._workspace.touch()

    def _one(self, kind: str, payload: Json) -> Ack:
        ack = self._send(kind, payload, 0)
        if kind == "view_submission":
            self._faults.wait_overtaken(self.ack_seconds)
        retry = 0
        while kind == "event" and not ack.ok and retry < EVENT_RETRIES:
            retry += 1
            ack = self._send(kind, payload, retry)
        return self._judged(kind, ack) if ack.ok else ack

    def _judged(self, kind: str, ack: Ack) -> Ack:
        recorder = self._workspace.recorder
        if kind in _RECORDED_ACKS:
            # over Socket Mode Bolt wraps a bare text into {"text": ...}; both are the same answer
            bare = kind == "slash" and isinstance(ack.body, dict) and set(ack.body) == {"text"}
            recorder.add(Record("ack", f"ack.{kind}", ack.body["text"] if bare else ack.body))
        problems = check_ack(kind, ack.body)
        recorder.blame(f"ack.{kind}", problems)
        refused = [str(one) for one in problems if one.refused]
        return Ack(ack.body, "; ".join(refused)) if refused else ack

    def _send(self, kind: str, payload: Json, retry: int) -> Ack:
        if self.url is not None:
            return self._over_http(self.url, kind, payload, retry)
        sent = self._hub.post(_ENVELOPES.get(kind, "interactive"), payload, retry)
        try:
            return Ack(sent.answer.result(self.ack_seconds))
        except TimeoutError:
            self._hub.forget(sent)
            return Ack(trouble="operation_timeout")

    def _over_http(self, url: str, kind: str, payload: Json, retry: int) -> Ack:
        body, headers = http_request(kind, payload, self._workspace.signing_secret)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        target = urlsplit(url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=self.ack_seconds)
        try:
            connection.request("POST", target.path or "/", body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        except TimeoutError:
            return Ack(trouble="operation_timeout")
        except (OSError, http.client.HTTPException) as error:
            return Ack(trouble=f"dispatch_failed: {type(error).__name__}")
        finally:
            connection.close()
        if response.status != 200:
            return Ack(trouble=f"http_status_{response.status}")
        if text and (response.headers.get("Content-Type") or "").startswith("application/json"):
            return Ack(json.loads(text) or None)
        return Ack(text or None)


def http_request(kind: str, payload: Json, secret: str) -> tuple[bytes, dict[str, str]]:
    """Return body and signed headers of a delivery over HTTP."""
    if kind == "event":
        body, content_type = json.dumps(payload).encode(), "application/json"
    else:
        form = payload if kind == "slash" else {"payload": json.dumps(payload)}
        body, content_type = urlencode(form).encode(), "application/x-www-form-urlencoded"
    headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
    return body, headers | signed_headers(secret, body)
