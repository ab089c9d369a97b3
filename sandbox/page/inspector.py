"""The inspector: what went to and fro between Slack and the bot, and what the validator says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.page.desk import Desk
from sandbox.page.live import Piece, Scene, stream
from sandbox.record import Record
from sandbox.validate import Problem, check_ack, check_call

SHOWN = 300
DIRECTIONS = {"call": "bot → Slack", "delivery": "Slack → bot", "ack": "bot → Slack"}


@dataclass(frozen=True)
class Line:
    """One payload in short. `fault` is what Slack answered where it refused; `problems` are the validator's."""

    number: int
    record: Record
    about: str
    fault: str
    problems: tuple[Problem, ...]

    @property
    def way(self) -> str:
        """Who sent it to whom."""
        return DIRECTIONS[self.record.direction]


class InspectorPage:
    """Its routes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lines: dict[int, Line] = {}
        self.routes = [
            Route("/inspector", self._show),
            Route("/inspector/live", self._live),
            Route("/inspector/{number:int}", self._payload),
        ]

    def _show(self, request: Request) -> Response:
        scene = self._scene()
        drawn = {one.id: one.draw() for one in scene.pieces}
        token = self._desk.remember(scene.keys)
        lines = "".join(drawn[one.id] for one in scene.pieces if one.parent)
        return self._desk.page(request, "inspector.html", drawn=drawn, lines=lines, token=token)

    async def _live(self, request: Request) -> Response:
        return stream(self._desk, self._scene, request.query_params.get("token", ""))

    async def _payload(self, request: Request) -> Response:
        traffic, number = self._desk.sandbox.traffic, request.path_params["number"]
        if number >= len(traffic):
            raise HTTPException(404)
        return HTMLResponse(self._desk.render("payload.html", line=self._line(number, traffic[number])))

    def _scene(self) -> Scene:
        traffic, violations = self._desk.sandbox.traffic, self._desk.sandbox.violations
        first = max(0, len(traffic) - SHOWN)
        lines = [self._line(first + place, one) for place, one in enumerate(traffic[first:])]
        verdict = Piece(
            "verdict",
            (len(traffic), len(violations)),
            lambda: self._desk.render("verdict.html", count=len(traffic), violations=violations, first=first),
        )
        return Scene([verdict, *(self._piece(one) for one in lines)], ("traffic",))

    def _piece(self, line: Line) -> Piece:
        zone, draw = self._desk.zone, self._desk.render
        return Piece(f"t-{line.number}", line.number, lambda: draw("traffic.html", line=line, zone=zone), "traffic")

    def _line(self, number: int, record: Record) -> Line:
        if number not in self._lines:
            self._lines[number] = Line(number, record, _about(record), _fault(record), tuple(_problems(record)))
        return self._lines[number]


def _problems(record: Record) -> list[Problem]:
    if record.direction == "delivery":
        return []
    if record.direction == "ack" or record.method == "response_url":
        return check_ack(record.method.removeprefix("ack."), record.args)
    return check_call(record.method, record.args)


def _fault(record: Record) -> str:
    response = record.response
    return str(response.get("error", "")) if isinstance(response, dict) and not response.get("ok") else ""


def _about(record: Record) -> str:
    """Return in a few words what a payload is about."""
    args: Any = record.args if isinstance(record.args, dict) else {}
    if record.direction == "delivery":
        user = args.get("user_name") or (args.get("user") or {}).get("name") or (args.get("event") or {}).get("user")
        what = args.get("command") or (args.get("event") or {}).get("type") or args.get("value")
        actions = ", ".join(str(one.get("action_id")) for one in args.get("actions") or [])
        return " · ".join(
            str(one) for one in (user, actions or what or (args.get("view") or {}).get("callback_id")) if one
        )
    view = args.get("view")
    if isinstance(view, dict):
        return str((view.get("title") or {}).get("text") or view.get("type", ""))
    return str(args.get("text") or args.get("response_action") or args.get("user") or args.get("channel") or "")[:120]
