"""A worker killed while it sends: nothing goes out twice, nothing is lost, and what nobody knows is a person's."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from bot.dispatch.dispatcher import LEASE
from bot.dispatch.rescue import rescue
from storage.db import Database, utcnow
from storage.models import Action
from tests.bot.channels.mail_server import MailServer
from tests.bot.dispatch.conftest import Book, Start, wait_until

SETTLED = {"sent", "manual"}


def rows(db: Database) -> list[Action]:
    with db.read() as session:
        return list(session.scalars(select(Action).order_by(Action.id)))


def test_killed_while_sending(book: Book, db: Database, server: MailServer, start: Start, database_url: str) -> None:
    hour_ago = utcnow() - timedelta(hours=1)
    for n in range(10):
        book.action(f"early{n}@acme.example", due_at=hour_ago + timedelta(seconds=n))
    in_call = book.action("slow@acme.example", due_at=hour_ago + timedelta(seconds=30))
    for n in range(300):
        book.action(f"late{n}@acme.example", due_at=hour_ago + timedelta(minutes=1, seconds=n))

    smtp_url = f"smtp://127.0.0.1:{server.port}?connections=2"
    command = [sys.executable, "-m", "tests.bot.dispatch.worker", database_url, smtp_url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as worker:
        try:
            wait_until(lambda: server.reached_gate.is_set() and len(server.received) >= 20, 40)
        finally:
            worker.kill()
    assert {"sending", "queued"} <= {row.state for row in rows(db)}
    assert book.now(in_call).handed_off_at is not None

    server.gate.set()
    rescue(db, name="rescue", now=utcnow() + LEASE + timedelta(minutes=1))
    start()
    wait_until(lambda: {row.state for row in rows(db)} <= SETTLED, 40)

    arrived = Counter(mail.message["Message-ID"] for mail in server.received)
    assert set(arrived.values()) == {1}
    after = rows(db)
    manual = [row for row in after if row.state == "manual"]
    assert {row.reason for row in manual} == {"uncertain"}
    assert in_call.id in {row.id for row in manual}
    assert len(manual) <= 2  # one a connection
    assert {row.message_id for row in after if row.state == "sent"} <= set(arrived)
    assert len(after) == 311
