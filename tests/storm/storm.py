"""One storm: a campaign, workers in processes of their own, and what happens to them."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError

from bot.domain.states import CampaignState
from storage.db import Database
from storage.models import Action, Campaign, Contact, Customer, Invoice
from tests.builders import Builder
from tests.storm.sink import Sink, sink
from tests.storm.worker import Orders, work

_SPAWN = multiprocessing.get_context("forkserver")
_SPAWN.set_forkserver_preload(["tests.storm.worker"])


@dataclass(frozen=True)
class Plan:
    """How bad the weather is; the chances are those of the SMTP server hanging up, for each message."""

    mails: int = 2000
    kills: int = 20
    stops: int = 0
    workers: int = 1
    threads: int = 8
    group: int = 1
    lease: float = 3.0
    drops: dict[str, float] = field(default_factory=dict)
    seed: int = 1
    one_name: bool = False
    """All workers call themselves the same."""
    at_half: Callable[[], None] | None = None
    """What else happens, once, when half of the mails are out."""


@dataclass
class Outcome:
    """What came of it: mails that arrived twice, `sent` actions that never arrived, actions in no final state."""

    repeated: int
    lost: int
    unfinished: int
    uncertain: int
    uncertain_arrived: int
    most_uncertain: int
    """One for each connection and place in a group of every kill and freeze, and one for each mail cut off."""
    campaign: str
    seconds: float
    kills: int

    @property
    def is_clean(self) -> bool:
        return not (self.repeated or self.lost or self.unfinished) and self.uncertain <= self.most_uncertain


def many_actions(db: Database, build: Builder, count: int) -> Campaign:
    """Make a campaign that is sending, with `count` customers of one overdue invoice each, all due."""
    alice = build.user()
    campaign = build.campaign(alice, state=CampaignState.SENDING)
    now, of = db.now(), {"workspace_id": campaign.workspace_id}
    today = now.date()
    with db.write() as session:
        names = [f"Customer {n}" for n in range(count)]
        rows = [{**of, "external_id": n, "name": n, "name_folded": n.lower(), "custom": {}} for n in names]
        ids = list(session.scalars(insert(Customer).returning(Customer.id), [{"currency": "EUR", **r} for r in rows]))
        session.execute(
            insert(Contact),
            [{**of, "customer_id": i, "external_id": "p", "email": f"c{i}@acme.example", "is_main": True} for i in ids],
        )
        owed = {"issue_date": today.replace(year=today.year - 1), "due_date": today.replace(year=today.year - 1)}
        owed |= {"total": 10_000, "outstanding": 10_000, "currency": "EUR", "status": "open"}
        session.execute(insert(Invoice), [{**of, **owed, "customer_id": i, "number": f"I-{i}"} for i in ids])
        action = {**of, "campaign_id": campaign.id, "owner_id": alice.id, "channel": "email", "state": "queued"}
        action |= {"reason": "frozen", "due_at": now, "created_at": now, "updated_at": now}
        to = [{"contact_id": None, "name": "Pat"}]
        session.execute(
            insert(Action),
            [
                {
                    **action,
                    "customer_id": i,
                    "recipients": [{**to[0], "email": f"c{i}@acme.example"}],
                    "message_id": f"<{i}.storm@example.com>",
                }
                for i in ids
            ],
        )
    return campaign


def play(database_url: str, plan: Plan, *, deadline: float = 300) -> Outcome:
    """Let a storm pass over a fresh campaign until everything has settled by itself, or raise AssertionError."""
    db = Database(database_url)
    begun = time.monotonic()
    campaign = many_actions(db, Builder(db), plan.mails)
    with sink(**plan.drops) as server:
        storm = _Storm(database_url, db, plan, server)
        try:
            storm.rage(begun + deadline)
            storm.wait(begun + deadline, campaign)
            return storm.outcome(campaign, begun)
        finally:
            storm.end()
            db.dispose()


class _Storm:
    def __init__(self, database_url: str, db: Database, plan: Plan, server: Sink) -> None:
        self._url, self._db, self._plan, self._server = database_url, db, plan, server
        self._chance = random.Random(plan.seed)
        self._frozen: list[tuple[int, float]] = []
        self._numbers: Iterator[int] = iter(range(10**6))
        self._kills = self._stops = 0
        self._running = [self._start() for _ in range(plan.workers)]

    def _start(self) -> multiprocessing.context.ForkServerProcess:
        name = "twin" if self._plan.one_name else f"storm-{next(self._numbers)}"
        plan = self._plan
        orders = Orders(self._url, self._server.port, name, plan.threads, plan.group, plan.lease)
        started = _SPAWN.Process(target=work, args=(orders,), daemon=True)
        started.start()
        return started

    def rage(self, deadline: float) -> None:
        """Kill and freeze, spread over the campaign's mails, each at a random moment."""
        events = ["kill"] * self._plan.kills + ["stop"] * self._plan.stops + (["half"] if self._plan.at_half else [])
        self._chance.shuffle(events)
        step = self._plan.mails / (len(events) + 1)
        for n, event in enumerate(events, 1):
            goal = min(int(n * step), self._plan.mails - 1)
            # what dead workers held comes back only after the lease: a storm does not wait for ever
            patience = time.monotonic() + self._plan.lease * 2
            while self._server.total < goal and time.monotonic() < patience:
                time.sleep(0.005)
            time.sleep(self._chance.random() * 0.1)
            assert time.monotonic() < deadline, "the storm took too long"
            self._wake_due()
            getattr(self, f"_{event}")()

    def _kill(self) -> None:
        n = self._chance.randrange(len(self._running))
        victim = self._running[n]
        victim.kill()
        victim.join()
        self._frozen = [(pid, at) for pid, at in self._frozen if pid != victim.pid]
        self._kills += 1
        self._running[n] = self._start()

    def _stop(self) -> None:
        pid = self._running[self._chance.randrange(len(self._running))].pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        self._frozen.append((pid, time.monotonic() + self._plan.lease * 1.5))
        self._stops += 1
        if len(self._running) == 1:  # nobody else rescues: another worker takes over, and stays
            self._running.append(self._start())

    def _half(self) -> None:
        assert self._plan.at_half is not None
        self._plan.at_half()

    def _wake_due(self, *, all_of_them: bool = False) -> None:
        left = []
        for pid, at in self._frozen:
            if all_of_them or time.monotonic() >= at:
                os.kill(pid, signal.SIGCONT)
            else:
                left.append((pid, at))
        self._frozen = left

    def wait(self, deadline: float, campaign: Campaign) -> None:
        """Wait until the campaign is completed."""
        while True:
            self._wake_due()
            try:
                with self._db.read() as session:
                    state = session.scalar(select(Campaign.state).where(Campaign.id == campaign.id))
                if state == CampaignState.COMPLETED.value and not self._frozen:
                    break
                if self._plan.drops.get("drop_before"):
                    retry_at_once(self._db)
            except DBAPIError:
                pass
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        time.sleep(0.5)  # what a woken worker may still do wrong

    def outcome(self, campaign: Campaign, begun: float) -> Outcome:
        with self._db.read() as session:
            rows = session.execute(
                select(Action.state, Action.reason, Action.message_id).where(Action.campaign_id == campaign.id)
            ).all()
            state = session.scalar(select(Campaign.state).where(Campaign.id == campaign.id)) or ""
            assert session.scalar(select(func.count()).select_from(Action)) == len(rows) == self._plan.mails
        arrived = {key.decode(): count for key, count in self._server.accepted.items()}
        states = Counter((state, reason) for state, reason, _ in rows)
        uncertain = {m for s, r, m in rows if (s, r) == ("manual", "uncertain")}
        sent = {m for s, _, m in rows if s == "sent"}
        settled = len(uncertain) + len(sent)
        hits = (self._kills + self._stops) * self._plan.threads * self._plan.group
        return Outcome(
            repeated=sum(count - 1 for count in arrived.values()),
            lost=len(sent - set(arrived)) + len(set(arrived) - sent - uncertain),
            unfinished=sum(states.values()) - settled,
            uncertain=len(uncertain),
            uncertain_arrived=len(uncertain & set(arrived)),
            most_uncertain=hits + self._server.dropped_after,
            campaign=state,
            seconds=time.monotonic() - begun,
            kills=self._kills,
        )

    def end(self) -> None:
        self._wake_due(all_of_them=True)
        for each in self._running:
            each.kill()
            each.join()


def retry_at_once(db: Database) -> None:
    """Make what waits for another attempt due now: minutes go by in a moment."""
    with db.write() as session:
        session.execute(update(Action).where(Action.state == "queued").values(due_at=db.now()))
