"""The dispatcher: one database thread that commits whatever has gathered, and the lanes of sender threads.

What was accepted and what goes next is one step, because commits are what costs. A message is only sent after the
commit that says it will be. docs/engine.md says what was measured, and which fault ends in which state.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import Channel
from bot.dispatch.compose import Compose, compose
from bot.dispatch.desk import Desk, Terms
from bot.dispatch.lane import Lane
from bot.dispatch.prepare import Prepare, prepare
from bot.dispatch.reports import HandOff, PutBack, Report, Wake
from bot.domain.rates import Limits
from bot.log import get_logger
from storage import outbox
from storage.db import Database, is_outage

_log = get_logger(__name__)

BATCH = 200
"""Actions claimed ahead, a lane."""
LEASE = timedelta(minutes=10)
"""How long a claim holds, and anew a handoff: more than twice the slowest call to a provider."""
FRESH_FOR = timedelta(seconds=15)
"""A job older than this is rechecked at its handoff."""
IDLE = 1.0
"""Seconds: what other workers write is seen after this long at the latest, woken or not."""
AFTER_FAULT = 1.0
"""Seconds to wait after a turn that failed; claims wait twice as long, so that what has happened is settled first."""
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
        group: int = 1,
        limits: Mapping[str, Limits] | None = None,
        prepare: Prepare = prepare,
        compose: Compose = compose,
        batch: int = BATCH,
        lease: timedelta = LEASE,
        fresh_for: timedelta = FRESH_FOR,
        idle: float = IDLE,
    ) -> None:
        self._db, self._name, self._idle = db, name, idle
        self._inbox: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._lanes = {
            key: Lane(key, channel, compose, self._inbox.put, threads=connections or channel.connections, group=group)
            for key, channel in channels.items()
        }
        self._desk = Desk(db, self._lanes, prepare, Terms(name, batch, lease, fresh_for, limits or {}))
        self._stopping = threading.Event()
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name=f"dispatch-{name}", daemon=True)

    def start(self) -> None:
        """Start the threads."""
        for lane in self._lanes.values():
            lane.start()
        self.wake()  # what is due already does not wait for somebody to say so
        self._thread.start()

    def wake(self) -> None:
        """Look into the database now: something may be due."""
        self._inbox.put(Wake())

    @property
    def is_alive(self) -> bool:
        """Say whether the database thread works: without it nothing goes out."""
        return self._thread.is_alive()

    @property
    def doing(self) -> dict[str, Any]:
        """Return what each lane does just now, by channel, in counts."""
        return {name: lane.doing for name, lane in self._lanes.items()}

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
            kept = self._turn(kept)
        self._deny([*kept, *self._gather(wait=False)])
        self._desk.close()

    def _gather(self, *, wait: bool) -> list[Report]:
        """Return everything that was reported, sleeping until the first one or the next due action."""
        gathered: list[Report] = []
        try:
            if wait:
                gathered.append(self._inbox.get(timeout=self._sleep()))
            while True:
                gathered.append(self._inbox.get_nowait())
        except queue.Empty:
            return gathered

    def _sleep(self) -> float:
        if self._stopping.is_set() or self._desk.owes:
            return SHORTEST_SLEEP
        if self._desk.next_due is None or not self._desk.is_claiming():
            return self._idle
        return min(max((self._desk.next_due - self._db.now()).total_seconds(), SHORTEST_SLEEP), self._idle)

    def _turn(self, reports: list[Report]) -> list[Report]:
        """Settle and hand off, then claim; return the reports to be settled next, or again when the database failed."""
        told: list[Report] = [report for report in reports if not isinstance(report, Wake)]
        if len(told) < len(reports):
            self._desk.look_afresh()
        if told or self._desk.owes:
            told = self._settle(told)
        if not told and not self._stopping.is_set():
            self._claim()
        return told

    def _settle(self, told: list[Report]) -> list[Report]:
        try:
            return self._desk.settle(told)
        except Exception as error:
            for report in told:
                if isinstance(report, HandOff):
                    report.grant.doubtful = True
            return self._kept(told, error) if is_outage(error) or not told else self._one_by_one(told)

    def _one_by_one(self, told: list[Report]) -> list[Report]:
        """Settle each report by itself, so that one that can't be settled keeps no other from it."""
        left = list[Report]()
        for n, report in enumerate(told):
            try:
                left += self._desk.settle([report])
            except Exception as error:
                if is_outage(error):
                    return [*left, *self._kept(told[n:], error)]
                self._park(report, error)
        return left

    def _park(self, report: Report, error: Exception) -> None:
        try:
            self._desk.park(report, error)
        except Exception as worse:  # its lease ends, and then a person has it
            _log.error("report_lost", worker=self._name, error=type(worse).__name__, exc_info=worse)
            self._deny([report])

    def _claim(self) -> None:
        try:
            self._desk.claim()
        except Exception as error:
            self._kept([], error)

    def _kept(self, reports: list[Report], error: Exception) -> list[Report]:
        fault = None if is_outage(error) else error
        _log.error(
            "dispatch_turn_failed", worker=self._name, error=type(error).__name__, reports=len(reports), exc_info=fault
        )
        self._desk.wait_with_claims(2 * AFTER_FAULT)
        time.sleep(SHORTEST_SLEEP if self._stopping.is_set() else AFTER_FAULT)
        return reports

    @staticmethod
    def _deny(reports: list[Report]) -> None:
        for report in reports:
            if isinstance(report, HandOff):
                report.grant.answer(frozenset(), 0)


def oldest_due_age(db: Database, now: datetime | None = None) -> timedelta:
    """Return for how long the oldest due action has been waiting; zero when none waits. For /metrics and /health."""
    with db.read() as session:
        return outbox.oldest_due_age(session, now or db.now())
