"""A desk at moments that the test names: what is told to it is settled to the end, and what was granted is returned."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.dispatch.desk import Desk, Terms
from bot.dispatch.lane import Lane
from bot.dispatch.prepare import Prepare, prepare
from bot.dispatch.reports import HandOff, Report
from bot.domain.channels import CHANNELS
from storage.actions import Held
from storage.db import Database


class _Moved(Database):
    """A database whose clock shows what the test says."""

    def __init__(self, db: Database, moment: datetime) -> None:
        self.__dict__.update(db.__dict__)
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def tell(
    db: Database,
    *reports: Report,
    now: datetime,
    lease: timedelta,
    fresh_for: timedelta = timedelta(days=9),
    prepare: Prepare = prepare,
) -> frozenset[Held]:
    """Settle reports as the worker `w` does, with all that is left of them, and return what may go out."""
    none: Any = None
    lanes = {channel: Lane(channel, none, none, none, threads=0) for channel in CHANNELS}
    desk = Desk(_Moved(db, now), lanes, prepare, Terms("w", 9, lease, fresh_for, {}))
    told = list(reports)
    while told:
        told = desk.settle(told)
    desk.close()
    granted = frozenset[Held]()
    for report in reports:
        if isinstance(report, HandOff):
            granted |= report.grant.wait()
    return granted
