"""The outbox's letters, sheet by sheet: what PostGrid took, and what lies in the printer's folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.letter_folder import LetterFolder, SpooledLetter
from sandbox.letters import COMPLETED, RETURNED, LetterCatcher, PostedLetter
from sandbox.page.live import Piece, Scene, stream
from sandbox.page.mails import FILE_POLICY
from sandbox.page.outbox import SHOWN, Asked, Outbox, Shelf
from sandbox.page.switches import letter_board
from sandbox.pdf_pictures import page_texts, picture

STATES = {
    "ready": "at PostGrid, to be printed",
    "printing": "being printed",
    "processed_for_delivery": "with the post",
    COMPLETED: "delivered",
    "cancelled": "cancelled",
}
FATES = {"delivered": (COMPLETED, ""), "returned": (COMPLETED, RETURNED)}
NOT_TAKEN = "The bot did not take it: it answered {}."


@dataclass(frozen=True)
class Letter:
    """One letter: `state` says what became of it, `bad` that this is no good news, `at` when it came (Unix time).

    `is_posted` says that PostGrid has it, else it lies in the folder for the printer.
    """

    id: str
    lines: tuple[str, ...]
    at: float
    state: str
    bad: bool = False
    campaign: str = ""
    is_posted: bool = False

    @property
    def address(self) -> str:
        """Where it is in the page."""
        return f"/outbox/letters/{self.id}"

    @property
    def name(self) -> str:
        """Whom it is for."""
        return self.lines[0] if self.lines else f"Letter {self.id.rpartition('.')[2]}"

    @property
    def place(self) -> str:
        """Where it goes, in one line."""
        return ", ".join(self.lines[1:])


class LetterPages:
    """Their routes."""

    def __init__(self, outbox: Outbox, posted: LetterCatcher | None, folder: LetterFolder | None) -> None:
        self._outbox = outbox
        self._desk = outbox.desk
        self._posted = posted
        self._folder = folder
        board = letter_board(posted) if posted is not None else None
        self.shelf = Shelf("/outbox/letters", "Letters", lambda: len(self._sources()), board)
        self.routes = [
            Route("/outbox/letters", self._show),
            Route("/outbox/letters/live", self._live),
            Route("/outbox/letters/{id}", self._show),
            Route("/outbox/letters/{id}/pdf", self._pdf),
            Route("/outbox/letters/{id}/pages/{page:int}.png", self._picture),
            Route("/outbox/letters/{id}/{fate}", self._becomes, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        asked, chosen = Asked.of(request), request.path_params.get("id")
        page = _page(request)
        scene = self._scene(asked, chosen, page)
        if chosen and "letter" not in scene.keys:
            raise HTTPException(404, "There is no such letter.")
        drawn = {one.id: one.draw() for one in scene.pieces}
        shown = {"asked": asked, "number": chosen, "shelf": self.shelf, "page": page}
        return self._desk.page(request, "letter.html", drawn=drawn, token=self._desk.remember(scene.keys), **shown)

    async def _live(self, request: Request) -> Response:
        look = partial(self._scene, Asked.of(request), request.query_params.get("id") or None, _page(request))
        return stream(self._desk, look, request.query_params.get("token", ""))

    def _pdf(self, request: Request) -> Response:
        headers = {"Content-Disposition": 'inline; filename="letter.pdf"', "Content-Security-Policy": FILE_POLICY}
        return Response(self._of(request).pdf, media_type="application/pdf", headers=headers)

    def _picture(self, request: Request) -> Response:
        try:
            drawn = picture(self._of(request).pdf, request.path_params["page"])
        except LookupError:
            raise HTTPException(404, "There is no such page.") from None
        return Response(drawn, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    async def _becomes(self, request: Request) -> Response:
        letter, fate = self._of(request), FATES.get(request.path_params["fate"])
        if fate is None or self._posted is None or not isinstance(letter, PostedLetter):
            raise HTTPException(404)
        taken = await run_in_threadpool(self._posted.becomes, letter, *fate)
        if not 200 <= taken < 300:
            return self._desk.notice(NOT_TAKEN.format(f"HTTP {taken}" if taken else "nothing at all"))
        return Response(status_code=204)

    def _of(self, request: Request) -> PostedLetter | SpooledLetter:
        found = next((one for one in self._sources() if one.id == request.path_params["id"]), None)
        if found is None:
            raise HTTPException(404, "There is no such letter.")
        return found

    def _sources(self) -> list[PostedLetter | SpooledLetter]:
        posted = self._posted.letters if self._posted is not None else []
        spooled = self._folder.letters if self._folder is not None else []
        return sorted([*posted, *spooled], key=lambda one: one.at)

    def _scene(self, asked: Asked, chosen: str | None, page: int) -> Scene:
        sources = self._sources()
        labels = self._outbox.labels.of(one.id for one in sources if isinstance(one, PostedLetter))
        letters = [_letter(one, labels) for one in sources]
        found = [one for one in letters if asked.fits(" ".join(one.lines), one.campaign)]
        count = (len(found), len(letters))
        listed = {"letters": found[-SHOWN:][::-1], "count": count, "number": chosen, "asked": asked}
        zone, draw = self._desk.zone, self._desk.render
        bad = [(one.id, one.state, one.lines) for one in found]
        pieces = [
            Piece("letters", (count, bad, chosen), lambda: draw("letters.html", zone=zone, **listed)),
            *self._outbox.pieces(self.shelf, asked, [one.campaign for one in letters if one.campaign]),
        ]
        here = next((n for n, one in enumerate(letters) if one.id == chosen), None)
        if here is not None:
            shown = self._sheet(letters[here], sources[here], asked, page)
            pieces.append(Piece("letter", (letters[here], page), lambda: draw("sheet.html", zone=zone, **shown)))
        return Scene(pieces)

    def _sheet(self, letter: Letter, source: PostedLetter | SpooledLetter, asked: Asked, page: int) -> dict[str, Any]:
        texts = page_texts(source.pdf)
        page = min(page, max(len(texts), 1))
        words = texts[page - 1].strip() if texts else ""
        can_tell = letter.is_posted and self._posted is not None and bool(self._posted.webhook_url)
        return {"letter": letter, "asked": asked, "page": page, "pages": len(texts), "words": words, "post": can_tell}


def _letter(source: PostedLetter | SpooledLetter, labels: dict[str, str]) -> Letter:
    if isinstance(source, SpooledLetter):
        lines = source.address or tuple(filter(None, (source.customer,)))
        return Letter(source.id, lines, source.at, "in the printer's folder", campaign=source.campaign)
    state = "the post returned it" if source.is_returned else STATES.get(source.status, source.status)
    bad = source.is_returned or source.status == "cancelled"
    return Letter(source.id, _lines(source.to), source.at, state, bad, labels.get(source.id, ""), is_posted=True)


def _lines(to: dict[str, str]) -> tuple[str, ...]:
    name = " ".join(filter(None, (to.get("firstName"), to.get("lastName"))))
    town = " ".join(filter(None, (to.get("postalOrZip"), to.get("city"), to.get("provinceOrState"))))
    lines = (to.get("companyName"), name, to.get("addressLine1"), to.get("addressLine2"), town, to.get("countryCode"))
    return tuple(line for line in lines if line)


def _page(request: Request) -> int:
    given = request.query_params.get("page", "")
    return max(int(given), 1) if given.isascii() and given.isdigit() and len(given) < 5 else 1
