"""One channel's sender threads: each keeps one connection, and writes its next messages while a handoff commits."""

from __future__ import annotations

import contextlib
import queue
import threading
import uuid

from bot.channels.base import AuthBroken, Channel, Connection, Message, Receipt, SendError, Transient, Uncertain
from bot.dispatch.compose import CantWrite, Compose
from bot.dispatch.prepare import Job
from bot.dispatch.reports import Called, Grant, HandOff, NotCalled, PutBack, Report, Tell, Unreachable, Unwritable, held
from bot.domain.states import Reason
from bot.log import get_logger
from bot.precedence import MAILS

_log = get_logger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two attempts of one thread to connect; they double."""

Written = tuple[Job, Message]


class Lane:
    """The jobs of one channel that are claimed and not begun, and the threads that take them."""

    def __init__(
        self, name: str, channel: Channel, compose: Compose, tell: Tell, *, threads: int, group: int = 1
    ) -> None:
        self.name, self.channel, self.compose, self.tell, self.group = name, channel, compose, tell, group
        self.jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self.stopping = threading.Event()
        self._connected = self._calling = 0
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=Sender(self).run, name=f"{name}-{n}", daemon=True) for n in range(threads)
        ]

    def start(self) -> None:
        """Start the threads; none connects before it has something to send."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Job]:
        """Tell the threads to finish what is in flight; return what was not begun."""
        self.stopping.set()
        left = self.drain()
        for _ in self._threads:
            self.jobs.put(None)
        return left

    def drain(self) -> list[Job]:
        """Take out every job that was not begun."""
        taken: list[Job | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                taken.append(self.jobs.get_nowait())
        for _ in range(taken.count(None)):  # the threads still need to be told of the end
            self.jobs.put(None)
        return [job for job in taken if job is not None]

    @property
    def is_over(self) -> bool:
        """Say whether every thread has ended."""
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def doing(self) -> dict[str, int]:
        """Return what the lane does: jobs waiting, connections open, messages in a call."""
        return {"waiting": self.jobs.qsize(), "connections": self._connected, "calling": self._calling}

    def count(self, *, connected: int = 0, calling: int = 0) -> int:
        """Count connections and calls up or down, and return how many connections there are."""
        with self._lock:
            self._connected += connected
            self._calling += calling
            return self._connected


class Sender:
    """One sender thread."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._connection: Connection | None = None
        self._pause = FIRST_PAUSE

    def run(self) -> None:
        """Send until the lane stops."""
        group = self._next_group()
        while group:
            group = self._send(group) or self._next_group()
        self._disconnect()

    def _send(self, group: list[Written]) -> list[Written]:
        """Send a group of messages; return the next group if it was written meanwhile."""
        if self._lane.stopping.is_set():
            self._put_back(group)
            return []
        if not self._is_connected(group[0][0]):  # which reported the first
            self._put_back(group[1:])
            return []
        request = HandOff(tuple(job for job, _ in group), tuple(message.text for _, message in group))
        self._lane.tell(request)
        following = self._next_group(wait=False)
        granted = request.grant.wait()
        for n, (job, message) in enumerate(group):
            if held(job.claimed) in granted:
                self._call(job, message, request.grant, is_first=n == 0)
        return following

    def _call(self, job: Job, message: Message, grant: Grant, *, is_first: bool) -> None:
        connection = self._connection
        if connection is None or not grant.holds or (self._lane.stopping.is_set() and not is_first):
            self._lane.tell(NotCalled(job))
            return
        self._lane.count(calling=+1)
        outcome = self._outcome(connection, message)
        self._lane.count(calling=-1)
        self._lane.tell(Called(job, message, outcome))

    def _next_group(self, *, wait: bool = True) -> list[Written]:
        """Write the next messages; none at the end, or without `wait` when nothing is there."""
        group: list[Written] = []
        while len(group) < self._lane.group:
            written = self._next_written(wait=wait and not group)
            if written is None:
                break
            group.append(written)
        return group

    def _next_written(self, *, wait: bool) -> Written | None:
        while wait or MAILS.is_free:  # between a handoff and its call nobody stands in line
            try:
                job = self._lane.jobs.get(block=wait)
            except queue.Empty:
                return None
            if job is None:
                if not wait:  # the end is met again by the call that waits
                    self._lane.jobs.put(None)
                return None
            if wait:
                MAILS.wait()
            try:
                return job, self._lane.compose(job)
            except CantWrite as fault:
                self._lane.tell(Unwritable(job, fault.reason, fault.detail))
            except BaseException as error:  # a panic of the code that draws PDFs is no Exception
                self._lane.tell(self._unwritable(job, error))
        return None

    def _unwritable(self, job: Job, error: BaseException) -> Report:
        reference = uuid.uuid4().hex[:8]
        _log.error("message_unwritable", reference=reference, action_id=job.claimed.id, error=type(error).__name__)
        return Unwritable(job, Reason.RENDER_FAILED, f"Reference {reference}")

    def _put_back(self, group: list[Written]) -> None:
        for job, _ in group:
            self._lane.tell(PutBack(job))

    def _is_connected(self, job: Job) -> bool:
        if self._connection is not None:
            return True
        try:
            self._connection = self._lane.channel.open()
        except SendError as error:
            self._report_unreachable(job, error)
            return False
        except Exception as error:
            _log.error("connect_failed", channel=self._lane.name, error=type(error).__name__)
            self._report_unreachable(job, Transient(f"The provider can't be reached: {type(error).__name__}."))
            return False
        self._lane.count(connected=+1)
        self._pause = FIRST_PAUSE
        return True

    def _report_unreachable(self, job: Job, error: SendError) -> None:
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        down = self._lane.count() == 0
        _log.warning("provider_unreachable", channel=self._lane.name, error=type(error).__name__, lane_is_down=down)
        self._lane.tell(Unreachable(job, error, pause, down))
        self._lane.stopping.wait(pause)

    def _outcome(self, connection: Connection, message: Message) -> Receipt | SendError:
        try:
            return connection.send(message)
        except AuthBroken as error:
            self._disconnect()
            return error
        except SendError as error:
            return error
        except Exception as error:  # it may have happened after the message had gone out
            reference = uuid.uuid4().hex[:8]
            _log.error("send_failed", reference=reference, action_id=message.action_id, error=type(error).__name__)
            self._disconnect()
            return Uncertain(f"The call failed in an unforeseen way. Reference {reference}")

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            self._lane.count(connected=-1)
