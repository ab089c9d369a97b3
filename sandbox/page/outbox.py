"""The outbox page: every mail that was caught, and switches that make the next ones go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.mail import Caught, MailCatcher
from sandbox.mail_faults import Rule
from sandbox.page.desk import Desk
from sandbox.page.live import Piece, Scene, stream

SHOWN = 200
SLOW_SECONDS = 8.0
VIEWS = ("html", "text", "headers", "source")
# a mail may bring styles of its own, and nothing else: no script, no picture from elsewhere, no form, no frame
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
FILE_POLICY = "default-src 'self'; script-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Switch:
    """One way for mail to go wrong: what the page calls it, and what the mail catcher does then."""

    label: str
    note: str
    turn_on: Callable[[MailCatcher, str | None, int | None], None]


SWITCHES = {
    "bounce": Switch(
        "bounce: no such mailbox",
        "550 at the recipient",
        lambda mail, to, times: mail.refuse(to, 550, "5.1.1 No such user here", times),
    ),
    "refuse": Switch(
        "be refused",
        "554 after the message",
        lambda mail, to, times: mail.refuse_data(to, 554, "5.7.1 Message refused by policy", times),
    ),
    "slow": Switch(
        "be slow",
        f"the answer takes {SLOW_SECONDS:g} s",
        lambda mail, to, times: mail.delay(to, SLOW_SECONDS, times),
    ),
    "drop": Switch(
        "lose the connection",
        "before it is handed over",
        lambda mail, to, times: mail.drop_before_data(to, times),
    ),
    "come_back": Switch(
        "be taken, then come back",
        "a bounce arrives in the bot's mailbox: no such user",
        lambda mail, to, times: mail.bounce_back(to, "550 5.1.1 User unknown", times),
    ),
    "lose": Switch(
        "be taken, the answer lost",
        "the sender can't know",
        lambda mail, to, times: mail.drop_after_data(to, times),
    ),
}
_KINDS = {
    "rcpt": "bounce",
    "mail": "refuse",
    "data": "refuse",
    "delay": "slow",
    "drop_before": "drop",
    "bounce_back": "come_back",
}
TIMES = {"1": 1, "3": 3, "10": 10, "all": None}


@dataclass(frozen=True)
class Part:
    """An attachment: its place in the mail, name, media type and size in bytes."""

    number: int
    name: str
    kind: str
    size: int


class OutboxPage:
    """Its routes; `mail` is the desk's mail catcher."""

    def __init__(self, desk: Desk, mail: MailCatcher) -> None:
        self._desk = desk
        self._mail = mail
        self.routes = [
            Route("/outbox", self._show),
            Route("/outbox/live", self._live),
            Route("/outbox/faults", self._turn_on, methods=["POST"]),
            Route("/outbox/heal", self._heal, methods=["POST"]),
            Route("/outbox/{number:int}", self._show),
            Route("/outbox/{number:int}/html", self._html),
            Route("/outbox/{number:int}/parts/{part:int}", self._part),
        ]

    def _show(self, request: Request) -> Response:
        query = request.query_params.get("q", "")
        number = request.path_params.get("number")
        view = request.query_params.get("view", "")
        scene = self._scene(query, number)
        drawn = {one.id: one.draw() for one in scene.pieces}
        mail = self._one(request) if number else None
        shown = _shown(mail, view) if mail else {}
        shown |= {"query": query, "number": number, "mail": mail, "views": VIEWS}
        return self._desk.page(request, "outbox.html", drawn=drawn, token=self._desk.remember(scene.keys), **shown)

    async def _live(self, request: Request) -> Response:
        query, number = request.query_params.get("q", ""), request.query_params.get("number", "")
        look = partial(self._scene, query, int(number) if number.isdecimal() else None)
        return stream(self._desk, look, request.query_params.get("token", ""))

    def _scene(self, query: str, number: int | None) -> Scene:
        mails = self._mail.messages
        found = [(place, one) for place, one in enumerate(mails, 1) if _fits(one, query)]
        faults = self._mail.active
        count = (len(found), len(mails))
        return Scene(
            [
                Piece(
                    "mails",
                    (*count, number, query),
                    lambda: self._desk.render(
                        "mails.html", mails=found[-SHOWN:][::-1], count=count, number=number, query=query
                    ),
                ),
                Piece(
                    "faults",
                    faults,
                    lambda: self._desk.render(
                        "faults.html", faults=[_in_words(one) for one in faults], switches=self._switches(), times=TIMES
                    ),
                ),
            ]
        )

    def _switches(self) -> dict[str, Switch]:
        return {name: one for name, one in SWITCHES.items() if name != "come_back" or self._mail.bounces is not None}

    async def _turn_on(self, request: Request) -> Response:
        form = await request.form()
        switch, times = self._switches().get(str(form.get("what"))), str(form.get("times"))
        if switch is None or times not in TIMES:
            raise HTTPException(400)
        switch.turn_on(self._mail, str(form.get("to") or "").strip() or None, TIMES[times])
        self._desk.wake()
        return Response(status_code=204)

    async def _heal(self, request: Request) -> Response:
        self._mail.heal()
        self._desk.wake()
        return Response(status_code=204)

    async def _html(self, request: Request) -> Response:
        body = self._one(request).message.get_body(("html",))
        if body is None:
            return RedirectResponse(f"/outbox/{request.path_params['number']}?view=text", 303)
        return HTMLResponse(str(body.get_content()), headers={"Content-Security-Policy": MAIL_POLICY})

    async def _part(self, request: Request) -> Response:
        parts = list(self._one(request).message.iter_attachments())
        number = request.path_params["part"]
        if number >= len(parts):
            raise HTTPException(404)
        part = parts[number]
        content = part.get_payload(decode=True)
        is_pdf = part.get_content_type() == "application/pdf"
        name = "".join(one if one.isalnum() or one in "-_. " else "_" for one in part.get_filename() or "attachment")
        place = "inline" if is_pdf else "attachment"
        headers = {
            "Content-Disposition": f'{place}; filename="{name.encode("ascii", "replace").decode()}"',
            "Content-Security-Policy": FILE_POLICY,
        }
        kind = "application/pdf" if is_pdf else "application/octet-stream"
        return Response(content if isinstance(content, bytes) else b"", media_type=kind, headers=headers)

    def _one(self, request: Request) -> Caught:
        mails = self._mail.messages
        number: int = request.path_params["number"]
        if not 1 <= number <= len(mails):
            raise HTTPException(404, "There is no such mail.")
        return mails[number - 1]


