"""The desk of the database thread: what has happened is settled, what goes next handed off, and then more is claimed.

Everything here runs in one thread. Handoffs are answered as soon as they are committed, before more work is claimed, so
that the sender threads never wait for a claim.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.dispatch import poison
from bot.dispatch import settle as settling
from bot.dispatch.lane import Lane
from bot.dispatch.prepare import Job, Later, Prepare, Rechecked, Refused
from bot.dispatch.reports import Called, HandOff, Report, Unreachable
from bot.domain.rates import Limits
from bot.domain.states import Reason
from bot.precedence import CLICKS
from storage import actions, notifications, outbox
from storage.actions import Held
from storage.db import Database, steady

BESIDE_CLICKS = 25
"""Actions claimed at once while people click: a large claim would be in the way of their answers."""
LOOK_EVERY = 0.2
"""Seconds between two looks at when the next action falls due, while nobody wakes us; and between limited claims."""

TOUCH_EVERY = 0.5
"""Seconds between two times that a campaign's message is told to be behind, while messages go out."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a worker works: its name, what it claims at once, how long claims hold, when a job is rechecked."""

    name: str
    batch: int
    lease: timedelta
    fresh_for: timedelta
    limits: Mapping[str, Limits]


class Desk:
    """Settles, hands off and claims for the lanes of one worker."""

    def __init__(self, db: Database, lanes: Mapping[str, Lane], prepare: Prepare, terms: Terms) -> None:
        self._db, self._lanes, self._prepare, self._terms = db, lanes, prepare, terms
        self._kept, self._actor = db.kept(), actions.worker(terms.name)
        self._closed_until: dict[str, float] = {}
        self._probing: set[str] = set()
        self._lost_tokens: list[str] = []
        self._stranded: dict[str, list[Job]] = defaultdict(list)
        """What waited for a provider that can't be reached, by its words, until it is back in the queue."""
        self._owed: set[int] = set()
        self._claim_again_at = self._looked_at = self._touched_at = 0.0
        self._due: dict[str, datetime] = {}

    @property
    def next_due(self) -> datetime | None:
        """Return when the next action falls due, as far as is known; None for none."""
        return min(self._due.values(), default=None)

    @property
    def owes(self) -> bool:
        """Say whether a message is to be touched, a claim undone that may have been made, or a job put back."""
        return bool(self._owed or self._lost_tokens or self._stranded)

    def look_afresh(self) -> None:
        """Forget when the next action falls due: somebody said that this has changed."""
        self._looked_at = 0.0

    def wait_with_claims(self, seconds: float) -> None:
        """Claim nothing for a while: what has happened is settled first."""
        self._claim_again_at = steady() + seconds

    def settle(self, reports: Sequence[Report]) -> list[Report]:
        """Write down what happened, note the handoffs that are asked for, and answer them once that is committed.

        Most mails take the exchange alone. Whatever else there is goes before it in a transaction of its own, and finds
        itself settled if it is told again. Returns what is to be settled next: claims that had no leave, and receipts
        that came late.
        """
        begun, now = steady(), self._db.now()
        asked = [report for report in reports if isinstance(report, HandOff)]
        plain: list[Report] = []
        rest: list[Report] = []
        for report in reports:
            (plain if settling.is_plain(report) else rest).append(report)
        self._see_lanes(reports)
        again, held = self._settle_rest(rest, asked, now, rarely=bool(reports))
        granted, left = self._exchange(plain, again, now)
        for request in asked:
            request.grant.answer(held | granted, begun + self._terms.lease.total_seconds() / 2)
        return left

    def _settle_rest(
        self, rest: Sequence[Report], asked: Sequence[HandOff], now: datetime, *, rarely: bool
    ) -> tuple[Mapping[Held, Rechecked], frozenset[Held]]:
        """Settle all but what is plain, if there is any; return what was rechecked, and what may still go out."""
        stale = settling.stale(asked, now, self._terms.fresh_for)
        is_owing = self._lost_tokens or self._stranded or (self._owed and self._may_touch(rarely=rarely))
        if not (rest or stale or is_owing):
            return {}, frozenset()
        with self._kept.write() as session, notifications.gathering(session) as touched:
            book = settling.Book(session, now, self._actor)
            for detail, jobs in self._stranded.items():
                settling.put_back(book, jobs, Reason.TRANSIENT, detail)
            settling.settle(book, rest)
            if self._lost_tokens:
                actions.release_claims(session, self._lost_tokens, now=now, actor=book.actor)
            again = settling.recheck(book, stale, prepare=self._prepare)
            held = settling.hold_on(book, rest, again, lease=self._terms.lease)
            owed = self._touch(session, touched | self._owed, rarely=rarely)
        self._owed, self._lost_tokens = owed, []
        self._stranded.clear()
        return again, held

    def _exchange(
        self, plain: Sequence[Report], again: Mapping[Held, Rechecked], now: datetime
    ) -> tuple[frozenset[Held], list[Report]]:
        """Settle and hand off what is plain; return what may go out, and what is left to be settled."""
        if not plain:
            return frozenset(), []
        # before it: if its answer is lost, nothing moves when it is told again
        self._owed |= {report.job.claimed.campaign_id for report in plain if isinstance(report, Called)}
        lease = self._terms.lease
        with self._kept.step() as connection:
            found, left = settling.exchange(connection, plain, again, now=now, lease=lease, actor=self._actor)
        return found.granted, left

    def park(self, report: Report, error: BaseException) -> None:
        """Give what a report is about to a person, because it can't be settled as it is."""
        with self._kept.write() as session:
            book = settling.Book(session, self._db.now(), self._actor)
            settling.park(book, report, poison.reference_for(error))
        if isinstance(report, HandOff):
            report.grant.answer(frozenset(), 0)

    def claim(self) -> None:
        """Claim what is due for the lanes that want more, and put it before their threads."""
        lanes = self._lanes_due()
        if not lanes:
            return
        claimed: list[tuple[Lane, list[Job]]] = []
        tokens = {lane.name: str(uuid.uuid4()) for lane in lanes}
        try:
            with self._kept.write() as session, notifications.gathering(session) as touched:
                book = settling.Book(session, self._db.now(), self._actor)
                claimed = [(lane, self._claim(book, lane, tokens[lane.name])) for lane in lanes]
                self._look(session)
                owed = self._touch(session, touched, rarely=True)
        except BaseException:
            self._lost_tokens += tokens.values()  # the commit may have taken place unseen
            raise
        self._owed |= owed
        for lane, jobs in claimed:
            for job in jobs:
                lane.jobs.put(job)

    def _touch(self, session: Session, campaign_ids: set[int], *, rarely: bool) -> set[int]:
        """Tell the campaigns' messages that they are behind; `rarely` once in a while, as they are drawn no faster.

        Return those still to be told. If they never are, the end of their campaign tells them.
        """
        if not self._may_touch(rarely=rarely):
            return campaign_ids
        self._touched_at = steady()
        return notifications.touch_free(session, campaign_ids)

    def _may_touch(self, *, rarely: bool) -> bool:
        return not rarely or steady() - self._touched_at >= TOUCH_EVERY

    def is_claiming(self) -> bool:
        """Say whether any lane wants more work."""
        return bool(self._open_lanes())

    def close(self) -> None:
        """Give the database connection back."""
        self._kept.close()

    def _lanes_due(self) -> list[Lane]:
        """Return the lanes that want more and have something due: a claim that finds nothing costs a commit."""
        lanes = self._open_lanes()
        if lanes and steady() - self._looked_at >= LOOK_EVERY:
            with self._db.read() as session:
                self._look(session)
        if not any(lane.name in self._due for lane in lanes):
            return []
        now = self._db.now()
        return [lane for lane in lanes if lane.name in self._due and self._due[lane.name] <= now]

    def _look(self, session: Session) -> None:
        found = {name: outbox.next_due(session, [name]) for name in self._lanes}
        self._due = {name: due for name, due in found.items() if due is not None}
        self._looked_at = steady()

    def _open_lanes(self) -> list[Lane]:
        clock = steady()
        if clock < self._claim_again_at:
            return []
        wanting = (lane for lane in self._lanes.values() if self._closed_until.get(lane.name, 0) <= clock)
        return [lane for lane in wanting if lane.jobs.qsize() <= self._terms.batch // 2]

    def _claim(self, book: settling.Book, lane: Lane, token: str) -> list[Job]:
        limits = self._terms.limits.get(lane.name)
        rows = actions.claim_due(
            book.session,
            worker_name=self._terms.name,
            now=book.now,
            limit=self._most(lane),
            lease=self._terms.lease,
            channels=[lane.name],
            limits=limits,
            token=token,
        )
        if limits or lane.name in self._probing:
            self._closed_until[lane.name] = steady() + LOOK_EVERY
        checked = poison.prepared(book.session, rows, book.now, self._prepare)
        settling.refuse(book, [c for c in checked if isinstance(c, Refused)])
        settling.put_off(book, [c for c in checked if isinstance(c, Later)])
        return [c for c in checked if isinstance(c, Job)]

    def _most(self, lane: Lane) -> int:
        """Return how many actions are claimed at once for a lane."""
        if lane.name in self._probing:
            return 1  # one alone finds out whether a provider is back
        return self._terms.batch if CLICKS.is_quiet else min(self._terms.batch, BESIDE_CLICKS)

    def _see_lanes(self, reports: Sequence[Report]) -> None:
        """Claim nothing for a while for lanes whose provider can't be reached, and as usual once it lets somebody in.

        What waits for one that is down is taken out, to go back to the queue.
        """
        for report in reports:
            if isinstance(report, Called | HandOff):
                self._probing.discard((report.jobs[0] if isinstance(report, HandOff) else report.job).claimed.channel)
            elif isinstance(report, Unreachable) and report.lane_is_down:
                lane = self._lanes[report.job.claimed.channel]
                self._closed_until[lane.name] = steady() + report.pause
                self._probing.add(lane.name)
                self._stranded[report.error.detail] += lane.drain()
