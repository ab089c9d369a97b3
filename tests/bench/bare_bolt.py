"""A Bolt app that only acknowledges, served as ours is: what answering Slack costs at least. Prints its port."""

from __future__ import annotations

import logging
import re
import socket
import sys

import uvicorn
from slack_bolt import Ack, App, BoltRequest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.slack_stub import TEAM

ANY = re.compile(".*")


def main() -> None:
    logging.disable(logging.CRITICAL)
    secret, api = sys.argv[1:]
    from slack_sdk import WebClient

    client = WebClient(token="xoxb-bench", base_url=api)
    app = App(client=client, signing_secret=secret, process_before_response=True)

    def only_ack(ack: Ack) -> None:
        ack()

    app.command(ANY)(only_ack)
    app.action(ANY)(only_ack)
    app.view(ANY)(only_ack)
    app.options(ANY)(lambda ack: ack(options=[]))

    async def events(request: Request) -> Response:
        body = (await request.body()).decode()
        found = await run_in_threadpool(app.dispatch, BoltRequest(body=body, headers=dict(request.headers)))
        return Response(found.body, status_code=found.status, headers=found.first_headers())

    web = Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as ours
    sys.stdout.write(f"{listener.getsockname()[1]} {TEAM}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(web, log_config=None, access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