def _fits(one: Caught, query: str) -> bool:
    """Tell whether a mail has every word of `query` in its subject or addresses."""
    message = one.message
    text = " ".join([str(message["Subject"]), str(message["From"]), str(message["To"]), *one.envelope_to]).casefold()
    return all(word in text for word in query.casefold().split())


def _shown(mail: Caught, view: str) -> dict[str, object]:
    message = mail.message
    body = message.get_body(("html",))
    text = message.get_body(("plain",))
    view = view if view in VIEWS else "html" if body else "text"
    return {
        "view": view if body or view != "html" else "text",
        "text": str(text.get_content()) if text else "This mail has no plain text.",
        "headers": [(name, str(value)) for name, value in message.items()],
        "source": mail.raw.decode("utf-8", "replace"),
        "parts": _parts(message),
    }


def _parts(message: EmailMessage) -> list[Part]:
    parts = []
    for number, one in enumerate(message.iter_attachments()):
        content = one.get_payload(decode=True)
        size = len(content) if isinstance(content, bytes) else 0
        parts.append(Part(number, one.get_filename() or "attachment", one.get_content_type(), size))
    return parts


def _in_words(rule: Rule) -> str:
    switch = SWITCHES[_KINDS.get(rule.kind, "lose")]
    some = f"The next {rule.times} mails" if rule.times and rule.times > 1 else "The next mail"
    how_many = "Every mail" if rule.times is None else some
    return f"{how_many} to {rule.address or 'anybody'} will {switch.label} ({rule.answer or switch.note})"
