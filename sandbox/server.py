"""The HTTP and WebSocket server of the sandbox, on 127.0.0.1 alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from sandbox.jsontypes import Json
from sandbox.response_url import answer_response_url
from sandbox.serving import Serving
from sandbox.socket_mode import SocketHub
from sandbox.web_api.gateway import Gateway
from sandbox.workspace import Workspace

# slack_sdk closes only between two frames: frequent pings let a client leave at once
PING_SECONDS = 0.2


class Server:
    """The Web API, the sockets, response URLs and files."""

    def __init__(self, workspace: Workspace, gateway: Gateway, hub: SocketHub, port: int) -> None:
        self._workspace = workspace
        self._gateway = gateway
        self._hub = hub
        self._serving = Serving("sandbox", port, ws="websockets-sansio", ws_ping_interval=PING_SECONDS)
        self.calls_under_way = 0

    def start(self) -> int:
        """Listen, and return the port."""
        return self._serving.start(self.app())

    def stop(self) -> None:
        """Close all connections and stop; a second call does nothing."""
        self._serving.stop()

    def app(self) -> Starlette:
        """Return the app: the Web API, the socket, response URLs and files."""
        routes = [
            Route("/api/{method}", self._call, methods=["GET", "POST"]),
            Route("/response/{token}", self._respond, methods=["POST"]),
            Route("/upload/v1/{token}", self._upload, methods=["POST"]),
            Route("/files-pri/{path:path}", self._download),
            Route("/signin", self._sign_in),
            WebSocketRoute("/link/", self._hub.serve),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self._hub.runs_in(asyncio.get_running_loop())
        yield

    async def _call(self, request: Request) -> Response:
        self.calls_under_way += 1
        try:
            args = await arguments(request)
            token = bearer(request) or args.pop("token", None)
            answer = self._gateway.answer(request.path_params["method"], token, args)
            if answer.delay:
                await asyncio.sleep(answer.delay)
            return JSONResponse(answer.body, answer.status, answer.headers)
        finally:
            self.calls_under_way -= 1

    async def _respond(self, request: Request) -> Response:
        status, body = answer_response_url(self._workspace, request.path_params["token"], await arguments(request))
        return PlainTextResponse("ok") if status == 200 else JSONResponse(body, status)

    async def _upload(self, request: Request) -> Response:
        content = await uploaded(request)
        with self._workspace.lock:
            file = self._workspace.files.by_upload(request.path_params["token"])
            if file is None or file.complete:
                return PlainTextResponse("unknown upload", 404)
            if len(content) != file.length:
                return PlainTextResponse("length differs from the one announced", 400)
            file.content, file.uploaded = content, True
        return PlainTextResponse(f"OK - {len(content)}")

    async def _download(self, request: Request) -> Response:
        workspace = self._workspace
        file_id = request.path_params["path"].split("/")[0].rpartition("-")[2]
        file = workspace.files.by_id.get(file_id)
        if bearer(request) != workspace.bot_token or "files:read" not in workspace.manifest.scopes:
            return RedirectResponse("/signin", 302)
        if file is None:
            return PlainTextResponse("not found", 404)
        return Response(file.content, media_type=file.mimetype)

    async def _sign_in(self, request: Request) -> Response:
        return HTMLResponse("<!DOCTYPE html><title>Sign in</title><p>Sign in to see this file.</p>")


def bearer(request: Request) -> str | None:
    """Return the token of the Authorization header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


async def arguments(request: Request) -> Json:
    """Return the arguments of a call: query, and a form or JSON body."""
    args: Json = dict(request.query_params)
    if "json" in request.headers.get("content-type", ""):
        with contextlib.suppress(ValueError):
            body: Any = json.loads(await request.body())
            args |= body if isinstance(body, dict) else {}
    elif request.method == "POST":
        async with request.form() as form:
            args |= {key: value for key, value in form.items() if isinstance(value, str)}
    return args


async def uploaded(request: Request) -> bytes:
    """Return the file of an upload: the raw body, or the first file of a multipart form."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.body()
    async with request.form() as form:
        for value in form.values():
            if not isinstance(value, str):
                return await value.read()
    return b""
