"""What the sender threads tell the database thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.channels.base import Message, Receipt, SendError
from bot.dispatch.prepare import Job
from bot.domain.states import Reason
from storage.actions import Claimed, Held
from storage.db import steady


def held(row: Claimed) -> Held:
    """Return what grants are given and looked up by: by the action alone an old claim would send, too."""
    return row.token, row.id


class Grant:
    """The answer to one request to hand off; given once, after the commit."""

    def __init__(self) -> None:
        self._open = threading.Lock()  # an Event costs twenty times as much to make, set and wait for
        self._open.acquire()
        self._granted: frozenset[Held] = frozenset()
        self._until = 0.0
        self.doubtful = False
        """Set once a commit with this request was cut off: it may have taken place unseen."""

    def answer(self, granted: frozenset[Held], until: float) -> None:
        """Tell the waiting sender thread which claims may go out, if they begin to before `until` (`steady()`)."""
        self._granted, self._until = granted, until
        if self._open.locked():  # a second answer changes nothing for a thread that has gone on
            self._open.release()

    def wait(self) -> frozenset[Held]:
        """Wait for the answer, once: the claims whose actions may be sent."""
        self._open.acquire()
        return self._granted

    @property
    def holds(self) -> bool:
        """Say whether a call may still begin: a frozen worker that wakes late must not send what was taken from it."""
        return steady() < self._until


@dataclass(frozen=True, slots=True, eq=False)
class HandOff:
    """Messages are ready, and their thread waits for leave to send them; a job is asked for once a claim."""

    jobs: tuple[Job, ...]
    texts: tuple[str, ...]
    """What will go out, for each of the jobs."""
    grant: Grant = field(default_factory=Grant)


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """The provider was called after a handoff: its receipt, or the error."""

    job: Job
    message: Message
    outcome: Receipt | SendError


@dataclass(frozen=True, slots=True, eq=False)
class Late:
    """The provider took the message, and the claim was over when that was to be settled."""

    call: Called

    @property
    def job(self) -> Job:
        """Return what was sent."""
        return self.call.job


@dataclass(frozen=True, slots=True, eq=False)
class NotCalled:
    """The job was handed off, and then the provider was not called."""

    job: Job


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
    """The message could not be written: why, and the reference in the log, the empty tags or what to mend."""

    job: Job
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True, eq=False)
class PutBack:
    """The job was not begun: the dispatcher stops, or it had no leave."""

    job: Job


@dataclass(frozen=True, slots=True, eq=False)
class Wake:
    """Something changed in the database: look now."""


Report = HandOff | Called | Late | NotCalled | Unreachable | Unwritable | PutBack | Wake
Tell = Callable[[Report], None]
