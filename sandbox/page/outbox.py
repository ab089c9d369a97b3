"""What the pages of the outbox share: a shelf for each kind of message, the filter, and the switches.

A kind of message has a page of its own (`mails.py`, `phones.py`, `letters.py`) and adds its shelf in `page.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.page.desk import Desk
from sandbox.page.live import Piece
from sandbox.page.switches import TIMES, Board

SHOWN = 200
NONE = "-"
"""What the filter calls messages of no campaign: tests to oneself, codes, notices."""
Campaigns = Callable[[Sequence[str]], Mapping[str, str]]
"""Takes ids (Message-ID, an SMS's sid, a letter's id) and returns the campaign's name for those that belong to one."""


@dataclass(frozen=True)
class Shelf:
    """One kind of message: where it is, what the page calls it, how many there are; `board` None: no switches."""

    address: str
    name: str
    count: Callable[[], int]
    board: Board | None = None


@dataclass(frozen=True)
class Asked:
    """What the filter asks for: words, and the name of a campaign ("" any, `NONE` those of none)."""

    words: str = ""
    campaign: str = ""

    @classmethod
    def of(cls, request: Request) -> Asked:
        """Read it from the address of a page."""
        return cls(request.query_params.get("q", ""), request.query_params.get("campaign", ""))

    @property
    def query(self) -> str:
        """The filter as it goes behind an address, with its question mark; "" where it lets everything through."""
        given = {name: one for name, one in (("q", self.words), ("campaign", self.campaign)) if one}
        return f"?{urlencode(given)}" if given else ""

    def fits(self, text: str, campaign: str) -> bool:
        """Tell whether a message with this text and campaign ("" for none) is asked for."""
        if self.campaign and self.campaign != (campaign or NONE):
            return False
        text = text.casefold()
        return all(word in text for word in self.words.casefold().split())


class Labels:
    """Which campaign messages belong to; what was once told is kept."""

    def __init__(self, ask: Campaigns | None) -> None:
        self._ask = ask
        self._known: dict[str, str] = {}

    def of(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the campaign's name by id, for those that have one."""
        wanted = list(ids)
        unknown = [one for one in wanted if one not in self._known]
        if unknown and self._ask is not None:
            self._known |= self._ask(unknown)
        return {one: self._known[one] for one in wanted if one in self._known}


class Outbox:
    """The shelves; each page of the outbox draws itself with what it finds here."""

    def __init__(self, desk: Desk, campaigns: Campaigns | None) -> None:
        self.desk = desk
        self.labels = Labels(campaigns)
        self.shelves: list[Shelf] = []
        self.routes = [
            Route("/outbox/{kind}/faults", self._turn_on, methods=["POST"]),
            Route("/outbox/{kind}/heal", self._heal, methods=["POST"]),
        ]

    def pieces(self, shelf: Shelf, asked: Asked, campaigns: Iterable[str]) -> list[Piece]:
        """Return what stands around the messages of a shelf: the other shelves, the filter, the switches."""
        draw = self.desk.render
        names = sorted(set(campaigns) | ({asked.campaign} - {"", NONE}))
        shelves = [(one.address, one.name, one.count(), one is shelf) for one in self.shelves]
        pieces = [
            Piece("shelves", shelves, lambda: draw("shelves.html", shelves=shelves)),
            Piece(
                "filter", names, lambda: draw("filter.html", shelf=shelf, asked=asked, campaigns=names, of_none=NONE)
            ),
        ]
        if shelf.board is not None:
            board, active = shelf.board, shelf.board.active()
            kind = shelf.address.rpartition("/")[2]
            faults = {"board": board, "kind": kind, "active": active, "times": TIMES}
            pieces.append(Piece("faults", active, lambda: draw("faults.html", **faults)))
        return pieces

    async def _turn_on(self, request: Request) -> Response:
        form = await request.form()
        board = self._board(request)
        switch, times = board.switches.get(str(form.get("what"))), str(form.get("times"))
        if switch is None or times not in TIMES:
            raise HTTPException(400)
        switch.turn_on(str(form.get("to") or "").strip() or None, TIMES[times])
        self.desk.wake()
        return Response(status_code=204)

    async def _heal(self, request: Request) -> Response:
        self._board(request).heal()
        self.desk.wake()
        return Response(status_code=204)

    def _board(self, request: Request) -> Board:
        address = f"/outbox/{request.path_params['kind']}"
        board = next((one.board for one in self.shelves if one.address == address), None)
        if board is None:
            raise HTTPException(404)
        return board
