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
    """Try again after this long; `unanswered` says that the attempt may have gone out."""

    delay: timedelta
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Manual:
    """A person decides, for this reason."""

    reason: Reason


def after(error: SendError, attempt: int, *, is_repeatable: bool = False, unanswered: bool = False) -> Retry | Manual:
    """Decide what follows attempt number `attempt` (from 1).

    What may have gone out is never tried again, unless the channel `is_repeatable`: it takes a message only once.
    `unanswered` says that an attempt before this one may have gone out: then the last failure is uncertain, too.
    """
    if isinstance(error, Rejected):
        return Manual(error.reason)
    may_be_out = unanswered or not isinstance(error, Transient)
    if may_be_out and not is_repeatable:
        return Manual(Reason.UNCERTAIN)
    if attempt > len(DELAYS):
        return Manual(Reason.UNCERTAIN if may_be_out else Reason.RETRIES_EXHAUSTED)
    pause = DELAYS[max(attempt, 1) - 1]
    if isinstance(error, Transient) and error.retry_after:
        pause = max(pause, timedelta(seconds=error.retry_after))
    return Retry(min(pause, LONGEST), unanswered=may_be_out)
