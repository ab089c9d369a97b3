"""How fast messages may leave: a token bucket as pure arithmetic on one moment, so that a row can keep it.

`next_at` is when the bucket would be empty for good: each message moves it on by one interval, and time lets it fall
behind by one burst at most. Whatever the workers do, no more than `per_minute` messages are let through in any minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
_BURST_PART = 10
"""The part of a minute's messages that may go at once."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `per_minute` messages in any minute."""

    per_minute: int

    @property
    def burst(self) -> int:
        """Return how many may go at once after a rest."""
        return max(self.per_minute // _BURST_PART, 1)

    @property
    def interval(self) -> timedelta:
        """Return the time that earns one message; burst and earnings together stay within a minute's allowance."""
        return MINUTE / max(self.per_minute - self.burst, 1)

    def full(self, now: datetime) -> datetime:
        """Return the moment of a bucket that has rested long enough."""
        return now - self.burst * self.interval

    def free(self, next_at: datetime, now: datetime) -> int:
        """Return how many may go now."""
        return max(0, min(self.burst, (now - next_at) // self.interval))

    def spend(self, next_at: datetime, now: datetime, count: int) -> datetime:
        """Return the bucket's moment after `count` messages."""
        return max(next_at, self.full(now)) + count * self.interval


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one channel: for all it sends, and for each sender; None where there is none."""

    provider: Rate | None = None
    sender: Rate | None = None

    def __bool__(self) -> bool:
        """Say whether anything is limited."""
        return self.provider is not None or self.sender is not None
