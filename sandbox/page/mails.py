"""The outbox's mails: every one that was caught, as its reader sees it and as it came."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.mail import Caught, MailCatcher
from sandbox.page.live import Piece, Scene, stream
from sandbox.page.outbox import SHOWN, Asked, Outbox, Shelf
from sandbox.page.switches import mail_board

VIEWS = ("html", "text", "headers", "source")
# a mail may bring styles of its own, and nothing else: no script, no picture from elsewhere, no form, no frame
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
FILE_POLICY = "default-src 'self'; script-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Part:
    """An attachment: its place in the mail, name, media type and size in bytes."""

    number: int
    name: str
    kind: str
    size: int


class MailPages:
    """Their routes."""

    def __init__(self, outbox: Outbox, mail: MailCatcher) -> None:
        self._outbox = outbox
        self._desk = outbox.desk
        self._mail = mail
        self.shelf = Shelf("/outbox/mail", "Email", lambda: len(mail.messages), mail_board(mail))
        self.routes = [
            Route("/outbox/mail", self._show),
            Route("/outbox/mail/live", self._live),
            Route("/outbox/mail/{number:int}", self._show),
            Route("/outbox/mail/{number:int}/html", self._html),
            Route("/outbox/mail/{number:int}/parts/{part:int}", self._part),
        ]

    def _show(self, request: Request) -> Response:
        asked = Asked.of(request)
        number = request.path_params.get("number")
        scene = self._scene(asked, number)
        mail = self._one(request) if number else None
        shown = _shown(mail, request.query_params.get("view", "")) if mail else {}
        shown |= {"asked": asked, "number": number, "mail": mail, "views": VIEWS, "shelf": self.shelf}
        if mail:
            shown["campaign"] = self._outbox.labels.of([mail.message_id]).get(mail.message_id, "")
        drawn = {one.id: one.draw() for one in scene.pieces}
        return self._desk.page(request, "mail.html", drawn=drawn, token=self._desk.remember(scene.keys), **shown)

    async def _live(self, request: Request) -> Response:
        number = request.query_params.get("number", "")
        look = partial(self._scene, Asked.of(request), int(number) if number.isdecimal() else None)
        return stream(self._desk, look, request.query_params.get("token", ""))

    def _scene(self, asked: Asked, number: int | None) -> Scene:
        mails = self._mail.messages
        labels = self._outbox.labels.of(one.message_id for one in mails)
        found = [
            (place, one) for place, one in enumerate(mails, 1) if asked.fits(one.words, labels.get(one.message_id, ""))
        ]
        count = (len(found), len(mails))
        listed = {"mails": found[-SHOWN:][::-1], "count": count, "number": number, "asked": asked}
        drawn = Piece(
            "mails", (*count, number), lambda: self._desk.render("mails.html", zone=self._desk.zone, **listed)
        )
        return Scene([drawn, *self._outbox.pieces(self.shelf, asked, labels.values())])

    async def _html(self, request: Request) -> Response:
        body = self._one(request).message.get_body(("html",))
        if body is None:
            return RedirectResponse(f"/outbox/mail/{request.path_params['number']}?view=text", 303)
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
