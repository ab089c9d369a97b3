"""The HTTP side: Slack's signed deliveries, health and metrics."""

from __future__ import annotations

import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.answers import Answers
from bot.channels.postgrid import EVENTS_PATH
from bot.channels.sms import INBOUND_PATH, STATUS_PATH
from bot.errors import UserError
from bot.precedence import CLICKS

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


@dataclass(frozen=True, slots=True)
class TwilioHooks:
    """What Twilio's webhooks are given to: `status` and `inbound` take the form's fields, `status` those of the address
    too. `token` and `public_url` are what their signatures are made with."""

    token: str
    public_url: str
    status: Callable[[Mapping[str, str]], None]
    inbound: Callable[[Mapping[str, str]], None]


@dataclass(frozen=True, slots=True)
class PostGridHook:
    """What PostGrid's webhook is given to: `is_signed` takes the signature and the raw body, `event` the parsed one."""

    is_signed: Callable[[str, bytes], bool]
    event: Callable[[Mapping[str, Any]], None]


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that answers at once; raise UserError where the address can't be had."""
    try:
        listener = socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        where = f"{host}:{port}"
        raise UserError(f"Can't listen on {where} ({error.strerror}): set HTTP_PORT or HTTP_HOST.") from None
    # asyncio sets this only on sockets that name TCP as their protocol, which those of create_server do not: without
    # it an answer with a body waits 40 ms, until the other side has acknowledged its headers
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def make_web(
    *,
    slack: SlackEndpoint | None,
    is_healthy: Callable[[], bool],
    registry: CollectorRegistry,
    twilio: TwilioHooks | None = None,
    postgrid: PostGridHook | None = None,
) -> Starlette:
    """Return the web application; without `slack` (Socket Mode, or a worker) and hooks, health and metrics alone."""

    answers = Answers(CLICKS)

    async def events(request: Request) -> Response:
        assert slack is not None
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large", status_code=413)
        # dispatched in a thread: Bolt's own adapter would block the event loop while a listener runs
        answer = await answers.worked_out(partial(slack, body, dict(request.headers)))
        return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))

    async def health(_request: Request) -> Response:
        healthy = await run_in_threadpool(is_healthy)
        return JSONResponse({"ok": healthy}, status_code=200 if healthy else 503)

    async def metrics(_request: Request) -> Response:
        return Response(await run_in_threadpool(generate_latest, registry), media_type=CONTENT_TYPE_LATEST)

    routes = [Route("/health", health), Route("/metrics", metrics)]
    if slack is not None:
        routes.append(Route("/slack/events", events, methods=["POST"]))
    if twilio is not None:
        routes.append(Route(STATUS_PATH, _hook(twilio, twilio.status), methods=["POST"]))
        routes.append(Route(INBOUND_PATH, _hook(twilio, twilio.inbound), methods=["POST"]))
    if postgrid is not None:
        routes.append(Route(EVENTS_PATH, _events_hook(postgrid), methods=["POST"]))
    return Starlette(routes=routes)


def _events_hook(postgrid: PostGridHook) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of PostGrid's events: what it has not signed changes nothing."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large", status_code=413)
        if not postgrid.is_signed(request.headers.get("PostGrid-Signature", ""), body.encode()):
            return PlainTextResponse("the signature is not PostGrid's", status_code=403)
        try:
            told = json.loads(body)
        except ValueError:
            return PlainTextResponse("not JSON", status_code=400)
        if isinstance(told, dict):
            await run_in_threadpool(postgrid.event, told)
        return PlainTextResponse("ok")

    return endpoint


def _hook(twilio: TwilioHooks, use: Callable[[Mapping[str, str]], None]) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of one webhook: what is not signed by Twilio changes nothing.

    Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """

    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large", status_code=413)
        fields = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=500))
        query = f"?{request.url.query}" if request.url.query else ""
        signed = f"{twilio.public_url.rstrip('/')}{request.url.path}{query}"
        if not _is_signed(twilio.token, signed, fields, request.headers.get("X-Twilio-Signature", "")):
            return PlainTextResponse("the signature is not Twilio's", status_code=403)
        await run_in_threadpool(use, {**request.query_params, **fields})
        return Response(_NO_ANSWER, media_type="text/xml")

    return endpoint


_NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
"""Twilio itself answers keywords: https://www.twilio.com/docs/messaging/guides/twilios-default-support-for-opt-out."""


def _is_signed(token: str, url: str, fields: Mapping[str, str], signature: str) -> bool:
    from twilio.request_validator import RequestValidator  # here: it loads the whole client's package

    return bool(RequestValidator(token).validate(url, dict(fields), signature))


async def _body(request: Request) -> str | None:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")
