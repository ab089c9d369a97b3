"""A local PostGrid for letters: REST with idempotency keys, signed webhooks; keeps what it gets, on 127.0.0.1 alone.

What it speaks is PostGrid's: https://docs.postgrid.com (letters), and for signatures
https://postgrid.readme.io/docs/manually-verifying-webhook-signatures.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.errors import PATIENCE, NeverHappened
from sandbox.jsontypes import Json
from sandbox.letter_faults import LetterFaults, LetterRule
from sandbox.serving import HOST, Serving

FOLDER = "/print-mail/v1/letters"
COMPLETED, RETURNED = "completed", "returned_to_sender"
"""PostGrid's words for a letter that has arrived (`status`), and for one that the post brings back (`imbStatus`)."""
SOON = 0.5
"""Seconds after which a letter that comes back is reported."""


@dataclass(frozen=True)
class PostedLetter:
    """One letter that was taken: the addresses' fields by PostGrid's names, `pdf` as uploaded, `at` a Unix time.

    `about` is the metadata that came with it.
    """

    id: str
    key: str
    to: dict[str, str]
    sender: dict[str, str]
    pdf: bytes = field(repr=False, default=b"")
    size: str = ""
    status: str = "ready"
    imb_status: str = ""
    at: float = field(default_factory=time.time)
    about: dict[str, str] = field(default_factory=dict)

    @property
    def is_returned(self) -> bool:
        """Say whether the post brought it back."""
        return self.imb_status == RETURNED

    @property
    def postcode(self) -> str:
        """Return where it goes."""
        return self.to.get("postalOrZip", "")


