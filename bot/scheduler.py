"""The scheduler: a table of name, interval and one function. What is due is in the database; this only looks often."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apscheduler.schedulers.background import BackgroundScheduler

from bot.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One function that is called every `seconds`; it never overlaps itself, and missed turns become one."""

    name: str
    seconds: float
    run: Callable[[], object]


def make_scheduler(jobs: Sequence[Job]) -> BackgroundScheduler:
    """Return a scheduler with `jobs`, not started yet; jobs live in memory, since the tables hold what is due."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in jobs:
        scheduler.add_job(_guarded(job), "interval", seconds=job.seconds, id=job.name, name=job.name)
    return scheduler


def _guarded(job: Job) -> Callable[[], None]:
    def turn() -> None:
        try:
            job.run()
        except Exception as error:  # the next turn finds the same rows: nothing is lost, and the log says why
            log.error("job_failed", job=job.name, error=type(error).__name__, exc_info=error)

    return turn
