"""What the sender threads tell the database thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.channels.base import Message, Receipt, SendError
from bot.dispatch.prepare import Job

GOOD_FOR = 60.0
"""Seconds in which a granted call must begin."""


class Grant:
    """The answer to one request to hand off; given once, after the commit."""

    def __init__(self) -> None:
        self._answered = threading.Event()
        self._granted = False
        self._answered_at = 0.0

    def answer(self, granted: bool) -> None:
        """Tell the waiting sender thread."""
        self._granted, self._answered_at = granted, time.time()
        self._answered.set()

    @property
    def is_stale(self) -> bool:
        """Say whether the process was asleep since the answer: others may think by now that nothing went out."""
        return not 0 <= time.time() - self._answered_at < GOOD_FOR

    def wait(self) -> bool:
        """Wait for the answer: whether the message may be sent."""
        self._answered.wait()
        return self._granted


@dataclass(frozen=True, slots=True, eq=False)
class HandOff:
    """A message is ready, and its thread waits for leave to send it; `text` is what will go out."""

    job: Job
    text: str = ""
    grant: Grant = field(default_factory=Grant)


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """The provider was called after a handoff: its receipt, or the error."""

    job: Job
    message: Message
    outcome: Receipt | SendError


@dataclass(frozen=True, slots=True, eq=False)
class Unreachable:
    """The provider could not be called at all, so nothing was handed off; `lane_is_down` when no connection is left."""

    job: Job
    error: SendError
    pause: float
    """Seconds until it makes sense to try again."""
    lane_is_down: bool


@dataclass(frozen=True, slots=True, eq=False)
class Unwritable:
    """The message could not be written; the log has more under the reference."""

    job: Job
    reference: str


@dataclass(frozen=True, slots=True, eq=False)
class PutBack:
    """The job was not begun: the dispatcher stops."""

    job: Job


@dataclass(frozen=True, slots=True, eq=False)
class Wake:
    """Something changed in the database: look now."""


Report = HandOff | Called | Unreachable | Unwritable | PutBack | Wake
Tell = Callable[[Report], None]
