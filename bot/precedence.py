"""Who goes first: all threads of a process share Python's lock, and a person waits for the answer to a click.

Ten clicks that compute at once all take ten times as long; one after another, most of them take less. So clicks take
turns, and whatever nobody waits for in a hurry (a mail to be written, a large book to be counted) gives way to them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2
"""Clicks that compute at once: while one waits for the database, another gets on."""
PATIENCE = 0.1
"""Seconds that a click waits for its turn before it takes it from the one who has had it longest: a slow question must
keep no other waiting."""
OUT_OF_THE_WAY = 0.05
"""Seconds that a mail gives way to clicks at most: sending goes on however many click."""


class Turns:
    """So many at a time, in the order in which they came: whoever gives a turn back gives it to the next in line.

    A plain lock is taken by whoever asks first once it is free, which is mostly the one who has just given it back.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._line: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def take(self, patience: float) -> bool:
        """Wait for a turn, at most so many seconds, and say whether it came; to be given back if it did."""
        with self._lock:
            if self._took_free():
                return True
            called = threading.Lock()
            called.acquire()
            self._line.append(called)
        if called.acquire(timeout=patience):
            return True
        with self._lock:
            if called in self._line:
                self._line.remove(called)
                return False
        return True  # it came just now

    def take_at_once(self) -> bool:
        """Take a turn if one is free, and say whether it was; to be given back then."""
        with self._lock:
            return self._took_free()

    def _took_free(self) -> bool:
        if not self._free:
            return False
        self._free -= 1
        return True

    def give_back(self) -> None:
        """Let the next in line have the turn."""
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


class _Click:
    """A thread that answers a click, while it computes."""

    __slots__ = ("has_turn",)

    def __init__(self) -> None:
        self.has_turn = False


class Clicks:
    """The turns of the clicks of one process."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._turns, self._patience = Turns(at_once), patience
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._computing: dict[_Click, None] = {}
        """Those with a turn or in line, in the order of their turns; who lost its turn is not among them."""
        self._quiet = threading.Event()
        self._quiet.set()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Compute in turn: to be held by the thread that answers one click, from its beginning to its end."""
        self._enter(self._patience)
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def aside(self, *, holding: bool = False) -> Iterator[None]:
        """Let others compute while this thread waits for Slack, the disk or a lock; nothing where it has no turn.

        At the end the turn is waited for again, unless the thread is then `holding` what others wait for: a lock, or a
        transaction.
        """
        if getattr(self._mine, "click", None) is None:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._enter(0 if holding else self._patience)

    def give_way(self, at_most: float) -> None:
        """Wait until no click computes or is in line, at most so many seconds: for what nobody waits for."""
        if not self._quiet.is_set():
            self._quiet.wait(at_most)

    def _enter(self, patience: float) -> None:
        self._mine.click = click = _Click()
        with self._lock:
            self._computing[click] = None
            self._quiet.clear()
        came = self._turns.take(patience)
        with self._lock:
            if not came and patience:
                came = self._took_over()
            click.has_turn = came
            if came:
                self._computing[click] = self._computing.pop(click)

    def _took_over(self) -> bool:
        """Take the turn from the one who has had it for longest; it goes on, and keeps nobody waiting any more."""
        slowest = next((click for click in self._computing if click.has_turn), None)
        if slowest is None:
            return False
        slowest.has_turn = False
        self._over(slowest)
        return True

    def _leave(self) -> None:
        click: _Click = self._mine.click
        self._mine.click = None
        with self._lock:
            had_turn, click.has_turn = click.has_turn, False
            self._over(click)
        if had_turn:
            self._turns.give_back()

    def _over(self, click: _Click) -> None:
        self._computing.pop(click, None)
        if not self._computing:
            self._quiet.set()


CLICKS = Clicks()
"""Those of this process, which has one Python lock."""
