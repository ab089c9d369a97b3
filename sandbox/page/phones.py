"""The outbox's SMS: each customer's phone with what came to it, cut into segments, and a box to answer from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.page.live import Piece, Scene, stream
from sandbox.page.outbox import SHOWN, Asked, Outbox, Shelf
from sandbox.page.switches import sms_board
from sandbox.segments import Segments, cut
from sandbox.sms import Answer, Sms, SmsCatcher

LONGEST = 1600
"""Characters in one SMS, as Twilio takes it."""
NOT_TAKEN = "The bot did not take it: it answered {}."


@dataclass(frozen=True)
class Bubble:
    """One message on a phone; `state` says what became of it, `bad` that this is no good news, `at` when (Unix time).

    An `is_answer` was written on the phone, any other came to it.
    """

    text: str
    at: float
    state: str
    bad: bool = False
    is_answer: bool = False
    campaign: str = ""

    @property
    def segments(self) -> Segments:
        """The text as it goes over the air."""
        return cut(self.text)


@dataclass(frozen=True)
class Phone:
    """A phone with its messages, oldest first."""

    number: str
    bubbles: tuple[Bubble, ...]

    @property
    def address(self) -> str:
        """Where it is in the page."""
        return f"/outbox/sms/{quote(self.number, safe='')}"

    @property
    def newest(self) -> str:
        """What was said last."""
        return self.bubbles[-1].text


class PhonePages:
    """Their routes."""

    def __init__(self, outbox: Outbox, sms: SmsCatcher) -> None:
        self._outbox = outbox
        self._desk = outbox.desk
        self._sms = sms
        self.shelf = Shelf("/outbox/sms", "SMS", lambda: len(sms.messages), sms_board(sms))
        self.routes = [
            Route("/outbox/sms", self._show),
            Route("/outbox/sms/live", self._live),
            Route("/outbox/sms/{number}", self._show),
            Route("/outbox/sms/{number}/answer", self._answer, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        asked, number = Asked.of(request), request.path_params.get("number")
        if number and not any(one.to == number for one in self._sms.messages):
            raise HTTPException(404, "Nothing was sent to this number.")
        scene = self._scene(asked, number)
        drawn = {one.id: one.draw() for one in scene.pieces}
        shown = {"asked": asked, "number": number, "shelf": self.shelf, "answers": bool(self._sms.webhook_url)}
        return self._desk.page(request, "phone.html", drawn=drawn, token=self._desk.remember(scene.keys), **shown)

    async def _live(self, request: Request) -> Response:
        look = partial(self._scene, Asked.of(request), request.query_params.get("number") or None)
        return stream(self._desk, look, request.query_params.get("token", ""))

    async def _answer(self, request: Request) -> Response:
        body = str((await request.form()).get("body", "")).strip()
        number = request.path_params["number"]
        if not body:
            return self._desk.notice("Write something first.")
        if len(body) > LONGEST:
            return self._desk.notice(f"An SMS has at most {LONGEST} characters; this has {len(body)}.")
        taken = await run_in_threadpool(self._sms.inbound, number, body)
        if not 200 <= taken < 300:
            return self._desk.notice(NOT_TAKEN.format(f"HTTP {taken}" if taken else "nothing at all"))
        return Response(status_code=204)

    def _scene(self, asked: Asked, number: str | None) -> Scene:
        messages, answers = self._sms.messages, self._sms.answers
        labels = self._outbox.labels.of(one.sid for one in messages)
        phones = _phones(messages, answers, labels)
        found = [one for one in phones if _fits(one, asked)]
        here = next((one for one in phones if one.number == number), None)
        count = (len(found), len(phones), len(messages))
        listed = {"phones": found[-SHOWN:][::-1], "count": count, "number": number, "asked": asked}
        newest = [(one.number, len(one.bubbles)) for one in found]
        zone, draw = self._desk.zone, self._desk.render
        pieces = [
            Piece("phones", (count, newest, number), lambda: draw("phones.html", zone=zone, **listed)),
            *self._outbox.pieces(self.shelf, asked, labels.values()),
        ]
        if here is not None:
            pieces.append(Piece("thread", here, lambda: draw("thread.html", phone=here, zone=zone)))
        return Scene(pieces)


def _phones(messages: list[Sms], answers: list[Answer], labels: dict[str, str]) -> list[Phone]:
    """Return every phone that got something, that with the newest message last."""
    held: dict[str, list[Bubble]] = {}
    for sms in messages:
        held.setdefault(sms.to, []).append(_came(sms, labels.get(sms.sid, "")))
    for answer in answers:
        if answer.number in held:
            held[answer.number].append(_went(answer))
    phones = [Phone(number, tuple(sorted(bubbles, key=lambda one: one.at))) for number, bubbles in held.items()]
    return sorted(phones, key=lambda one: one.bubbles[-1].at)


def _came(sms: Sms, campaign: str) -> Bubble:
    state = f"{sms.status}, error {sms.error_code}" if sms.error_code else sms.status
    return Bubble(sms.body, sms.at, state, bad=sms.error_code is not None, campaign=campaign)


def _went(answer: Answer) -> Bubble:
    is_taken = 200 <= answer.taken < 300
    return Bubble(answer.body, answer.at, "" if is_taken else "the bot did not take it", not is_taken, is_answer=True)


def _fits(phone: Phone, asked: Asked) -> bool:
    return any(asked.fits(f"{phone.number} {one.text}", one.campaign) for one in phone.bubbles if not one.is_answer)
