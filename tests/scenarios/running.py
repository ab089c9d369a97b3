"""`campaign-bot` in processes of its own, on either road from Slack."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import NeverHappened
from sandbox.mail import free_port
from tests.scenarios.office import Office

START_SECONDS = 60
LOOK_AGAIN_SECONDS = 0.1


@contextmanager
def running(office: Office, log: Path, *commands: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run `campaign-bot` with each of `commands`, all output into `log`; kill what is left at the end.

    Over HTTP the first of them listens to Slack.
    """
    started = []
    with log.open("ab") as out:
        try:
            for n, command in enumerate(commands):
                if office.road == "http":
                    office.change(http_port=free_port())
                    if n == 0:
                        address = f"http://127.0.0.1:{office.settings.http_port}/slack/events"
                        office.slack.deliver_over_http(address)
                started.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "bot", command], env=office.environment, stdout=out, stderr=out
                    )
                )
                if office.road == "http":
                    _wait_healthy(office.settings.http_port)
            if office.road == "socket":
                office.slack.wait_connected(timeout=START_SECONDS)
            yield started
        finally:
            for one in started:
                one.kill()
                one.wait()


def _wait_healthy(port: int) -> None:
    """Wait until the bot says of itself that it is well; raises NeverHappened."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(LOOK_AGAIN_SECONDS)
        finally:
            connection.close()
    raise NeverHappened(f"nothing healthy on port {port} within {START_SECONDS} s")