class LetterCatcher(LetterFaults):
    """Catches all letters. Use as a context manager, or call `start` and `stop`; faults strike by postcode."""

    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.api_key = f"test_sk_{secrets.token_hex(12)}"
        self.webhook_secret = f"webhook_secret_{secrets.token_hex(16)}"
        self.webhook_url = ""
        """Where events go: the bot's public address with /postgrid/events; empty for nowhere."""
        self._serving = Serving("letters", port)
        self._arrived = threading.Condition()
        self._letters: dict[str, PostedLetter] = {}
        self.listeners: list[Callable[[], None]] = []
        self.calls = 0
        """How often somebody wanted to post a letter, taken or not."""

    def start(self) -> LetterCatcher:
        """Listen; return self."""
        routes = [
            Route(FOLDER, self._create, methods=["POST"]),
            Route(FOLDER, self._list, methods=["GET"]),
            Route(FOLDER + "/{id}", self._fetch, methods=["GET"]),
        ]
        self._serving.start(Starlette(routes=routes))
        return self

    def stop(self) -> None:
        """Let what hangs go and stop listening; a second call does nothing."""
        self.release()
        self._serving.stop()

    def __enter__(self) -> LetterCatcher:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What POSTGRID_API_URL is set to."""
        return f"http://{HOST}:{self._serving.port}"

    @property
    def letters(self) -> list[PostedLetter]:
        """Every letter that was taken, oldest first."""
        with self._arrived:
            return list(self._letters.values())

    def wait_for(self, wanted: int, timeout: float = PATIENCE) -> list[PostedLetter]:
        """Wait for `wanted` letters in all; return all. Raises NeverHappened."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._letters) >= wanted, timeout):
                raise NeverHappened(f"{len(self._letters)} letters after {timeout:g} s, waited for {wanted}")
            return list(self._letters.values())

    def becomes(self, letter: PostedLetter, status: str, imb_status: str = "") -> int:
        """Let a letter go on; return the HTTP status of the webhook's answer, 0 where nobody is to be told."""
        with self._arrived:
            changed = replace(self._letters[letter.id], status=status, imb_status=imb_status)
            self._letters[letter.id] = changed
        self._notify()
        return self.tell(changed)

    def restore(self, letters: list[PostedLetter]) -> None:
        """Take over what another run had, before any letter comes."""
        with self._arrived:
            self._letters = {one.id: one for one in letters}
        self._notify()

    def tell(self, letter: PostedLetter, *, secret: str | None = None) -> int:
        """Send a letter's event; another `secret` than ours makes a forged signature."""
        if not self.webhook_url:
            return 0
        event = {"id": f"event_{secrets.token_hex(8)}", "type": "letter.updated", "data": self._shown(letter)}
        return _post_signed(self.webhook_url, event, secret or self.webhook_secret)

    async def _create(self, request: Request) -> Response:
        self.calls += 1
        async with request.form(max_part_size=20_000_000) as form:
            fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            uploaded = form.get("pdf")
            pdf = await uploaded.read() if isinstance(uploaded, UploadFile) else b""
        rule = self.strike(fields.get("to[postalOrZip]", ""))
        if rule is not None and rule.status:
            return _refusal(rule)
        if not self._may_enter(request):
            return _refusal(_NO_KEY)
        if rule is not None and not rule.taken:
            await self._hang()
            return _refusal(LetterRule(None, None, 503, "Gone"))
        letter = self._keep(request.headers.get("Idempotency-Key", ""), fields, pdf)
        if rule is not None and rule.comes_back:
            later = asyncio.get_running_loop()
            later.call_later(SOON, later.run_in_executor, None, self.becomes, letter, COMPLETED, RETURNED)
        elif rule is not None:
            await self._hang()
        return JSONResponse(self._shown(letter), status_code=201)

    def _keep(self, key: str, fields: dict[str, str], pdf: bytes) -> PostedLetter:
        with self._arrived:
            known = next((one for one in self._letters.values() if key and one.key == key), None)
            if known is not None:
                return known
            to, sender = _of(fields, "to"), _of(fields, "from")
            name, about = f"letter_{secrets.token_hex(10)}", _of(fields, "metadata")
            letter = PostedLetter(name, key, to, sender, pdf, fields.get("size", ""), about=about)
            self._letters[letter.id] = letter
            self._arrived.notify_all()
        self._notify()
        return letter

    def _notify(self) -> None:
        for listener in list(self.listeners):
            listener()

    async def _hang(self) -> None:
        self.held += 1
        await asyncio.get_running_loop().run_in_executor(None, self._open.wait, 60)
        self.held -= 1

    async def _list(self, request: Request) -> Response:
        rule = self.strike("")
        if rule is not None or not self._may_enter(request):
            return _refusal(rule if rule is not None and rule.status else _NO_KEY)
        found = [self._shown(one) for one in reversed(self.letters)]
        return JSONResponse({"object": "list", "limit": 10, "skip": 0, "totalCount": len(found), "data": found})

    async def _fetch(self, request: Request) -> Response:
        found = self._letters.get(request.path_params["id"])
        if not self._may_enter(request):
            return _refusal(_NO_KEY)
        if found is None:
            return _refusal(LetterRule(None, None, 404, "Letter not found."))
        return JSONResponse(self._shown(found))

    def _may_enter(self, request: Request) -> bool:
        return request.headers.get("x-api-key") == self.api_key

    def _shown(self, letter: PostedLetter) -> Json:
        at = datetime.fromtimestamp(letter.at, UTC).isoformat().replace("+00:00", "Z")
        shown: Json = {
            "id": letter.id,
            "object": "letter",
            "live": False,
            "status": letter.status,
            "size": letter.size,
            "color": False,
            "doubleSided": False,
            "addressPlacement": "insert_blank_page",
            "envelope": "standard",
            "mailingClass": "first_class",
            "sendDate": at,
            "createdAt": at,
            "updatedAt": at,
            "to": {"id": "contact_to", "object": "contact", **letter.to},
            "from": {"id": "contact_from", "object": "contact", **letter.sender},
            "metadata": letter.about,
        }
        return {**shown, "imbStatus": letter.imb_status} if letter.imb_status else shown


_NO_KEY = LetterRule(None, None, 401, "Invalid API key.")


def _of(fields: dict[str, str], name: str) -> dict[str, str]:
    start = f"{name}["
    return {key[len(start) : -1]: value for key, value in fields.items() if key.startswith(start)}


def _refusal(rule: LetterRule) -> Response:
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    body = {"object": "error", "error": {"type": f"{rule.kind}_error", "message": rule.text}}
    return JSONResponse(body, status_code=rule.status, headers=headers)


def _post_signed(url: str, event: Json, secret: str) -> int:
    body, at = json.dumps(event, separators=(",", ":")).encode(), str(int(time.time() * 1000))
    made = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "PostGrid-Signature": f"t={at},v1={made}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
