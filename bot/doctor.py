"""`campaign-bot doctor`: how the engine stands, what is wrong with it, and what can be mended safely.

Nothing is sent or decided here: mending brings rows back to where the engine takes them on by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.campaigns import tick
from bot.dispatch.rescue import rescue
from storage import actions, health, outbox, workers
from storage.db import Database
from storage.health import GRACE

NAME = "doctor"
SILENT_AFTER = timedelta(minutes=1)
"""Workers tell of themselves every ten seconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how many rows are wrong, and in words what that means."""

    what: str
    wrong: int
    advice: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor saw: lines that say how things stand, and findings."""

    lines: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Say whether nothing is wrong."""
        return not any(finding.wrong for finding in self.findings)


@dataclass(frozen=True, slots=True)
class _Check:
    what: str
    count: Callable[[Session, datetime], int]
    advice: str
    mend: Callable[[Database, datetime], object] | None = None


def _written(change: Callable[[Session, datetime], object]) -> Callable[[Database, datetime], object]:
    def mend(db: Database, now: datetime) -> object:
        with db.write() as session:
            return change(session, now)

    return mend


_CHECKS = (
    _Check(
        "claims whose lease ran out",
        lambda session, now: sum(health.stuck_leases(session, now - GRACE).values()),
        "no worker rescues them: is one running?",
        lambda db, now: rescue(db, name=NAME, now=now),
    ),
    _Check(
        "actions waiting in cancelled campaigns",
        lambda session, now: health.strays(session),
        "they are cancelled by the next rescue",
        _written(lambda session, now: actions.cancel_strays(session, now=now, actor=actions.worker(NAME))),
    ),
    _Check(
        "completed campaigns with something left to send",
        lambda session, now: len(health.completed_with_open_actions(session)),
        "nobody would claim it; mending brings them back to sending",
        _written(health.reopen),
    ),
    _Check(
        "campaigns waiting to be frozen",
        lambda session, now: len(health.unfrozen_since(session, now - GRACE)),
        "no worker freezes them, or it fails: look for job_failed in the log",
    ),
    _Check(
        "Slack messages behind",
        lambda session, now: health.behind_since(session, now - GRACE),
        "Slack does not answer, or no worker draws them: try `campaign-bot check`",
    ),
    _Check(
        "mails to our own people behind",
        lambda session, now: health.system_mails_late(session, now - 5 * GRACE),
        "the mail server does not answer, or no worker is running: try `campaign-bot check`",
    ),
    _Check(
        "customers contacted later than they say",
        lambda session, now: health.contacted_unnoted(session),
        "mending sets the date of the last message",
        _written(lambda session, now: health.note_contacted(session)),
    ),
    _Check(
        "search by words out of step",
        lambda session, now: 0 if health.words_are_whole(session) else 1,
        "mending makes the index anew",
        _written(lambda session, now: health.rebuild_words(session)),
    ),
)


def examine(db: Database, *, mend: bool = False) -> Report:
    """Look at everything; with `mend`, repair what can be repaired safely first. A second call finds it well."""
    now = db.now()
    if mend:
        for check in _CHECKS:
            if check.mend is not None and _count(db, check, now):
                check.mend(db, now)
        tick.tick(db, now=now)
    findings = tuple(Finding(check.what, _count(db, check, now), check.advice) for check in _CHECKS)
    with db.read() as session:
        silent, told = _workers(session, now)
        lines = (
            f"actions: {_counts(health.actions_by_state(session))}",
            f"campaigns: {_counts(health.campaigns_by_state(session))}",
            f"oldest due action: {_age(outbox.oldest_due_age(session, now))}",
            *told,
        )
    workers_silent = Finding("workers that went silent", silent, "they were killed or are frozen; others take over")
    return Report(lines, (*findings, workers_silent))


def _count(db: Database, check: _Check, now: datetime) -> int:
    # the integrity check of SQLite's search index is a write by its syntax
    with db.write() as session:
        return check.count(session, now)


def _workers(session: Session, now: datetime) -> tuple[int, list[str]]:
    """Return how many workers are silent, and a line for each."""
    lines, silent = [], 0
    for row in workers.everyone(session):
        quiet = now - row.seen_at
        silent += quiet > SILENT_AFTER
        lines.append(f"worker {row.name}: seen {_age(quiet)} ago; {_doing(row.doing)}")
    return silent, lines or ["no worker has told of itself in the last day"]


def _doing(doing: Mapping[str, Any]) -> str:
    return "; ".join(f"{channel} {_counts(counts)}" for channel, counts in sorted(doing.items())) or "nothing yet"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def _age(age: timedelta) -> str:
    seconds = max(int(age.total_seconds()), 0)
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
