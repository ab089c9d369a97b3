"""The HTTP side: Slack's signed deliveries, health and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

MAX_BODY = 1_000_000
"""Bytes; Slack's largest deliveries (a view of 250 kB, form-encoded) stay below."""


@dataclass(frozen=True, slots=True)
class SlackAnswer:
    """What goes back to Slack for one delivery."""

    status: int
    headers: Mapping[str, str]
    body: str


SlackEndpoint = Callable[[str, Mapping[str, str]], SlackAnswer]
"""Takes a delivery's raw body and headers (it checks the signature itself); blocks until it is answered."""


def make_web(*, slack: SlackEndpoint | None, is_healthy: Callable[[], bool], registry: CollectorRegistry) -> Starlette:
    """Return the web application; without `slack` (Socket Mode, or a worker) it has health and metrics alone."""

    async def events(request: Request) -> Response:
        assert slack is not None
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large", status_code=413)
        # dispatched in a thread: Bolt's own adapter would block the event loop while a listener runs
        answer = await run_in_threadpool(slack, body, dict(request.headers))
        return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))

    async def health(_request: Request) -> Response:
        healthy = await run_in_threadpool(is_healthy)
        return JSONResponse({"ok": healthy}, status_code=200 if healthy else 503)

    async def metrics(_request: Request) -> Response:
        return Response(await run_in_threadpool(generate_latest, registry), media_type=CONTENT_TYPE_LATEST)

    routes = [Route("/health", health), Route("/metrics", metrics)]
    if slack is not None:
        routes.append(Route("/slack/events", events, methods=["POST"]))
    return Starlette(routes=routes)


async def _body(request: Request) -> str | None:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")
