"""The workspace page: one person's conversations, the App Home, and everything they do there."""

from __future__ import annotations

import json

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.conversation import Message
from sandbox.errors import NeverHappened, SandboxError
from sandbox.modal import Home, Modal
from sandbox.page.desk import Desk
from sandbox.page.gestures import VERBS, Gesture
from sandbox.page.live import stream
from sandbox.page.seat import HOME, Seat
from sandbox.person import Person
from sandbox.surface import Surface

HOME_SECONDS = 5.0
TROUBLE = "The bot's answer failed: {}. Have a look at the inspector."


class WorkspacePage:
    """Its routes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._workspace = desk.sandbox.workspace
        self.routes = [
            Route("/", self._start),
            Route("/as/{user}/", self._direct),
            Route("/as/{user}/commands", self._commands, methods=["POST"]),
            Route("/as/{user}/say/{place}", self._say, methods=["POST"]),
            Route("/as/{user}/home/open", self._open_home, methods=["POST"]),
            Route("/as/{user}/files/{file}", self._file),
            Route("/as/{user}/views/{view}/{verb}", self._on_view, methods=["POST"]),
            Route("/as/{user}/messages/{channel}/{ts}/{verb}", self._on_message, methods=["POST"]),
            Route("/as/{user}/{place}/live", self._live),
            Route("/as/{user}/{place}", self._show),
        ]

    async def _start(self, request: Request) -> Response:
        first = next(iter(self._desk.sandbox.people), None)
        if first is None:
            raise HTTPException(404, "Nobody is in this workspace.")
        return RedirectResponse(f"/as/{first}/", 303)

    async def _direct(self, request: Request) -> Response:
        person = self._person(request)
        with self._workspace.lock:
            direct = self._workspace.channels.direct(person.user_id)
        return RedirectResponse(f"/as/{person.user_id}/{direct.channel_id}", 303)

    def _show(self, request: Request) -> Response:
        seat = self._seat(request)
        scene = seat.scene()
        drawn = {one.id: one.draw() for one in scene.pieces}
        messages = "".join(drawn[one.id] for one in scene.pieces if one.parent)
        manifest = self._workspace.manifest
        shown = {
            "drawn": drawn,
            "messages": messages,
            "on_home": seat.place == HOME,
            "token": self._desk.remember(scene.keys),
        }
        return self._desk.page(request, "workspace.html", seat=seat, manifest=manifest, **shown)

    async def _live(self, request: Request) -> Response:
        return stream(self._desk, self._seat(request).scene, request.query_params.get("token", ""))

    async def _commands(self, request: Request) -> Response:
        person = self._person(request)
        line = str((await request.form()).get("line", "")).strip()
        manifest = self._workspace.manifest
        known = sorted(manifest.commands) if line.startswith("/") and " " not in line else []
        found = [(one, *manifest.help.get(one, ("", ""))) for one in known if one.startswith(line)]
        return HTMLResponse(self._desk.render("commands.html", commands=found, person=person))

    async def _say(self, request: Request) -> Response:
        person = self._person(request)
        line = str((await request.form()).get("line", "")).strip()
        place = request.path_params["place"]
        if not line:
            return Response(status_code=204)
        if not line.startswith("/"):
            return self._desk.notice("Nobody reads messages here: apps are called with a command, such as /campaign.")
        reply = await run_in_threadpool(person.command, line, place if place in self._channels() else None)
        if reply.trouble == "unknown_command":
            return self._desk.notice(reply.text)
        return Response(status_code=204)

    async def _open_home(self, request: Request) -> Response:
        person = self._person(request)
        try:
            await run_in_threadpool(person.open_home, HOME_SECONDS)
        except NeverHappened:
            return self._desk.notice("The bot has published no Home for this person yet.")
        return Response(status_code=204)

    async def _file(self, request: Request) -> Response:
        person = self._person(request)
        file = self._workspace.files.by_id.get(request.path_params["file"])
        direct = self._workspace.channels.direct(person.user_id).channel_id
        if file is not None and file.picture_type and request.query_params.get("as") == "picture":
            # drawn in a block: whoever sees the message sees it
            return Response(file.content, media_type=file.picture_type)
        if file is None or (file.owner != person.user_id and direct not in file.channel_ids):
            raise HTTPException(404)
        headers = {"Content-Disposition": f'attachment; filename="{_header_safe(file.name)}"'}
        return Response(file.content, media_type="application/octet-stream", headers=headers)

    async def _on_view(self, request: Request) -> Response:
        person = self._person(request)
        wanted = request.path_params["view"]
        with self._workspace.lock:
            modals = [Modal(person, one) for one in self._workspace.screens.stack(person.user_id)]
            home = self._workspace.screens.homes.get(person.user_id)
        surfaces: list[Modal | Home] = [*modals, *([Home(person, home)] if home else [])]
        surface = next((one for one in surfaces if one.view["id"] == wanted), None)
        return await self._on_surface(request, person, surface)

    async def _on_message(self, request: Request) -> Response:
        person = self._person(request)
        seat = Seat(self._desk, person, request.path_params["channel"])
        if seat.place not in self._channels():
            raise HTTPException(404)
        with self._workspace.lock:
            visible = [*seat.messages(), *(one for one in seat.channel.messages if not one.deleted)]
        posted = next((one for one in visible if one.ts == request.path_params["ts"]), None)
        return await self._on_surface(request, person, Message(person, posted) if posted else None)

    async def _on_surface(self, request: Request, person: Person, surface: Surface | None) -> Response:
        verb = request.path_params["verb"]
        if surface is None:
            return self._desk.notice("This is no longer on the screen.")
        async with request.form() as form:
            before = len(person.troubles)
            try:
                gesture = Gesture(self._desk, person, surface, form)
                answer = await self._carry_out(gesture, verb, request.url.path.rpartition("/")[0])
            except (SandboxError, ValueError) as error:
                self._desk.wake()
                return self._desk.notice(_sentence(str(error)))
        troubles = person.troubles[before:]
        if troubles and not isinstance(surface, Modal):
            return self._desk.notice(TROUBLE.format(troubles[-1]))
        return answer

    async def _carry_out(self, gesture: Gesture, verb: str, address: str) -> Response:
        if verb == "options":
            choices = await run_in_threadpool(gesture.offered)
            control = str(gesture.form.get("control", ""))
            vals = {one.value: json.dumps({"control": control, "value": one.value}) for one in choices}
            return HTMLResponse(
                self._desk.render("options.html", choices=choices, vals=vals, address=address, id=control)
            )
        if verb == "attach":
            await gesture.attach()
        elif verb in VERBS:
            await run_in_threadpool(gesture.carry_out, verb)
        else:
            raise HTTPException(404)
        return Response(status_code=204)

    def _channels(self) -> dict[str, object]:
        return dict(self._workspace.channels.by_id)

    def _person(self, request: Request) -> Person:
        person = self._desk.sandbox.people.get(request.path_params["user"])
        if person is None:
            raise HTTPException(404, "Nobody of this id is in the workspace.")
        return person

    def _seat(self, request: Request) -> Seat:
        person, place = self._person(request), request.path_params["place"]
        channel = self._workspace.channels.by_id.get(place)
        theirs = channel is not None and channel.user_id in (None, person.user_id)
        if place != HOME and not theirs:
            raise HTTPException(404, "There is no such conversation.")
        return Seat(self._desk, person, place)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _header_safe(name: str) -> str:
    return "".join(one if one.isascii() and one.isprintable() and one not in '"\\' else "_" for one in name)
