"""A dispatcher that sends through a real SMTP server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import select

from bot import log
from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget, Timeouts
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.states import CampaignState
from storage.db import Database, utcnow
from storage.models import Action, ActionHistory, Campaign, Customer, Invoice, User
from tests.bot.channels.mail_server import MailServer, mail_server
from tests.builders import Builder


class Start(Protocol):
    def __call__(self, **options: Any) -> Dispatcher: ...


@pytest.fixture(autouse=True, scope="session")
def quick_log() -> None:
    """Log as the bot does: structlog's own default draws every frame with its locals."""
    log.configure(json=True)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def start(db: Database, server: MailServer) -> Iterator[Start]:
    """Start dispatchers on the test's database and mail server; they are stopped at the end."""
    running: list[Dispatcher] = []

    def make(*, url: str = "", **options: Any) -> Dispatcher:
        target = SmtpTarget.parse(url or f"smtp://127.0.0.1:{server.port}?connections=2")
        channel = EmailChannel(target, timeouts=Timeouts(connect=5, command=5, answer=5))
        dispatcher = Dispatcher(db, {"email": channel}, **({"name": f"w{len(running)}"} | options))
        dispatcher.start()
        running.append(dispatcher)
        return dispatcher

    yield make
    server.gate.set()
    for dispatcher in running:
        dispatcher.stop()


class Book:
    """A campaign that is sending, and its actions as they are now."""

    def __init__(self, db: Database, build: Builder) -> None:
        self.db, self.build = db, build
        self.alice: User = build.user()
        self.campaign: Campaign = build.campaign(self.alice, state=CampaignState.SENDING)

    def action(self, email: str = "pat@acme.example", *, due_at: Any = None, **values: Any) -> Action:
        """Make a due action to a customer of its own, overdue today."""
        overdue = values.pop("overdue", 10_000)
        customer_values = values.pop("customer", {})
        customer = self.build.customer(overdue=None, email=email, **customer_values)
        if overdue:
            self.invoice(customer, outstanding=overdue)
        due_at = due_at or utcnow() - timedelta(seconds=1)
        return self.build.action(self.campaign, customer, due_at=due_at, **values)

    def invoice(self, customer: Customer, **values: Any) -> Invoice:
        """Make an invoice due 30 days before the real today."""
        return self.build.invoice(customer, today=utcnow().date(), **values)

    def now(self, action: Action) -> Action:
        with self.db.read() as session:
            return session.scalars(select(Action).where(Action.id == action.id)).one()

    def events(self, action: Action) -> list[str]:
        with self.db.read() as session:
            query = select(ActionHistory.event).where(ActionHistory.action_id == action.id).order_by(ActionHistory.id)
            return list(session.scalars(query))

    def wait_for(self, action: Action, *states: str) -> Action:
        wait_until(lambda: self.now(action).state in states)
        return self.now(action)


def wait_until(condition: Callable[[], bool], seconds: float = 40) -> None:
    """Poll for a condition until a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


@pytest.fixture
def book(db: Database, build: Builder) -> Book:
    return Book(db, build)
