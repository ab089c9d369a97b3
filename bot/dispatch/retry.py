"""When a failed attempt is tried again, or that it never is: a pure function of the failure and the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.channels.base import Rejected, SendError, Transient
from bot.domain.states import Reason

DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""Pauses after the first, second ... attempt; after the last one a person decides. Greylisting wants a few minutes."""

LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after this long."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class Manual:
    """A person decides, for this reason."""

    reason: Reason


def after(error: SendError, attempt: int) -> Retry | Manual:
    """Decide what follows attempt number `attempt` (from 1). Whatever may have gone out is never tried again."""
    if isinstance(error, Rejected):
        return Manual(error.reason)
    if not isinstance(error, Transient):
        return Manual(Reason.UNCERTAIN)
    if attempt > len(DELAYS):
        return Manual(Reason.RETRIES_EXHAUSTED)
    asked = timedelta(seconds=error.retry_after or 0)
    return Retry(min(max(DELAYS[max(attempt, 1) - 1], asked), LONGEST))
