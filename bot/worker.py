"""The sending half: the engine, and the scheduler with everything that time brings about."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot.campaigns import freeze, tick
from bot.channels.letter import assemble
from bot.config import LetterDelivery, Settings
from bot.cores import CORE
from bot.dispatch import letter_receipts, look_up, receipts, rescue, system_mail
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.rates import Limits, Rate
from bot.imports import sync
from bot.scheduler import Job, make_scheduler
from bot.teller import alone
from bot.wiring import make_bounces, make_channels, make_postgrid, make_sms
from handlers.importer import Importer
from handlers.notifier import Notifier
from storage import wakeups, workers
from storage.db import Database

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.inbox.bounces import BounceReader

LEAVE_WITHIN = 10.0
"""Seconds in which the bot must be gone after SIGTERM."""


class Worker:
    """The sending half: the dispatcher, and the scheduler with what time brings about."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        name: str,
        *,
        slack: Callable[[str], WebClient],
        home: Callable[[], int],
    ) -> None:
        """Build it; `slack` returns a team's client, `home` the workspace that the bot token belongs to."""
        channels = make_channels(settings)
        self._db, self._name = db, name
        self.dispatcher = Dispatcher(
            db, channels, name=name, group=settings.handoff_group, limits={"email": make_limits(settings)}
        )
        notifier = Notifier(db, slack)
        self._importer = importer = Importer(db, slack)
        self._bounces = make_bounces(settings, db)
        self._leaving = threading.Event()
        secret_key = settings.secret_key.get_secret_value()
        move = alone(db, "tick", lambda: self._wake_if(tick.tick(db)))
        self._scheduler = make_scheduler(
            [
                Job("freeze", 0.2, CORE.roaming()(lambda: freeze.freeze_due(db))),
                Job("tick", 0.2, lambda: tick.is_due(db) and move()),
                Job("notify", 0.2, notifier.draw_due),
                Job("system_mail", 1, lambda: system_mail.deliver_due(db, channels["email"], secret_key)),
                Job("rescue", 15, alone(db, "rescue", lambda: self._wake_if(rescue.rescue(db, name=name)))),
                Job("cancel", 1, alone(db, "cancel", lambda: rescue.cancel_waiting(db, name=name))),
                Job("delays", 30, alone(db, "delays", lambda: tick.tell_delays(db))),
                Job("heartbeat", 10, self._tell),
                *_receipt_jobs(self._bounces, db),
                *(_sms_jobs(settings, db, self._wake_if) if settings.sends_sms else []),
                *_letter_jobs(settings, db),
                Job("imports_read", 0.5, CORE.roaming()(importer.read_due)),
                Job("imports_run", 0.5, CORE.roaming()(importer.import_due)),
                Job("imports_tell", 0.5, importer.tell_due),
                Job("imports_sweep", 600, importer.sweep),
                *_sync_jobs(settings, db, home, self._leaving),
            ]
        )
        self._listener = threading.Thread(
            target=wakeups.listen, args=(db, self.dispatcher.wake, self._leaving), name="wake-ups", daemon=True
        )

    def _tell(self) -> None:
        if not self.dispatcher.is_alive:
            return  # a worker that sends nothing any more counts as silent
        with self._db.write() as session:
            workers.seen(session, self._name, self.dispatcher.doing, now=self._db.now())

    def _wake_if(self, changed: int) -> None:
        if changed:
            self.dispatcher.wake()

    def start(self) -> None:
        """Start sending."""
        self.dispatcher.start()
        self._scheduler.start()
        self._listener.start()

    def stop(self) -> None:
        """Claim nothing more, let what is in flight settle, and stop."""
        self._leaving.set()
        self._importer.stop()
        if self._bounces is not None:
            self._bounces.stop()
        self._scheduler.shutdown(wait=False)
        self.dispatcher.stop(LEAVE_WITHIN - 4)
        with contextlib.suppress(DBAPIError), self._db.write() as session:
            workers.gone(session, self._name)


def make_limits(settings: Settings) -> Limits:
    """Return how fast emails may leave."""
    whole, each = settings.email_per_minute, settings.email_per_minute_per_sender
    return Limits(Rate(whole) if whole else None, Rate(each) if each else None)


def _sms_jobs(settings: Settings, db: Database, wake_if: Callable[[int], None]) -> list[Job]:
    asking = look_up.LookUp(db, make_sms(settings))
    return [Job("look_up", 15, lambda: wake_if(asking.settle()))]


def _letter_jobs(settings: Settings, db: Database) -> list[Job]:
    if settings.letter_delivery is LetterDelivery.SPOOL:
        folder = Path(settings.letter_folder)
        return [Job("letters_assemble", 2, alone(db, "letters", lambda: assemble(folder)))]
    if settings.letter_delivery is LetterDelivery.POSTGRID:
        return [Job("letters_ask", 600, alone(db, "letters", letter_receipts.Watch(db, make_postgrid(settings)).look))]
    return []


def _receipt_jobs(bounces: BounceReader | None, db: Database) -> list[Job]:
    jobs = [Job("receipts", 1, lambda: receipts.apply_pending(db))]
    return jobs if bounces is None else [Job("bounces", 1, bounces.read_due), *jobs]


def _sync_jobs(settings: Settings, db: Database, home: Callable[[], int], leaving: threading.Event) -> list[Job]:
    if settings.sync_command is None:
        return []
    wanted = sync.Sync(settings.sync_command, timedelta(minutes=settings.sync_every_minutes))
    return [Job("sync", 60, lambda: sync.run_due(db, home(), wanted, leaving=leaving))]
