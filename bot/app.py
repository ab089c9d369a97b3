"""The composition root: the only place that builds things, and the order in which they start and stop."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

import uvicorn
from prometheus_client import CollectorRegistry, Gauge
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.error import BoltError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

import handlers
from bot.channels.trust import system_trust
from bot.config import Settings
from bot.cores import CORE
from bot.dispatch.dispatcher import oldest_due_age
from bot.errors import UserError
from bot.log import get_logger
from bot.pauses import keep_pauses_short, stand_back
from bot.people import identity
from bot.people.identity import TeamFacts, WorkspaceDefaults
from bot.precedence import AT_ONCE, CLICKS
from bot.teller import Teller
from bot.web import SlackAnswer, listen, make_web
from bot.wiring import configured, make_events, make_hooks, warnings_of
from bot.worker import Worker
from handlers.delivery import Delivery
from handlers.deps import Deps
from handlers.entries import InTurn
from handlers.notifier import Notifier
from handlers.redraws import Redraws
from handlers.web_api import Connections, KeptClient
from storage.db import Database

log = get_logger(__name__)

SOCKET_CONCURRENCY = 20
"""Threads that answer Slack over Socket Mode: each click is one short transaction."""
HANG_UP_WITHIN = 3.0
"""Seconds that the connection to Slack gets to close."""
DRAWING = 2
"""Threads that draw the views of large books after the click was answered."""


class Web:
    """The Slack half: Socket Mode or signed HTTP, with health and metrics beside it."""

    def __init__(self, settings: Settings, db: Database, *, slack: bool, wake: Worker | None) -> None:
        self._settings = settings
        bolt = make_bolt(settings, db, wake) if slack else None
        self._socket = _socket_mode(settings, bolt) if bolt is not None and settings.uses_socket_mode else None
        endpoint = _endpoint(bolt) if bolt is not None and self._socket is None else None
        app = make_web(
            slack=endpoint,
            is_healthy=lambda: _answers(db) and (wake is None or wake.dispatcher.is_alive),
            registry=_metrics(db),
            twilio=make_hooks(settings, db),
            postgrid=make_events(settings, db),
        )
        config = uvicorn.Config(app, settings.http_host, settings.http_port, log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._listener = listen(settings.http_host, settings.http_port)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="http", daemon=True
        )

    def start(self) -> None:
        """Serve HTTP, and connect to Slack where Socket Mode is used."""
        self._thread.start()
        if self._socket is not None:
            with slack_faults(self._settings, "SLACK_APP_TOKEN"):
                self._socket.connect()  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        """Take nothing more from Slack, and close."""
        if self._socket is not None:
            _hang_up(self._socket)
        self._server.should_exit = True
        self._thread.join(2)
        self._listener.close()


class Bot:
    """One process: the Slack half, the sending half, or both; `teller` is for a Slack half on its own."""

    def __init__(
        self,
        settings: Settings,
        *,
        web: bool = True,
        worker: bool = True,
        teller: bool = False,
        name: str | None = None,
    ) -> None:
        self.db, self._answers_slack = Database(settings.database_url), web
        CLICKS.allow(1 if self.db.is_sqlite else AT_ONCE)
        self._worker = make_worker(settings, self.db, name) if worker else None
        self._teller = Teller(self.db, Notifier(self.db, lambda _team_id: slack_client(settings))) if teller else None
        self.web = Web(settings, self.db, slack=web, wake=self._worker)

    def start(self) -> None:
        """Start both halves; the sending one first, so that nothing that is accepted waits for it."""
        for half in (self._worker, self._teller, self.web):
            if half is not None:
                half.start()
        log.info("started", port=self.web.port)

    def stop(self) -> None:
        """Stop both halves within ten seconds; what was handed over is settled, what was only claimed is released."""
        for half in (self.web, self._teller, self._worker):
            if half is not None:
                half.stop()
        self.db.dispose()
        log.info("stopped")

    def run(self) -> None:
        """Run until SIGTERM or Ctrl-C."""
        leave = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: leave.set())
        CORE.keep()
        keep_pauses_short(answers_slack=self._answers_slack)
        self.start()
        leave.wait()
        self.stop()


def make_worker(settings: Settings, db: Database, name: str | None = None) -> Worker:
    """Return the sending half, named after this process unless told otherwise."""
    return Worker(
        settings,
        db,
        name or f"{socket.gethostname()}:{os.getpid()}",
        slack=lambda _team_id: slack_client(settings),
        home=lambda: home_workspace(settings, db),
    )


def make_bolt(settings: Settings, db: Database, wake: Worker | None) -> App:
    """Return the Bolt app with every listener; it answers after a listener ran, so that errors can stand inline."""
    secret = settings.slack_signing_secret
    with slack_faults(settings, "SLACK_BOT_TOKEN"):
        app = InTurn(
            client=slack_client(settings),
            logger=logging.getLogger("slack_bolt"),  # as quiet as bot.log makes it
            signing_secret=secret.get_secret_value() if secret else "not used with Socket Mode",
            process_before_response=True,
            request_verification_enabled=not settings.uses_socket_mode,
        )
    handlers.register(app, make_deps(settings, db, wake))
    return app


def make_defaults(settings: Settings) -> WorkspaceDefaults:
    """Return what a new workspace starts with, and who gets in."""
    return WorkspaceDefaults(
        organisation_name=settings.organisation_name,
        locale=settings.default_locale,
        currency=settings.default_currency,
        time_zone=settings.default_time_zone,
        admin_email=settings.admin_email,
        auto_join=settings.auto_join.value,
    )


def make_deps(settings: Settings, db: Database, worker: Worker | None) -> Deps:
    """Return what handlers are given."""
    return Deps(
        db=db,
        defaults=make_defaults(settings),
        secret_key=settings.secret_key.get_secret_value(),
        hold=timedelta(seconds=settings.send_hold_seconds),
        wake=worker.dispatcher.wake if worker is not None else lambda: None,
        redraws=Redraws(ThreadPoolExecutor(DRAWING, thread_name_prefix="drawing", initializer=stand_back).submit),
        channels=configured(settings),
        warnings=warnings_of(settings),
    )


def home_workspace(settings: Settings, db: Database) -> int:
    """Return the id of the workspace that the bot token belongs to, making it on first use; Slack is asked which it is.

    Raises UserError where Slack does not take the token.
    """
    with slack_faults(settings, "SLACK_BOT_TOKEN"):
        team = slack_client(settings).auth_test()
    return identity.open_workspace(db, make_defaults(settings), TeamFacts(str(team["team_id"]), str(team["team"])))


def try_socket_mode(settings: Settings) -> None:
    """Ask Slack for a Socket Mode address, as connecting does; raise UserError where it does not take the token."""
    if settings.slack_app_token is not None:
        with slack_faults(settings, "SLACK_APP_TOKEN"):
            slack_client(settings).apps_connections_open(app_token=settings.slack_app_token.get_secret_value())


@contextmanager
def slack_faults(settings: Settings, token: str) -> Iterator[None]:
    """Turn what Slack or the network refuses into a UserError that names the setting to look at."""
    try:
        yield
    except SlackApiError as error:
        raise UserError(f"Slack answered {error.response.get('error')}: check {token}.") from None
    except BoltError:  # Bolt asks auth.test itself
        raise UserError(f"Slack does not take this token: check {token}.") from None
    except OSError as error:
        why = getattr(error, "reason", error)
        raise UserError(
            f"Slack can't be reached at {settings.slack_api_url} ({why}): check the network and SLACK_API_URL."
        ) from None


def slack_client(settings: Settings) -> WebClient:
    """Return a client without retries of its own: a retried post may repeat, and a retry before an ack is too late."""
    url = settings.slack_api_url
    return KeptClient(
        connections=_connections(),
        ssl=system_trust(),  # else it reads all certificates anew for every call
        token=settings.slack_bot_token.get_secret_value(),
        base_url=url if url.endswith("/") else url + "/",
        timeout=10,
        retry_handlers=[],
    )


@cache
def _connections() -> Connections:
    return Connections(system_trust())


def _socket_mode(settings: Settings, bolt: App) -> SocketModeHandler:
    assert settings.slack_app_token is not None
    return SocketModeHandler(
        bolt,
        settings.slack_app_token.get_secret_value(),
        web_client=slack_client(settings),
        concurrency=SOCKET_CONCURRENCY,
    )


def _hang_up(socket_mode: SocketModeHandler) -> None:
    """Close the connection; the client's reader, which looks once a second whether it is over, is woken for it.

    A connection that is just being made would take the end of the one before for its own, and be waited for without
    end: so it is told again until it has heard it, and left behind after some seconds.
    """
    client = socket_mode.client
    client.closed = True
    client.message_queue.put(None)
    closing = threading.Thread(target=socket_mode.close, name="hang-up", daemon=True)
    closing.start()
    patience = time.monotonic() + HANG_UP_WITHIN
    while closing.is_alive() and time.monotonic() < patience:
        closing.join(0.05)
        client.current_session_state.terminated = True


def _endpoint(bolt: App):  # type: ignore[no-untyped-def]
    def answer(body: str, headers: Mapping[str, str]) -> SlackAnswer:
        if not headers.get("x-slack-request-timestamp", "").isdecimal():
            return SlackAnswer(401, {}, "no valid timestamp")
        try:
            request = Delivery(body, headers)
        except ValueError:  # Bolt parses before it checks the signature
            return SlackAnswer(400, {}, "no payload of Slack's")
        found = bolt.dispatch(request)
        return SlackAnswer(found.status, found.first_headers(), found.body or "")

    return answer


def _answers(db: Database) -> bool:
    try:
        oldest_due_age(db)
    except Exception:
        return False
    return True


def _metrics(db: Database) -> CollectorRegistry:
    registry = CollectorRegistry()
    oldest = Gauge("campaign_bot_oldest_due_action_seconds", "Age of the oldest due action", registry=registry)

    oldest.set_function(lambda: oldest_due_age(db).total_seconds())
    return registry
