"""Who goes first: all threads of a process share Python's lock, and a person waits for the answer to a click.

Ten clicks that compute at once all take ten times as long; one after another, most of them take less. So clicks take
turns, and whatever nobody waits for in a hurry (a mail to be written, a large book to be counted) gives way to them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AT_ONCE = 2
"""Clicks that compute at once: while one waits for the database, another gets on. SQLite works within the process and
is no wait: one at a time is quicker there, as two would take Python's lock from each other at each step."""
PATIENCE = 0.1
"""Seconds that a click waits for its turn before it takes it from the one who has had it longest: a slow question must
keep no other waiting."""
A_MAIL_EVERY = 0.03
"""Seconds after which one message more is written, on whatever channel, however many click: sending goes on."""
LONGEST_LINE = 10.0
"""Seconds after which whoever stands in line to give way is let through."""


Call = Callable[[], None]
"""Tells somebody in line that the turn has come."""


class Turns:
    """So many at a time, in the order in which they came: whoever gives a turn back gives it to the next in line.

    A plain lock is taken by whoever asks first once it is free, which is mostly the one who has just given it back.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._line: deque[Call] = deque()
        self._lock = threading.Lock()

    def take(self, patience: float) -> bool:
        """Wait for a turn, at most so many seconds, and say whether it came; to be given back if it did."""
        came = threading.Lock()
        came.acquire()
        call = came.release
        return self.join(call) or came.acquire(timeout=patience) or not self.leave(call)

    def join(self, call: Call) -> bool:
        """Take a turn if one is free, and say whether it was; else stand in line, to be called when it comes."""
        with self._lock:
            if self._took_free():
                return True
            self._line.append(call)
            return False

    def leave(self, call: Call) -> bool:
        """Leave the line, and say so; False where the turn came just now, and is to be given back."""
        with self._lock:
            if call in self._line:
                self._line.remove(call)
                return True
            return False

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
        call = self.pass_on()
        if call is not None:
            call()

    def pass_on(self) -> Call | None:
        """Let the next in line have the turn, who is still to be told by what is returned; None where nobody waits."""
        with self._lock:
            if self._line:
                return self._line.popleft()
            self._free += 1
            return None


class Click:
    """An answer to a click while it is worked out, or waits for its turn."""

    __slots__ = ("has_turn",)

    def __init__(self) -> None:
        self.has_turn = False


class Clicks:
    """The turns of the clicks of one process."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._turns, self._patience = Turns(at_once), patience
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._computing: dict[Click, None] = {}
        """Those with a turn or in line, in the order of their turns; who lost its turn is not among them."""
        self._quiet = threading.Event()
        self._quiet.set()

    def allow(self, at_once: int) -> None:
        """Let so many clicks compute at once; to be said before the first."""
        self._turns = Turns(at_once)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Compute in turn: to be held by the thread that answers one click, from its beginning to its end.

        Within a turn of the same thread it is that turn.
        """
        if getattr(self._mine, "click", None) is not None:
            yield
            return
        self._enter(self._patience)
        try:
            yield
        finally:
            self._leave()

    def arrived(self) -> Click:
        """Let others give way to a click that is just coming."""
        click = Click()
        with self._lock:
            self._computing[click] = None
            self._quiet.clear()
        return click

    def join(self, call: Call) -> bool:
        """Take a turn without a thread, and say whether one was free; else `call` is called when one is.

        A thread is then to `begin` the click that has arrived for it, and to `end` it.
        """
        return self._turns.join(call)

    def leave(self, call: Call) -> bool:
        """Leave the line, and say so; False where it stands in it no more."""
        return self._turns.leave(call)

    def drop(self, click: Click) -> bool:
        """Let nobody give way to a click any more, and say whether it had a turn, which is then to be passed on."""
        with self._lock:
            had_turn, click.has_turn = click.has_turn, False
            self._over(click)
            return had_turn

    def begin(self, click: Click, *, came: bool) -> None:
        """Compute on this thread until `end`: in the turn that came, or in one that is taken from another."""
        self._mine.click = click
        self._begun(click, came=came, takes_over=True)

    def end(self) -> Call | None:
        """End this thread's click, and return what tells the next in line of its turn; None where there is none."""
        click: Click = self._mine.click
        self._mine.click = None
        return self._turns.pass_on() if self.drop(click) else None

    @contextmanager
    def aside(self, *, briefly: bool = False, holding: bool = False) -> Iterator[None]:
        """Let other clicks compute while this thread waits for Slack, the disk or a lock; nothing where it has no turn.

        Who waits only `briefly`, for the disk or a lock, goes on being given way to: what began in that moment would be
        in the way of the click's end. At the end the turn is waited for again, unless the thread is then `holding` what
        others wait for: a lock, or a transaction.
        """
        if getattr(self._mine, "click", None) is None:
            yield
            return
        stays = self.arrived() if briefly else None
        self._leave()
        try:
            yield
        finally:
            self._enter(0 if holding else self._patience)
            if stays is not None:
                self.drop(stays)

    def give_way(self, at_most: float) -> None:
        """Wait until no click computes or is in line, at most so many seconds: for what nobody waits for."""
        if not self.is_quiet:
            self._quiet.wait(at_most)

    @property
    def is_quiet(self) -> bool:
        """Say whether no click computes or is in line."""
        return self._quiet.is_set()

    def _enter(self, patience: float) -> None:
        self._mine.click = click = self.arrived()
        self._begun(click, came=self._turns.take(patience), takes_over=patience > 0)

    def _begun(self, click: Click, *, came: bool, takes_over: bool) -> None:
        with self._lock:
            click.has_turn = came or (takes_over and self._took_over())
            if click.has_turn:
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
        call = self.end()
        if call is not None:
            call()

    def _over(self, click: Click) -> None:
        self._computing.pop(click, None)
        if not self._computing:
            self._quiet.set()


class GivingWay:
    """What stands in line to give way to clicks: let go together, it would be in the way of the next click.

    Safe from several threads; nobody waits where nobody clicks.
    """

    def __init__(self, clicks: Clicks, every: float) -> None:
        """Let the first in line through after so many seconds at the latest, however many click."""
        self._clicks, self._every = clicks, every
        self._first = Turns(1)

    @property
    def is_free(self) -> bool:
        """Say whether there is nobody to give way to."""
        return self._clicks.is_quiet

    def wait(self) -> None:
        """Stand in line, and wait until no click computes."""
        if self.is_free:
            return
        is_first = self._first.take(LONGEST_LINE)
        self._clicks.give_way(self._every)
        if is_first:
            self._first.give_back()


CLICKS = Clicks()
"""Those of this process, which has one Python lock."""
MAILS = GivingWay(CLICKS, A_MAIL_EVERY)
"""The messages that are to be written in this process."""
