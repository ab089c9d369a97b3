"""A whole worker to be killed: the dispatcher, the rescue and the tick, with a lease of seconds."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from bot.campaigns.tick import tick
from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget, Timeouts
from bot.dispatch.dispatcher import Dispatcher
from bot.dispatch.rescue import rescue
from storage.db import Database


@dataclass(frozen=True)
class Orders:
    """What a worker is told: where things are, and how it works."""

    database_url: str
    port: int
    name: str
    threads: int = 8
    group: int = 1
    lease: float = 3.0
    batch: int = 20


def work(orders: Orders) -> None:
    """Work until killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    db = Database(orders.database_url)
    target = SmtpTarget("127.0.0.1", orders.port, "smtp", connections=orders.threads)
    channel = EmailChannel(target, timeouts=Timeouts(connect=5, command=5, answer=5))
    lease = timedelta(seconds=orders.lease)
    options = {"name": orders.name, "group": orders.group, "lease": lease, "batch": orders.batch}
    Dispatcher(db, {"email": channel}, **options).start()  # type: ignore[arg-type]
    while True:
        time.sleep(0.3)
        try:
            rescue(db, name=orders.name)
            tick(db)
        except DBAPIError:
            continue
