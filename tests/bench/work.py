"""One process that works, started by tests.bench.processes: says `ready`, goes at a line, prints what it took.

`bytes` sends pre-rendered bytes with smtplib; `raw` renders, builds and sends with smtplib, `raw-one-core` on one core,
as ours does; `render` only renders and builds, `render-slow` with EmailMessage; `ours` is the dispatcher, which goes on
until the next line. `freeze` freezes what was launched.
"""

from __future__ import annotations

import argparse
import json
import logging
import queue
import re
import resource
import smtplib
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from bot.campaigns.freeze import freeze_due
from bot.channels import mime
from bot.channels.base import Message
from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget
from bot.cores import CORE
from bot.dispatch.compose import compose
from bot.dispatch.dispatcher import Dispatcher
from bot.dispatch.prepare import Job, prepare
from bot.pauses import keep_pauses_short
from storage import actions
from storage.db import Database

Send = Callable[[smtplib.SMTP, Job], None]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mails", type=int, default=0)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--group", type=int, default=1)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    go = {"ours": ours, "freeze": freeze}.get(given.mode, alone)(given)
    if given.mode in ("ours", "freeze", "raw-one-core"):
        CORE.keep()
    if given.mode in ("ours", "freeze"):
        keep_pauses_short(answers_slack=False)  # as a worker does
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    go()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took = {"seconds": time.perf_counter() - begun, "cpu": cpu, "peak_mb": peak_mb()}
    sys.stdout.write(json.dumps(took) + "\n")


def peak_mb() -> float:
    """Return the most memory this process ever held; getrusage() would count that of the process which started it."""
    held = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(held[1]) / 1024 if held else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(given: argparse.Namespace) -> Callable[[], None]:
    """Return what runs a worker until the next line on standard input."""
    for job in claimed(given.database, 200)[
        :1
    ]:  # a worker that has been running for a while, as the others claim first
        built(compose(job))
    db = Database(given.database)
    channel = EmailChannel(SmtpTarget("127.0.0.1", given.port, "smtp", connections=given.threads))
    worker = Dispatcher(db, {"email": channel}, name=f"bench-{time.time_ns()}", group=given.group)

    def go() -> None:
        worker.start()
        sys.stdin.readline()
        worker.stop()

    return go


def freeze(given: argparse.Namespace) -> Callable[[], None]:
    """Return what freezes the one campaign that waits for it."""
    db = Database(given.database)

    def go() -> None:
        assert freeze_due(db) == 1

    return go


def alone(given: argparse.Namespace) -> Callable[[], None]:
    """Return what sends, or only renders, without a database."""
    jobs = claimed(given.database, given.mails)
    built(compose(jobs[0]))
    if given.mode in ("render", "render-slow"):
        build = built if given.mode == "render" else built_by_email
        return lambda: [build(compose(job)) for job in jobs] and None
    ready = {job.claimed.id: built(compose(job)) for job in jobs} if given.mode == "bytes" else {}
    return lambda: with_threads(jobs, given, lambda job: ready.get(job.claimed.id) or built(compose(job)))


def claimed(database_url: str, count: int) -> list[Job]:
    """Return the jobs of the actions that wait in a database, and leave them there."""
    db, found = Database(database_url), []
    with db.engine.connect() as connection, connection.begin() as outer:
        session, now = Session(connection, join_transaction_mode="create_savepoint"), db.now()
        while len(found) < count:
            rows = actions.claim_due(
                session, worker_name="bench", now=now, limit=500, lease=timedelta(minutes=9), channels=["email"]
            )
            assert rows, "too few actions"
            found += [job for job in prepare(session, rows, now) if isinstance(job, Job)]
        outer.rollback()
    db.dispose()
    return found[:count]


def built(message: Message) -> bytes:
    return mime.build(message, datetime.now(UTC))


def built_by_email(message: Message) -> bytes:
    """Build the same message with the standard library."""
    made = EmailMessage()
    made["Message-ID"], made["From"], made["Subject"] = message.message_id, message.sender[1], message.subject
    made["To"], made["Date"] = ", ".join(address for _, address in message.to), datetime.now(UTC)
    made.set_content(message.text)
    made.add_alternative(message.html, subtype="html")
    return bytes(made)


def with_threads(jobs: list[Job], given: argparse.Namespace, content: Callable[[Job], bytes]) -> None:
    """Send the jobs over kept connections, one a thread."""
    waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    for job in (*jobs, *[None] * given.threads):
        waiting.put(job)

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", given.port) as smtp:
            while (job := waiting.get()) is not None:
                smtp.sendmail(job.facts.sender.email, [address for _, address in job.to], content(job))

    threads = [threading.Thread(target=send) for _ in range(given.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
