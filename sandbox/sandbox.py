"""The sandbox itself: one workspace, its server, its people."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sandbox.delivery import Courier
from sandbox.errors import PATIENCE, NeverHappened
from sandbox.faults import Faults
from sandbox.manifest import read_manifest
from sandbox.people import Profile
from sandbox.person import Person
from sandbox.record import Record, Recorder, Violation
from sandbox.server import Server
from sandbox.serving import HOST
from sandbox.socket_mode import SocketHub
from sandbox.web_api.gateway import Gateway
from sandbox.workspace import Workspace

SETTLE_SECONDS = 0.05


class Sandbox:
    """A local Slack. Use as a context manager, or call `start` and `stop`.

    `manifest` is a path or a dict; `record` the path of a JSON-lines file all payloads are appended to.
    """

    def __init__(
        self,
        manifest: str | Path | dict[str, Any] = "manifest.yml",
        team_id: str = "T0SANDBOX1",
        team_name: str = "Sandbox",
        port: int = 0,
        record: str | Path | None = None,
    ) -> None:
        self._recorder = Recorder(record)
        self.workspace = Workspace(read_manifest(manifest), team_id, team_name, self._recorder)
        self._hub = SocketHub(self.workspace)
        self.faults = Faults(self._hub.drop, self._hub.refresh)
        self._courier = Courier(self.workspace, self._hub, self.faults)
        self._server = Server(self.workspace, Gateway(self.workspace, self.faults), self._hub, port)
        self.people: dict[str, Person] = {}
        self.team_id = team_id
        self.bot_token = self.workspace.bot_token
        self.app_token = self.workspace.app_token
        self.signing_secret = self.workspace.signing_secret
        self.bot_user_id = self.workspace.bot_user_id

    def start(self) -> Sandbox:
        """Listen on 127.0.0.1; return self."""
        port = self._server.start()
        self.workspace.base_url = f"http://{HOST}:{port}"
        return self

    def stop(self) -> None:
        """Close all connections and stop listening."""
        self._server.stop()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL is set to."""
        return f"{self.workspace.base_url}/api/"

    @property
    def traffic(self) -> list[Record]:
        """Everything that went to and fro, oldest first."""
        return list(self._recorder.traffic)

    @property
    def violations(self) -> list[Violation]:
        """What was wrong with payloads of the bot."""
        return list(self._recorder.violations)

    @property
    def enforce_rate_limits(self) -> bool:
        """Whether Slack's own rate limits apply; off by default."""
        return self.workspace.enforce_rate_limits

    @enforce_rate_limits.setter
    def enforce_rate_limits(self, on: bool) -> None:
        self.workspace.enforce_rate_limits = on

    @property
    def ack_seconds(self) -> float:
        """How long the bot may take to ack, 3 s as in Slack."""
        return self._courier.ack_seconds

    @ack_seconds.setter
    def ack_seconds(self, seconds: float) -> None:
        self._courier.ack_seconds = seconds

    @property
    def trigger_seconds(self) -> float:
        """How long a trigger_id lives, 3 s as in Slack."""
        return self.workspace.trigger_seconds

    @trigger_seconds.setter
    def trigger_seconds(self, seconds: float) -> None:
        self.workspace.trigger_seconds = seconds

    def add_person(
        self,
        name: str,
        email: str | None = None,
        user_id: str | None = None,
        *,
        owner: bool = False,
        admin: bool = False,
        tz: str = "Europe/Paris",
        locale: str = "en-US",
        email_confirmed: bool = True,
        is_bot: bool = False,
        deleted: bool = False,
        is_restricted: bool = False,
        title: str = "",
    ) -> Person:
        """Add somebody to the workspace; the first owner is its primary owner."""
        workspace = self.workspace
        with workspace.lock:
            first = owner and not any(one.primary_owner for one in workspace.profiles.values())
            profile = Profile(
                user_id or workspace.next_id("U"),
                name,
                email,
                owner=owner,
                primary_owner=first,
                admin=admin,
                tz=tz,
                locale=locale,
                email_confirmed=email_confirmed,
                is_bot=is_bot,
                deleted=deleted,
                is_restricted=is_restricted,
                title=title,
            )
            workspace.profiles[profile.user_id] = profile
            person = self.people[profile.user_id] = Person(workspace, self._courier, profile)
        workspace.touch()
        return person

    def deliver_over_http(self, url: str) -> None:
        """Deliver signed requests to `url` from now on, such as http://127.0.0.1:9000/slack/events."""
        self._courier.url = url

    def deliver_over_socket(self) -> None:
        """Deliver by Socket Mode from now on; this is the default."""
        self._courier.url = None

    @property
    def connections(self) -> int:
        """How many Socket Mode connections take deliveries."""
        return self._hub.connected

    def wait_connected(self, timeout: float = PATIENCE, connections: int = 1) -> None:
        """Wait until that many Socket Mode clients are connected; raises NeverHappened."""
        self.workspace.wait(lambda: self._hub.connected >= connections, timeout, "a Socket Mode connection")

    def expire_triggers(self) -> None:
        """Let all outstanding trigger ids expire now."""
        with self.workspace.lock:
            for trigger in self.workspace.triggers.values():
                trigger.expired = True

    def quiet(self, timeout: float = PATIENCE) -> None:
        """Wait until no delivery and no call is under way and none has come for a moment; raises NeverHappened."""
        deadline = time.monotonic() + timeout
        with self.workspace.lock:
            while True:
                busy = self._courier.in_flight or self._server.calls_under_way
                version = self.workspace.version
                self.workspace.changed.wait(SETTLE_SECONDS)
                if not busy and version == self.workspace.version:
                    return
                if time.monotonic() >= deadline:
                    raise NeverHappened(f"it did not get quiet within {timeout:g} s")
