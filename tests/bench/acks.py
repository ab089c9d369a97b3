"""How soon Slack is answered: ours idle, ours while a large campaign is sent, and a Bolt app that only acknowledges.

Signed requests over HTTP, ten connections at once, to the whole bot in a process of its own.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from handlers import ids
from sandbox.mail import free_port
from sandbox.signing import signed_headers
from storage.db import Database, utcnow
from storage.models import User
from tests.bench.book import fill, launched
from tests.bench.processes import database, mail_server
from tests.bench.slack_stub import PERSON, TEAM
from tests.builders import Builder

SECRET = "bench-signing-secret"
CONNECTIONS = 10
DISTINCT = 630
"""Requests of a kind: after so many, each connection and each text come together as at first."""
Bodies = dict[str, Callable[[int], str]]


def measure(*, large: int, seconds: float) -> list[str]:
    """Return p50 and p99 of each kind of handler, in milliseconds; on SQLite, whose one writer all of them share."""
    with database("sqlite", "") as url, mail_server(0.0) as mail_port, stub() as api:
        db = Database(url)
        build = Builder(db)
        build.workspace(team_id=TEAM)
        user = build.user(slack_user_id=PERSON, refreshed_at=utcnow())
        fill(db, user, large)
        with bot(url, mail_port, api) as port:
            bodies = payloads(port, api)
            with bare(api) as bare_port:
                bare_took = {name: answered(bare_port, body, seconds) for name, body in bodies.items()}
            idle = {name: answered(port, body, seconds) for name, body in bodies.items()}
            launched(db, build, user)
            wait_until_sending(db, user)
            busy = {name: answered(port, body, seconds) for name, body in bodies.items()}
        db.dispose()
    return table(bodies, bare_took, idle, busy, large)


def table(bodies: Bodies, *measured: Any) -> list[str]:
    """Return the figures as lines of Markdown."""
    bare_took, idle, busy, large = measured
    lines = [
        f"| p50 / p99 in ms, {CONNECTIONS} connections | bare Bolt | ours, idle | ours, sending {large:,} |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name in bodies:
        cells = [f"{_cut(took[name], 50):.0f} / {_cut(took[name], 99):.0f}" for took in (bare_took, idle, busy)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cut(took: list[float], percent: int) -> float:
    return quantiles(took, n=100)[percent - 1] * 1000


@contextlib.contextmanager
def _process(command: list[str], *, quiet: bool = False, **environment: str) -> Iterator[subprocess.Popen[str]]:
    out = subprocess.DEVNULL if quiet else subprocess.PIPE
    settings = {**os.environ, **environment}
    started = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, text=True, env=settings)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@contextlib.contextmanager
def stub() -> Iterator[str]:
    """Run the Slack API that answers at once; yield its URL."""
    with _process([sys.executable, "-m", "tests.bench.slack_stub"]) as started:
        assert started.stdout is not None
        yield f"http://127.0.0.1:{started.stdout.readline().strip()}/api/"


@contextlib.contextmanager
def bare(api: str) -> Iterator[int]:
    """Run the app that only acknowledges; yield its port."""
    with _process([sys.executable, "-m", "tests.bench.bare_bolt", SECRET, api]) as started:
        assert started.stdout is not None
        yield int(started.stdout.readline().split()[0])


@contextlib.contextmanager
def bot(url: str, mail_port: int, api: str) -> Iterator[int]:
    """Run `campaign-bot run`; yield its port once it is healthy."""
    port = free_port()
    settings = {
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": api,
        "DATABASE_URL": url,
        "SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
        "SECRET_KEY": "k" * 32,
        "HTTP_PORT": str(port),
        "SEND_HOLD_SECONDS": "0",
    }
    with _process([sys.executable, "-m", "bot", "run"], quiet=True, **settings):
        deadline = time.monotonic() + 30
        while not healthy(port):
            assert time.monotonic() < deadline, "the bot does not start"
            time.sleep(0.005)
        yield port


def healthy(port: int) -> bool:
    """Say whether the bot answers /health with yes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def payloads(port: int, api: str) -> Bodies:
    """Return a body of each kind, by what a person does: open, type, filter, go on; each connection has its draft."""
    who = {"team": {"id": TEAM, "domain": "bench"}, "user": {"id": PERSON, "team_id": TEAM}, "token": "x"}
    command = {"command": ids.COMMAND, "text": "", "team_id": TEAM, "user_id": PERSON, "trigger_id": "1.2.x"}
    command |= {"channel_id": "D1", "response_url": "http://127.0.0.1:9/", "user_name": "alice", "token": "x"}

    def said(kind: str, view: dict[str, Any], **more: Any) -> str:
        payload = {"type": kind, "trigger_id": "1.2.x", "view": view, **who, **more}
        return urlencode({"payload": json.dumps(payload)})

    assert post(port, urlencode(command))[0] == 200
    new = {"action_id": ids.keyed(ids.START_NEW, "email"), "block_id": "b", "type": "button", "value": "email"}
    views: list[dict[str, Any]] = []
    start = last_view(api)
    for n in range(CONNECTIONS):
        known = {"id": f"V0BENCH{n:03}", "hash": "1", "team_id": TEAM, "state": {"values": {}}}
        assert post(port, said("block_actions", start | known, actions=[new]))[0] == 200
        views.append(drawn(api, but=[view["private_metadata"] for view in views]) | known)

    def typed(n: int) -> str:
        return "nobzreiqkmgsod"[n % 14] + "orlgildae"[n % 9]

    def filled(n: int, text: str | None, *ticked: str) -> dict[str, Any]:
        boxes = {"type": "checkboxes", "selected_options": [{"value": each} for each in ticked]}
        text_input = {"type": "plain_text_input", "value": text}
        values = {"t": {ids.WHO_TEXT: text_input}, "a": {ids.WHO_ALL: boxes}}
        return views[n % CONNECTIONS] | {"state": {"values": values}}

    add = {"action_id": ids.WHO_ADD, "block_id": ids.WHO_ADD}
    changed = {"action_id": ids.WHO_TEXT, "block_id": ids.WHO_TEXT, "type": "plain_text_input", "action_ts": "1.1"}
    return {
        "command: /campaign": lambda _: urlencode(command),
        "type-ahead: customers": lambda n: said("block_suggestion", filled(n, None), value=typed(n), **add),
        "action: a filter": lambda n: said("block_actions", filled(n, typed(n)), actions=[changed]),
        "submission: next screen": lambda n: said("view_submission", filled(n, None, "all")),
    }


