"""How fast mails leave: ours beside smtplib, interleaved, on the same local SMTP server."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from storage.db import Database
from storage.migrate import upgrade
from tests.bench import peer
from tests.bench.book import queue
from tests.bench.processes import Process, Took, mail_server, wait_until_settled
from tests.conftest import admin, fresh_postgres


@dataclass(frozen=True)
class Way:
    """One way of sending."""

    name: str
    mode: str
    database: str = "sqlite"
    threads: int = 8
    group: int = 1
    workers: int = 1
    latency: float = 0.0


RAW = "smtplib, rendered and built, 8 connections"
RAW_10, RAW_20, RAW_40 = (f"smtplib at 20 ms, {n} connections" for n in (10, 20, 40))
FAST = (
    Way("smtplib, bytes made before, 8 connections", "bytes"),
    Way(RAW, "raw"),
    Way("ours, SQLite, a handoff a message", "ours"),
    Way("ours, PostgreSQL, a handoff a message", "ours", "postgresql"),
    Way("ours, SQLite, groups of 10, 4 connections", "ours", threads=4, group=10),
    Way("ours, PostgreSQL, groups of 10, 4 connections", "ours", "postgresql", threads=4, group=10),
    Way("ours, PostgreSQL, groups of 10, 2 workers", "ours", "postgresql", threads=4, group=10, workers=2),
    Way("ours, PostgreSQL, a handoff a message, 2 workers", "ours", "postgresql", workers=2),
    Way("django-post_office, SQLite", "peer"),
    Way("django-post_office, PostgreSQL", "peer", "postgresql"),
    Way(f"{RAW}, on one core", "raw-one-core"),
)
SLOW = (
    Way(RAW_20, "raw", threads=20, latency=0.02),
    Way("ours at 20 ms, SQLite, 20 connections", "ours", threads=20, latency=0.02),
    Way("ours at 20 ms, PostgreSQL, 20 connections", "ours", "postgresql", threads=20, latency=0.02),
    Way(RAW_10, "raw", threads=10, latency=0.02),
    Way("ours at 20 ms, SQLite, 10 connections", "ours", threads=10, latency=0.02),
    Way(RAW_40, "raw", threads=40, latency=0.02),
    Way("ours at 20 ms, SQLite, 40 connections", "ours", threads=40, latency=0.02),
)
ALONE = (Way("render and build, ours", "render"), Way("render, and build with EmailMessage", "render-slow"))


class Databases:
    """A prepared database of each kind, copied for every run."""

    def __init__(self, server: str, folder: Path, mails: int) -> None:
        self.server, self._folder, self.mails = server, folder, mails
        self._file = folder / "template.db"
        upgrade(f"sqlite:///{self._file}")
        self._fill(f"sqlite:///{self._file}")
        self._postgres = contextlib.ExitStack()
        self._template = self._postgres.enter_context(fresh_postgres(server))
        self._fill(self._template)
        self.written = self._postgres.enter_context(peer.written(f"sqlite:///{self._file}", mails))

    def _fill(self, url: str) -> None:
        db = Database(url)
        queue(db, self.mails)
        db.dispose()

    def close(self) -> None:
        self._postgres.close()

    @contextlib.contextmanager
    def fresh(self, kind: str) -> Iterator[str]:
        """Yield the URL of a copy."""
        if kind == "sqlite":
            path = self._folder / f"run-{time.monotonic_ns()}.db"
            shutil.copy(self._file, path)
            yield f"sqlite:///{path}"
            for left in self._folder.glob(f"{path.name}*"):
                left.unlink()
            return
        name = f"run_{time.monotonic_ns()}"
        base, _, template = self._template.partition("/test_")
        source, _, query = template.partition("?")
        admin(self.server, f"CREATE DATABASE {name} TEMPLATE test_{source}")
        yield f"{base}/{name}{'?' + query if query else ''}"
        admin(self.server, f"DROP DATABASE {name} WITH (FORCE)")


def _sender(way: Way, url: str, port: int, mails: int) -> Process:
    return Process(way.mode, database=url, port=port, mails=mails, threads=way.threads, group=way.group)


def run(way: Way, databases: Databases, port: int) -> Took:
    """Send everything once; return seconds, CPU seconds of the senders, and the largest of them in MB."""
    mails = databases.mails
    if way.mode == "peer":
        return peer.run(way.database, databases.server, databases.written, port)
    with databases.fresh(way.database) as url:
        if way.mode != "ours":
            sender = _sender(way, url, port, mails)
            sender.tell()
            return sender.result()
        db = Database(url)
        senders = [_sender(way, url, port, mails) for _ in range(way.workers)]
        begun = time.perf_counter()
        for sender in senders:
            sender.tell()
        wait_until_settled(db, mails)
        seconds = time.perf_counter() - begun
        for sender in senders:
            sender.tell()
        took = [sender.result() for sender in senders]
        db.dispose()
    cpu = sum(each["cpu"] for each in took)
    return {"seconds": seconds, "cpu": cpu, "peak_mb": max(each["peak_mb"] for each in took)}


def measure(server: str, *, mails: int, rounds: int) -> list[str]:
    """Return the tables, as lines of Markdown."""
    took: dict[str, list[Took]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(server, Path(folder), mails)
        for n in range(rounds):
            for ways in (FAST, SLOW, ALONE):
                with mail_server(ways[0].latency) as port:
                    for way in ways:
                        took[way.name].append(run(way, databases, port))
                        said = f"round {n + 1}: {way.name}: {mails / took[way.name][-1]['seconds']:.0f} mails/s\n"
                        sys.stderr.write(said)
        databases.close()
    return [*table(took, mails), "", *demands(took)]


SQLITE, POSTGRESQL = FAST[2].name, FAST[3].name
ASKED = (
    ("SQLite, of raw", 0.70, SQLITE, RAW),
    ("PostgreSQL, of raw", 0.55, POSTGRESQL, RAW),
    ("groups of 10, SQLite, of raw", 0.85, FAST[4].name, RAW),
    ("groups of 10, PostgreSQL, of raw", 0.75, FAST[5].name, RAW),
    ("PostgreSQL, a second worker, groups of 10, of one", 1.25, FAST[6].name, FAST[5].name),
    ("SQLite, of django-post_office", 1.4, SQLITE, FAST[8].name),
    ("PostgreSQL, of django-post_office", 1.4, POSTGRESQL, FAST[9].name),
    ("20 ms, 10 connections, of raw", 0.85, SLOW[4].name, RAW_10),
    ("20 ms, 20 connections, of raw", 0.85, SLOW[1].name, RAW_20),
    ("20 ms, 40 connections, of raw", 0.85, SLOW[6].name, RAW_40),
    ("render and build, of that with EmailMessage", 4.0, ALONE[0].name, ALONE[1].name),
)
ALLOWED = (("CPU of raw, SQLite", 1.5, SQLITE), ("CPU of raw, SQLite, groups of 10", 1.2, FAST[4].name))


def demands(took: dict[str, list[Took]]) -> list[str]:
    """Return what is asked of dispatching beside what was measured: speeds at least, CPU at most."""
    lines = ["| what | asked | measured | |", "| --- | ---: | ---: | --- |"]
    for what, least, ours, other in ASKED:
        found = _ratio(took[other], took[ours], "seconds")
        lines.append(f"| {what} | {least:.2f} | {found:.2f} | {'holds' if found >= least else 'does not hold'} |")
    for what, most, ours in ALLOWED:
        found = _ratio(took[ours], took[RAW], "cpu")
        lines.append(
            f"| {what}, at most | {most:.2f} | {found:.2f} | {'holds' if found <= most else 'does not hold'} |"
        )
    return lines


def _ratio(upper: list[Took], lower: list[Took], figure: str) -> float:
    return median(u[figure] / n[figure] for u, n in zip(upper, lower, strict=True))


def table(took: dict[str, list[Took]], mails: int) -> list[str]:
    """Return medians and ratios; a ratio is the median of the rounds' own ratios."""
    lines = ["| way | mails/s | of raw | CPU s / 1,000 | CPU of raw |", "| --- | ---: | ---: | ---: | ---: |"]
    for way in (*FAST, *SLOW, *ALONE):
        raw_of = {10: RAW_10, 20: RAW_20, 40: RAW_40}
        runs, raw = took[way.name], took[raw_of[way.threads] if way in SLOW else RAW]
        speed = median(mails / each["seconds"] for each in runs)
        ratio = _ratio(raw, runs, "seconds")
        cpu = median(each["cpu"] for each in runs) * 1000 / mails
        more = _ratio(runs, raw, "cpu")
        cells: list[Any] = [way.name, f"{speed:,.0f}", f"{ratio:.2f}", f"{cpu:.2f}", f"{more:.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def cores() -> int:
    """Return how many cores there are for us."""
    return len(os.sched_getaffinity(0))
