"""`campaign-bot doctor`: how the engine stands, what is wrong with it, and what can be mended safely.

Nothing is sent or decided here: mending brings rows back to where the engine takes them on by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.campaigns import tick
from bot.campaigns.tick import LATE_AFTER
from bot.dispatch.rescue import cancel_waiting, rescue
from storage import campaigns, health, outbox, workers
from storage.db import Database
from storage.health import GRACE

NAME = "doctor"
SILENT_AFTER = timedelta(minutes=1)
"""Workers tell of themselves every ten seconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how many rows are wrong, which, and in words what that means; `mended` were repaired."""

    what: str
    wrong: int
    which: str
    advice: str
    mended: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor saw: lines that say how things stand, and findings."""

    lines: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Say whether nothing is wrong."""
        return not any(finding.wrong for finding in self.findings)


Seen = int | Mapping[str, int] | Sequence[int]
"""A count; counts by the worker concerned; or the ids of campaigns."""


@dataclass(frozen=True, slots=True)
class _Check:
    what: str
    look: Callable[[Session, datetime], Seen]
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
        lambda session, now: health.stuck_leases(session, now - GRACE),
        "no worker rescues them: is one running? Mending queues what was not handed over; the rest is a person's",
        lambda db, now: rescue(db, name=NAME, now=now),
    ),
    _Check(
        "campaigns with messages more than ten minutes late",
        lambda session, now: campaigns.late(session, before=now - LATE_AFTER),
        "no worker is running, the provider can't be reached, or a rate limit holds them: try `campaign-bot check`",
    ),
    _Check(
        "actions waiting in cancelled campaigns",
        lambda session, now: health.strays(session),
        "no worker cancels them: is one running? Nothing of them is sent",
        lambda db, now: cancel_waiting(db, name=NAME, now=now, within=None),
    ),
    _Check(
        "completed campaigns with something left to send",
        lambda session, now: [row[1] for row in health.completed_with_open_actions(session)],
        "nobody would claim it; mending brings them back to sending",
        _written(health.reopen),
    ),
    _Check(
        "campaigns waiting to be frozen",
        lambda session, now: health.unfrozen_since(session, now - GRACE),
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
    _Check(
        "workers that went silent",
        lambda session, now: {row.name: 1 for row in workers.everyone(session) if now - row.seen_at > SILENT_AFTER},
        "they were killed or are frozen; others take over. Mending forgets them until they tell of themselves again",
        _written(lambda session, now: workers.forget(session, seen_before=now - SILENT_AFTER)),
    ),
)


def examine(db: Database, *, mend: bool = False) -> Report:
    """Look at everything; with `mend`, repair what can be repaired safely first. A second call finds it well."""
    now = db.now()
    before: dict[str, int] = {}
    if mend:
        for check in _CHECKS:
            before[check.what] = _look(db, check, now)[0]
            if check.mend is not None and before[check.what]:
                check.mend(db, now)
        tick.tick(db, now=now)
    findings = []
    for check in _CHECKS:
        wrong, which = _look(db, check, now)
        findings.append(Finding(check.what, wrong, which, check.advice, max(before.get(check.what, 0) - wrong, 0)))
    with db.read() as session:
        lines = (
            f"actions: {_counts(health.actions_by_state(session))}",
            f"campaigns: {_counts(health.campaigns_by_state(session))}",
            f"oldest due action: {_age(outbox.oldest_due_age(session, now))}",
            *_workers(session, now),
        )
    return Report(lines, tuple(findings))


def _look(db: Database, check: _Check, now: datetime) -> tuple[int, str]:
    """Return how many rows are wrong, and which."""
    # the integrity check of SQLite's search index is a write by its syntax
    with db.write() as session:
        seen = check.look(session, now)
    if isinstance(seen, int):
        return seen, ""
    if isinstance(seen, Mapping):
        return sum(seen.values()), ", ".join(sorted(seen))
    return len(seen), ", ".join(f"campaign {campaign_id}" for campaign_id in seen)


def _workers(session: Session, now: datetime) -> list[str]:
    """Return a line for each worker."""
    lines = [f"worker {w.name}: seen {_age(now - w.seen_at)} ago; {_doing(w.doing)}" for w in workers.everyone(session)]
    return lines or ["no worker has told of itself in the last day"]


def _doing(doing: Mapping[str, Any]) -> str:
    return "; ".join(f"{channel} {_counts(counts)}" for channel, counts in sorted(doing.items())) or "nothing yet"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def _age(age: timedelta) -> str:
    seconds = max(int(age.total_seconds()), 0)
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
