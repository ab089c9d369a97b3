"""The dispatcher: one database thread that commits whatever has gathered, and the lanes of sender threads.

Outcomes, handoffs and the claim of more work go into one transaction, because commits are what costs. A message is only
sent after the commit that says it will be.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.dispatch import settle
from bot.dispatch.compose import Compose, compose
from bot.dispatch.lane import Lane
from bot.dispatch.prepare import Job, Later, Prepare, Refused, prepare
from bot.dispatch.reports import HandOff, PutBack, Report, Unreachable, Wake
from bot.domain.states import Reason
from bot.log import get_logger
from storage import actions, outbox
from storage.db import Database, utcnow

_log = get_logger(__name__)

BATCH = 200
"""Actions claimed ahead, a lane."""
LEASE = timedelta(minutes=10)
"""How long a claim holds, and anew a handoff: longer than the slowest call to a provider."""
FRESH_FOR = timedelta(seconds=15)
"""A job older than this is rechecked at its handoff."""
LONGEST_SLEEP = 1.0
"""Seconds: what other processes write is seen after this long at the latest."""
LOOK_EVERY = 0.2
"""Seconds between two looks at when the next action falls due, while nobody wakes us."""
SHORTEST_SLEEP = 0.02
"""Seconds: keeps two workers that want the same rows from spinning."""
STOP_WITHIN = 8.0
"""Seconds that calls in flight get to end when the dispatcher stops."""


class Dispatcher:
    """Sends due actions until it is stopped; one a process. `wake()` and `stop()` may be called from any thread."""

    def __init__(
        self,
        db: Database,
        channels: Mapping[str, Channel],
        *,
        name: str,
        connections: int | None = None,
        prepare: Prepare = prepare,
        compose: Compose = compose,
        batch: int = BATCH,
        fresh_for: timedelta = FRESH_FOR,
    ) -> None:
        self._db, self._name, self._prepare = db, name, prepare
        self._batch, self._fresh_for = batch, fresh_for
        self._inbox: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._lanes = {
            key: Lane(key, channel, compose, self._inbox.put, connections or channel.connections)
            for key, channel in channels.items()
        }
        self._closed_until: dict[str, float] = {}
        self._claim_again_at = self._looked_at = 0.0
        self._next_due: datetime | None = None
        self._stopping = threading.Event()
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name=f"dispatch-{name}", daemon=True)

    def start(self) -> None:
        """Start the threads."""
        for lane in self._lanes.values():
            lane.start()
        self._thread.start()

    def wake(self) -> None:
        """Look into the database now: something may be due."""
        self._inbox.put(Wake())

    def stop(self, timeout: float = STOP_WITHIN) -> bool:
        """Stop claiming, let calls in flight settle, return the rest to the queue; say whether all of that was done.

        Takes `timeout` seconds and a moment at most. What is still in a call then is uncertain once its lease ends.
        """
        self._give_up_at = time.monotonic() + timeout
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout + 1)
        return not self._thread.is_alive() and all(lane.is_over for lane in self._lanes.values())

    def _run(self) -> None:
        kept: list[Report] = []
        stopped = False
        while True:
            if self._stopping.is_set() and not stopped:
                stopped = True
                kept += [PutBack(job) for lane in self._lanes.values() for job in lane.stop()]
            over = stopped and all(lane.is_over for lane in self._lanes.values())
            kept += self._gather(wait=not kept and not over)
            if (over and not kept) or time.monotonic() > self._give_up_at:
                break
            kept = self._turn_safely(kept)
        self._deny([*kept, *self._gather(wait=False)])

    def _turn_safely(self, reports: list[Report]) -> list[Report]:
        """Take one turn; return the reports to be tried again when the database failed."""
        try:
            self._turn(reports)
        except Exception as error:
            _log.error("dispatch_turn_failed", worker=self._name, error=type(error).__name__, reports=len(reports))
            # what has happened is settled first: a claim that fails must not keep outcomes from being written down
            self._claim_again_at = time.monotonic() + 2 * LONGEST_SLEEP
            time.sleep(SHORTEST_SLEEP if self._stopping.is_set() else LONGEST_SLEEP)
            return reports
        return []

    def _gather(self, *, wait: bool) -> list[Report]:
        """Return everything that was reported, after sleeping until the first report or the next due action."""
        gathered: list[Report] = []
        try:
            if wait:
                gathered.append(self._inbox.get(timeout=self._sleep()))
            while True:
                gathered.append(self._inbox.get_nowait())
        except queue.Empty:
            return gathered

    def _sleep(self) -> float:
        if self._stopping.is_set():
            return SHORTEST_SLEEP
        if self._next_due is None or not self._open_lanes():
            return LONGEST_SLEEP
        return min(max((self._next_due - utcnow()).total_seconds(), SHORTEST_SLEEP), LONGEST_SLEEP)

    def _turn(self, reports: Sequence[Report]) -> None:
        now = utcnow()
        told = [r for r in reports if not isinstance(r, Wake)]
        if len(told) < len(reports):
            self._looked_at = 0.0  # somebody woke us
        if not told and not self._is_something_due(now):
            return
        with self._db.write() as session:
            book = settle.Book(session, now, actions.worker(self._name))
            self._close_lanes(book, told)
            settle.settle(book, told)
            asked = [r for r in told if isinstance(r, HandOff)]
            granted = settle.hand_off(book, asked, prepare=self._prepare, lease=LEASE, fresh_for=self._fresh_for)
            claimed = self._claim_for_all(book)
        for request in asked:
            request.grant.answer(request in granted)
        for lane, job in claimed:
            lane.jobs.put(job)

    def _is_something_due(self, now: datetime) -> bool:
        if self._stopping.is_set() or not self._open_lanes():
            return False
        with self._db.read() as session:
            return self._is_due(session, now)

    def _is_due(self, session: Session, now: datetime) -> bool:
        clock = time.monotonic()
        if clock - self._looked_at >= LOOK_EVERY:
            self._next_due, self._looked_at = outbox.next_due(session, list(self._lanes)), clock
        return self._next_due is not None and self._next_due <= now

    def _claim_for_all(self, book: settle.Book) -> list[tuple[Lane, Job]]:
        lanes = self._open_lanes()
        if not lanes or not self._is_due(book.session, book.now):
            return []
        claimed = [(lane, job) for lane in lanes for job in self._claim(book, lane)]
        self._looked_at = 0.0  # what was due is ours now
        self._is_due(book.session, book.now)
        return claimed

    def _open_lanes(self) -> list[Lane]:
        """Return the lanes that want more work."""
        clock = time.monotonic()
        if self._stopping.is_set() or clock < self._claim_again_at:
            return []
        wanting = (lane for lane in self._lanes.values() if self._closed_until.get(lane.name, 0) <= clock)
        return [lane for lane in wanting if lane.jobs.qsize() <= self._batch // 2]

    def _claim(self, book: settle.Book, lane: Lane) -> list[Job]:
        rows = actions.claim_due(
            book.session,
            worker_name=self._name,
            now=book.now,
            limit=self._batch,
            lease=LEASE,
            channels=[lane.name],
        )
        checked = self._prepare(book.session, rows, book.now) if rows else []
        settle.refuse(book, [c for c in checked if isinstance(c, Refused)])
        settle.put_off(book, [c for c in checked if isinstance(c, Later)])
        return [c for c in checked if isinstance(c, Job)]

    def _close_lanes(self, book: settle.Book, reports: Sequence[Report]) -> None:
        """Return to the queue what waits for a provider that can't be reached, and claim nothing for it for a while."""
        for report in reports:
            if not isinstance(report, Unreachable) or not report.lane_is_down:
                continue
            lane = self._lanes[report.job.claimed.channel]
            self._closed_until[lane.name] = time.monotonic() + report.pause
            settle.put_back(book, lane.drain(), Reason.TRANSIENT, report.error.detail)

    @staticmethod
    def _deny(reports: Sequence[Report]) -> None:
        for report in reports:
            if isinstance(report, HandOff):
                report.grant.answer(False)


def oldest_due_age(db: Database, now: datetime | None = None) -> timedelta:
    """Return for how long the oldest due action has been waiting; zero when none waits. For /metrics and /health."""
    with db.read() as session:
        return outbox.oldest_due_age(session, now or utcnow())
