"""The processes of the benchmarks: what is measured runs in one of its own, and so does the mail server."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select, text

from storage.db import Database
from storage.migrate import upgrade
from storage.models import Action
from tests.conftest import admin, fresh_postgres

Took = dict[str, float]


class Process:
    """A process that says `ready`, goes at a line, and prints what it took; tests.bench.work unless told otherwise."""

    def __init__(self, mode: str, *, command: tuple[str, ...] = (), **options: object) -> None:
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        start = command or (sys.executable, "-m", "tests.bench.work")
        self._started = subprocess.Popen(
            [*start, mode, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        said = self._hear()
        assert said == "ready", said

    def _hear(self) -> str:
        assert self._started.stdout is not None
        return self._started.stdout.readline().strip()

    def tell(self) -> None:
        """Let it go, or stop."""
        assert self._started.stdin is not None
        self._started.stdin.write("\n")
        self._started.stdin.flush()

    def result(self) -> Took:
        """Return what it took."""
        found: Took = json.loads(self._hear())
        self._started.wait(30)
        return found


@contextlib.contextmanager
def mail_server(latency: float) -> Iterator[int]:
    """Run the SMTP server in a process of its own; yield its port."""
    command = [sys.executable, "-m", "tests.storm.sink", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


@contextlib.contextmanager
def database(kind: str, server: str, *, empty: bool = False) -> Iterator[str]:
    """Yield the URL of a new database, migrated unless it is to be `empty`."""
    if kind == "postgresql":
        with fresh_postgres(server, template="template0" if empty else "template_bot") as url:
            yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        if not empty:
            upgrade(url)
        yield url


def make_durable(server: str) -> None:
    """Let PostgreSQL sync to disk again, which the tests do without: commits are half of what is measured here."""
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        admin(server, f"ALTER SYSTEM RESET {setting}")
    admin(server, "SELECT pg_reload_conf()")


_OPEN = " UNION ALL ".join(f"SELECT 1 FROM actions {{}} WHERE state = '{state}'" for state in ("queued", "sending"))
_BY_INDEX = "INDEXED BY ix_actions_queue", "INDEXED BY ix_actions_lease"
"""SQLite, which has counted nothing, would look through every action."""


def wait_until_settled(db: Database, mails: int, deadline: float = 1800) -> None:
    """Wait until nothing is open any more and so many were sent; asking costs little, as the senders are measured."""
    begun, is_open = time.monotonic(), text(_OPEN.format(*(_BY_INDEX if db.is_sqlite else ("", ""))) + " LIMIT 1")
    while True:
        with db.read() as session:
            if session.scalar(is_open) is None:
                sent = session.scalar(select(func.count()).select_from(Action).where(Action.state == "sent"))
                assert sent == mails, sent
                return
        assert time.monotonic() - begun < deadline
        time.sleep(0.02)
