"""What a Slack half on its own does beside answering, so that people are told how things stand while no worker runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.campaigns import tick
from bot.scheduler import Job, make_scheduler

if TYPE_CHECKING:
    from handlers.notifier import Notifier
    from storage.db import Database


class Teller:
    """Draws people's messages, and says which campaigns are late; beside workers it only shares their work."""

    def __init__(self, db: Database, notifier: Notifier) -> None:
        delays = alone(db, "delays", lambda: tick.tell_delays(db))
        self._scheduler = make_scheduler([Job("notify", 1, notifier.draw_due), Job("delays", 30, delays)])

    def start(self) -> None:
        """Start telling."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop; what was not told yet is told by the next one."""
        self._scheduler.shutdown(wait=False)


def alone(db: Database, name: str, run: Callable[[], object]) -> Callable[[], None]:
    """Return the job such that one process at a time does it: the others would only wait for its locks."""

    def turn() -> None:
        with db.alone(name) as is_alone:
            if is_alone:
                run()

    return turn