def drawn(api: str, *, but: list[str]) -> dict[str, Any]:
    """Return the Who screen of another draft than these once the bot has drawn it."""
    deadline = time.monotonic() + 10
    while (view := last_view(api)).get("callback_id") != ids.WHO or view["private_metadata"] in but:
        assert time.monotonic() < deadline, view
        time.sleep(0.01)
    return view


def last_view(api: str) -> dict[str, Any]:
    """Return the view that the bot opened last."""
    host = api.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", "/last")
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found


def post(port: int, body: str, connection: http.client.HTTPConnection | None = None) -> tuple[int, bytes]:
    """Send one signed request, and return the answer."""
    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/x-www-form-urlencoded", **signed_headers(SECRET, body.encode())}
    connection.request("POST", "/slack/events", body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def answered(port: int, body: Callable[[int], str], seconds: float) -> list[float]:
    """Ask over all connections for so long; return how long each answer took, in seconds.

    What is asked is written before: whoever measures must not take the processor that is measured.
    """
    asked = [_request(body(n)) for n in range(DISTINCT)]
    took: list[float] = []
    end = time.perf_counter() + seconds

    def ask(n: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (begun := time.perf_counter()) < end:
                n += CONNECTIONS
                connection.sendall(asked[n % DISTINCT])
                said = _answer(connection)
                took.append(time.perf_counter() - begun)
                assert said.startswith(b"HTTP/1.1 200 "), said

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def _request(body: str) -> bytes:
    content = body.encode()
    headers = {
        "Host": "127.0.0.1",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(content)),
        **signed_headers(SECRET, content),
    }
    return "\r\n".join(["POST /slack/events HTTP/1.1", *map(": ".join, headers.items()), "", body]).encode()


def _answer(connection: socket.socket) -> bytes:
    said = connection.recv(65536)
    while (end := said.find(b"\r\n\r\n")) < 0:
        said += _more(connection)
    head = said[:end].lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(said) < end + 4 + length:
        said += _more(connection)
    return said


def _more(connection: socket.socket) -> bytes:
    more = connection.recv(65536)
    assert more, "the bot hung up"
    return more


def wait_until_sending(db: Database, user: User) -> None:
    """Wait until the first mails of the campaign are settled."""
    from sqlalchemy import select

    from storage.models import Action

    while True:
        with db.read() as session:
            sent = select(Action.id).where(Action.workspace_id == user.workspace_id, Action.state == "sent")
            if session.scalar(sent.limit(1)) is not None:
                return
        time.sleep(0.1)
