"""Answers to clicks that come over HTTP: each in its turn, on threads that go on from one click with the next.

Ten threads that wait for their turn wake each other all the time for Python's lock, at half a click's CPU; and a turn
that is handed on by way of the event loop costs two changes of thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from bot.log import get_logger
from bot.precedence import PATIENCE, Click, Clicks

_log = get_logger(__name__)
MOST_THREADS = 40
"""Clicks that are worked out, or wait for Slack, the disk or a lock; others wait until one of them is answered."""
IDLE_FOR = 10.0
"""Seconds after which a thread ends that had nothing to work out."""

T = TypeVar("T")


class Answers:
    """Works answers out for an event loop, which goes on meanwhile."""

    def __init__(
        self, clicks: Clicks, *, patience: float = PATIENCE, threads: int = MOST_THREADS, idle_for: float = IDLE_FOR
    ) -> None:
        """Let each answer take its turn among `clicks`, or the turn of another after so many seconds."""
        self._clicks, self._patience = clicks, patience
        self._threads = _Threads(self._go_on, threads, idle_for)

    async def worked_out(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, or raise what it raises, once it has had its turn.

        Who is cancelled in line is not worked out; what has begun is worked out to its end, which nobody hears of.
        """
        answer = _Answer(work, self._clicks.arrived(), self._threads.give)
        patience = None
        if self._clicks.join(answer):
            answer()
        else:
            patience = answer.loop.call_later(self._patience, self._out_of_patience, answer)
        try:
            heard: T = await answer.heard
            return heard
        except asyncio.CancelledError:
            if self._clicks.leave(answer):
                self._clicks.drop(answer.click)
            raise
        finally:
            if patience is not None:
                patience.cancel()

    def _out_of_patience(self, answer: _Answer) -> None:
        if self._clicks.leave(answer):
            answer.came = False
            answer()

    def _go_on(self, answer: _Answer) -> None:
        """Work out an answer, and then those whose turn comes because the one before is over."""
        following: Callable[[], None] | None = answer
        while isinstance(following, _Answer):
            self._clicks.begin(following.click, came=following.came)
            try:
                following.work_out()
            finally:
                following = self._clicks.end()
        if following is not None:
            following()


class _Threads:
    """Threads that work out what they are given: as many as are needed at once, up to `most`.

    Those of the library are waited for when the process ends; who has the click in hand may wait for Slack for long.
    """

    def __init__(self, work: Callable[[_Answer], None], most: int, idle_for: float) -> None:
        self._work, self._most, self._idle_for = work, most, idle_for
        self._given = SimpleQueue[_Answer]()
        self._lock = threading.Lock()
        self.running = self.spare = 0
        """Threads that there are; those of them for which nothing is given yet, or below 0 what has no thread yet."""

    def give(self, answer: _Answer) -> None:
        """Have it worked out on a thread, once there is one; it never fails."""
        self._given.put(answer)
        with self._lock:
            self.spare -= 1
            if self.spare < 0 and self.running < self._most:
                with suppress(RuntimeError):  # the system lets no more be started: the next that is free takes it
                    threading.Thread(target=self._run, name="click", daemon=True).start()
                    self.running += 1
                    self.spare += 1

    def _run(self) -> None:
        while True:
            try:
                answer = self._given.get(timeout=self._idle_for)
            except Empty:
                if self._ends():
                    return
                continue
            try:
                self._work(answer)
            except Exception as error:  # the thread goes on: it is counted
                _log.error("click_not_ended", error=type(error).__name__, exc_info=error)
            with self._lock:
                self.spare += 1

    def _ends(self) -> bool:
        with self._lock:
            if self.spare <= 0:  # it is just being given something
                return False
            self.spare -= 1
            self.running -= 1
            return True


class _Answer:
    """One answer, from its place in line to whoever waits for it; called by who gives it the turn."""

    def __init__(self, work: Callable[[], Any], click: Click, begin: Callable[[_Answer], None]) -> None:
        self.click = click
        self._work, self._begin, self._context = work, begin, contextvars.copy_context()
        self.loop = asyncio.get_running_loop()
        self.heard: asyncio.Future[Any] = self.loop.create_future()
        self.came = True
        """Whether it has the turn; else it takes it from another."""

    def __call__(self) -> None:
        self._begin(self)

    def work_out(self) -> None:
        """Work it out on this thread, and tell who waits for it."""
        try:
            found = self._context.run(self._work)
        except BaseException as error:
            self._tell(self.heard.set_exception, error)
        else:
            self._tell(self.heard.set_result, found)

    def _tell(self, how: Callable[[Any], None], what: Any) -> None:
        def tell() -> None:
            if not self.heard.done():
                how(what)

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(tell)
