"""A local Twilio for SMS: REST, signed status callbacks and inbound messages; keeps what it gets, on 127.0.0.1 alone.

What it speaks is Twilio's: https://www.twilio.com/docs/messaging/api/message-resource (create, fetch, list),
https://www.twilio.com/docs/usage/webhooks/webhooks-security (signatures).
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.errors import PATIENCE, NeverHappened
from sandbox.jsontypes import Json
from sandbox.serving import HOST, Serving
from sandbox.sms_faults import SmsFaults, SmsRule
from sandbox.sms_webhooks import post_signed

FOLDER = "/2010-04-01/Accounts/{account}/Messages"


@dataclass(frozen=True)
class Sms:
    """One message that was taken; `at` is a Unix time in seconds, `callback` where its receipts go (may be empty)."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str = ""
    status: str = "queued"
    error_code: int | None = None
    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Answer:
    """What somebody sent from their phone; `taken` is the bot's HTTP status, 0 where nobody listened."""

    number: str
    body: str
    taken: int
    at: float = field(default_factory=time.time)


class SmsCatcher(SmsFaults):
    """Catches all SMS. Use as a context manager, or call `start` and `stop`.

    With `receipts`, every message is reported as sent and delivered by itself; else `receipt` does it.
    """

    def __init__(self, port: int = 0, *, receipts: bool = False) -> None:
        super().__init__()
        self.account_sid = f"AC{'5' * 32}"
        self.auth_token = secrets.token_hex(16)
        self.number = "+15005550006"
        self.webhook_url = ""
        """Where inbound messages go: the bot's public address with /twilio/inbound."""
        self._receipts = receipts
        self._serving = Serving("sms", port)
        self._arrived = threading.Condition()
        self._messages: dict[str, Sms] = {}
        self._answers: list[Answer] = []
        self.listeners: list[Callable[[], None]] = []

    def start(self) -> SmsCatcher:
        """Listen; return self."""
        self._serving.start(
            Starlette(
                routes=[
                    Route(f"{FOLDER}.json", self._create, methods=["POST"]),
                    Route(f"{FOLDER}.json", self._list, methods=["GET"]),
                    Route(FOLDER + "/{sid}.json", self._fetch, methods=["GET"]),
                    Route("/2010-04-01/Accounts/{account}.json", self._account, methods=["GET"]),
                ]
            )
        )
        return self

    def stop(self) -> None:
        """Let what hangs go and stop listening; a second call does nothing."""
        self.release()
        self._serving.stop()

    def __enter__(self) -> SmsCatcher:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What TWILIO_API_URL is set to."""
        return f"http://{HOST}:{self._serving.port}"

    @property
    def messages(self) -> list[Sms]:
        """Every message that was taken, oldest first."""
        with self._arrived:
            return list(self._messages.values())

    @property
    def answers(self) -> list[Answer]:
        """What came from phones, oldest first."""
        with self._arrived:
            return list(self._answers)

    def restore(self, messages: list[Sms], answers: list[Answer]) -> None:
        """Take over what another run had, before any message comes."""
        with self._arrived:
            self._messages = {one.sid: one for one in messages}
            self._answers = list(answers)
        self._tell()

    def to(self, number: str) -> list[Sms]:
        """Return the messages to this number."""
        return [one for one in self.messages if one.to == number]

    def wait_for(self, wanted: int | Callable[[list[Sms]], bool], timeout: float = PATIENCE) -> list[Sms]:
        """Wait for `wanted` messages in all, or until `wanted(messages)` holds; return all. Raises NeverHappened."""

        def enough() -> bool:
            found = list(self._messages.values())
            return len(found) >= wanted if isinstance(wanted, int) else wanted(found)

        with self._arrived:
            if not self._arrived.wait_for(enough, timeout):
                raise NeverHappened(f"{len(self._messages)} SMS after {timeout:g} s, waited for {wanted}")
            return list(self._messages.values())

    def receipt(self, sms: Sms, status: str, error_code: int | None = None) -> int:
        """Report what became of a message, as Twilio does; return the HTTP status of the answer."""
        with self._arrived:
            self._messages[sms.sid] = replace(sms, status=status, error_code=error_code)
            self._arrived.notify_all()
        self._tell()
        fields = {"MessageSid": sms.sid, "SmsSid": sms.sid, "MessageStatus": status, "To": sms.to, "From": sms.sender}
        if error_code is not None:
            fields["ErrorCode"] = str(error_code)
        return post_signed(sms.callback, fields | {"AccountSid": self.account_sid}, self.auth_token)

    def inbound(self, number: str, body: str, *, sid: str | None = None, token: str | None = None) -> int:
        """Send `body` from a customer's phone to the bot; return the HTTP status of the answer.

        The same `sid` twice is a delivery repeated; another `token` than the account's makes a forged signature.
        """
        fields = {
            "MessageSid": sid or f"SM{secrets.token_hex(16)}",
            "From": number,
            "To": self.number,
            "Body": body,
            "NumMedia": "0",
            "AccountSid": self.account_sid,
        }
        taken = post_signed(self.webhook_url, fields, token or self.auth_token)
        with self._arrived:
            self._answers.append(Answer(number, body, taken))
        self._tell()
        return taken

    async def _create(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        rule = self.strike(form.get("To", ""))
        if rule is not None and rule.status:
            return _refusal(rule)
        if not self._may_enter(request):
            return _refusal(SmsRule(None, None, 401, 20003, "Authenticate"))
        if rule is not None and not rule.taken:
            await self._hang()
            return _refusal(SmsRule(None, None, 503, 20503, "Gone"))
        sms = self._keep(form)
        if rule is not None and not rule.undelivered:
            await self._hang()
        if (self._receipts or (rule and rule.undelivered)) and sms.callback:
            asyncio.get_running_loop().run_in_executor(None, self._report, sms, rule.undelivered if rule else 0)
        return JSONResponse(self._shown(sms), status_code=201)

    def _keep(self, form: dict[str, str]) -> Sms:
        sid, sender = f"SM{secrets.token_hex(16)}", form.get("From") or self.number
        sms = Sms(sid, form.get("To", ""), sender, form.get("Body", ""), form.get("StatusCallback", ""))
        with self._arrived:
            self._messages[sid] = sms
            self._arrived.notify_all()
        self._tell()
        return sms

    def _tell(self) -> None:
        for listener in list(self.listeners):
            listener()

    async def _hang(self) -> None:
        self.held += 1
        await asyncio.get_running_loop().run_in_executor(None, self._open.wait, 60)
        self.held -= 1

    def _report(self, sms: Sms, undelivered: int) -> None:
        self.receipt(sms, "sent")
        if undelivered:
            self.receipt(sms, "undelivered", undelivered)
        else:
            self.receipt(sms, "delivered")

    async def _list(self, request: Request) -> Response:
        if not self._may_enter(request):
            return _refusal(SmsRule(None, None, 401, 20003, "Authenticate"))
        wanted = request.query_params.get("To")
        found = [self._shown(one) for one in reversed(self.messages) if wanted in (None, one.to)]
        return JSONResponse({"messages": found, "next_page_uri": None, "page": 0, "page_size": 1000})

    async def _fetch(self, request: Request) -> Response:
        found = self._messages.get(request.path_params["sid"])
        if found is None or not self._may_enter(request):
            return _refusal(SmsRule(None, None, 404, 20404, "The requested resource was not found"))
        return JSONResponse(self._shown(found))

    async def _account(self, request: Request) -> Response:
        rule = self.strike("")
        if rule is not None or not self._may_enter(request):
            return _refusal(rule or SmsRule(None, None, 401, 20003, "Authenticate"))
        return JSONResponse({"sid": self.account_sid, "status": "active", "friendly_name": "Sandbox", "type": "Full"})

    def _may_enter(self, request: Request) -> bool:
        wanted = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {wanted}"

    def _shown(self, sms: Sms) -> Json:
        return {
            "sid": sms.sid,
            "account_sid": self.account_sid,
            "to": sms.to,
            "from": sms.sender,
            "body": sms.body,
            "status": sms.status,
            "error_code": sms.error_code,
            "direction": "outbound-api",
            "date_created": formatdate(sms.at),
            "date_sent": None,
            "num_segments": "1",
        }


def _refusal(rule: SmsRule) -> Response:
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    body = {"code": rule.code, "message": rule.text, "more_info": "", "status": rule.status}
    return JSONResponse(body, status_code=rule.status, headers=headers)
