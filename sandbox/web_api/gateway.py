"""What happens to every call before and after the method itself: token, faults, limits, validation, recording."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import ApiError
from sandbox.faults import Faults
from sandbox.jsontypes import Json
from sandbox.record import Record
from sandbox.validate import Problem, check_call
from sandbox.web_api import METHODS
from sandbox.web_api.method import Method
from sandbox.workspace import Workspace

_STRUCTURED = frozenset({"view", "blocks", "attachments", "metadata", "files", "file_ids"})
_WHOLE = frozenset({"limit", "length", "count", "page"})
_FLAGS = frozenset(
    {
        "as_user",
        "force_im",
        "include_all_metadata",
        "include_locale",
        "include_num_members",
        "inclusive",
        "link_names",
        "mrkdwn",
        "prevent_creation",
        "reply_broadcast",
        "return_im",
        "unfurl_links",
        "unfurl_media",
    }
)


@dataclass
class Answer:
    """An HTTP answer of the Web API; `delay` in seconds is how long to hold it back."""

    body: Json
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


class Gateway:
    """Answers calls of the Web API."""

    def __init__(self, workspace: Workspace, faults: Faults) -> None:
        self._workspace = workspace
        self._faults = faults
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def answer(self, name: str, token: str | None, raw: Json) -> Answer:
        """Carry out one call; `raw` may hold form values, where everything is a string."""
        args: Json = {}
        try:
            args = parsed(raw)
            answer = self._carry_out(name, token, args)
        except ApiError as error:
            body = {"ok": False, "error": error.code, **error.extra}
            answer = Answer(body, error.status, dict(error.headers))
        answer.headers |= self._scope_headers(name)
        self._workspace.recorder.add(Record("call", name, args or raw, answer.body))
        self._workspace.touch()
        return answer

    def _carry_out(self, name: str, token: str | None, args: Json) -> Answer:
        struck = self._faults.strikes_before(name)
        if struck:
            raise struck
        method = METHODS.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        with self._workspace.lock:
            self._authorize(method, token)
            if self._workspace.enforce_rate_limits:
                self._spend(name, method, args)
            self._validate(name, args)
            body = {"ok": True, **method.call(self._workspace, args)}
        delay, lost = self._faults.strikes_after(name)
        if lost:
            return Answer({"ok": False, "error": "internal_error"}, 500, delay=delay)
        return Answer(body, delay=delay)

    def _authorize(self, method: Method, token: str | None) -> None:
        workspace = self._workspace
        if not token:
            raise ApiError("not_authed")
        known = {workspace.bot_token: False, workspace.app_token: True}
        if token not in known:
            raise ApiError("invalid_auth")
        if known[token] is not method.app_token:
            raise ApiError("not_allowed_token_type")
        if method.scope and not method.app_token and method.scope not in workspace.manifest.scopes:
            provided = ",".join(sorted(workspace.manifest.scopes))
            raise ApiError("missing_scope", needed=method.scope, provided=provided)

    def _spend(self, name: str, method: Method, args: Json) -> None:
        """Take one token of the bucket of this method (and channel, for posts); raises ApiError ratelimited."""
        per_channel = name == "chat.postMessage"
        size = 1.0 if per_channel else float(method.per_minute)
        rate = 1.0 if per_channel else method.per_minute / 60
        key = (name, str(args.get("channel")) if per_channel else "")
        now = time.monotonic()
        left, since = self._buckets.get(key, (size, now))
        left = min(size, left + (now - since) * rate)
        if left < 1:
            self._buckets[key] = (left, now)
            wait = max(1, int((1 - left) / rate + 0.999))
            raise ApiError("ratelimited", status=429, headers={"Retry-After": str(wait)})
        self._buckets[key] = (left - 1, now)

    def _validate(self, name: str, args: Json) -> None:
        problems = check_call(name, args)
        self._workspace.recorder.blame(name, problems)
        refused = [one for one in problems if one.refused]
        if refused:
            messages = [str(one) for one in refused]
            extra: Json = {"response_metadata": {"messages": messages}}
            code = error_code(name, refused)
            if code == "invalid_blocks":
                extra["errors"] = [f"{one.message} [json-pointer:{one.pointer}]" for one in refused]
            raise ApiError(code, **extra)

    def _scope_headers(self, name: str) -> dict[str, str]:
        method = METHODS.get(name)
        headers = {"x-oauth-scopes": ",".join(sorted(self._workspace.manifest.scopes))}
        if method and method.scope:
            headers["x-accepted-oauth-scopes"] = method.scope
        return headers


def error_code(name: str, problems: list[Problem]) -> str:
    """Return the error Slack answers with for these findings."""
    for special in ("msg_too_long", "msg_blocks_too_long", "view_too_large"):
        if any(one.message == special for one in problems):
            return special
    if name.startswith("chat.") and any(one.pointer.startswith("/blocks") for one in problems):
        return "invalid_blocks"
    return "invalid_arguments"


def parsed(raw: Json) -> Json:
    """Return arguments as they were meant: forms carry JSON, numbers and flags as strings."""
    args = {key: _meant(key, value) for key, value in raw.items() if value is not None}
    args.pop("token", None)
    return args


def _meant(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if key in _STRUCTURED:
        try:
            return json.loads(value)
        except ValueError:
            if key == "file_ids":
                return value.split(",")
            raise ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {key} is no JSON"]}) from None
    if key in _WHOLE and value.isdecimal():
        return int(value)
    if key in _FLAGS and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    return value
