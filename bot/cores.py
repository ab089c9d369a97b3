"""A core of its own for a process whose threads share Python's lock; on Linux alone.

Only one of them computes at a time. Where the kernel spreads them over the cores, each handing on of the lock wakes
another core, whose caches know nothing of what the thread was at (docs/benchmarks.md has the figures). On one core the
lock is handed on for next to nothing, and the other cores are left to whoever else is there. What works for long
without the lock goes where there is room (`roaming`).
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_EVERY = 5.0
"""Seconds between two looks at whether another core has more room by now."""
WORTH_A_LOOK = 0.2
"""What we, and what others, take of a core at least before another one is looked for; 1 is all of it."""
WORTH_MOVING = 0.1
"""How much more room another core must have."""


def better(here: int, *, own: float, busy: Mapping[int, float], cores: Collection[int]) -> int | None:
    """Return the one of `cores` that leaves us clearly more room than ours does, or None.

    `busy` says how much each core had to do of late, ours with our `own` part; 1 is all the time.
    """
    others = busy[here] - own
    if own < WORTH_A_LOOK or others < WORTH_A_LOOK:
        return None
    quietest = min((core for core in cores if core != here), key=lambda core: busy[core], default=None)
    return quietest if quietest is not None and busy[quietest] + WORTH_MOVING < others else None


class OneCore:
    """The core that this process keeps to. Safe to use from any thread; what the system refuses is left as it is."""

    def __init__(self, marks: str = "campaign-bot/core") -> None:
        """Tell other bots on this machine by such `marks` which core is ours."""
        self._marks = marks
        self._allowed: frozenset[int] = frozenset()
        self._core: int | None = None
        self._mark: socket.socket | None = None

    def keep(self) -> bool:
        """Keep all threads, now and later, to one core that no other bot in our network has; say whether it was done.

        It is not where there is one core only, where every core is another bot's, where the system allows it to nobody,
        or where Python has no lock. Whether another core has more room is looked at from then on (`look`). A second
        call changes nothing.
        """
        if self._core is not None:
            return True
        if sys.platform != "linux" or not _has_lock():
            return False
        self._allowed = _allowed(0)
        cores = sorted(self._allowed)
        if len(cores) < 2 or not any(map(self._take, secrets.SystemRandom().sample(cores, len(cores)))):
            return False
        self._gather(but=frozenset())
        threading.Thread(target=self._watch, name="core", daemon=True).start()
        return True

    @contextmanager
    def roaming(self) -> Iterator[None]:
        """Let this thread, and what it starts (a process, the threads of a library), run on any core in this block."""
        if self._core is None or _allowed(0) == self._allowed:
            yield
            return
        self.roam()
        try:
            yield
        finally:
            _place(0, {self._core})

    def roam(self) -> None:
        """Let this thread run on any core from here on: it works without Python's lock most of the time."""
        if self._core is not None:
            _place(0, self._allowed)

    def look(self, own: float, busy: Mapping[int, float]) -> None:
        """Move to a core with more room, if there is one; half of the time, as two that meet on one would both go.

        For `own` and `busy` see `better`. Threads that do not roam come along.
        """
        here = self._core
        if here is None or here not in busy:
            return
        to = better(here, own=own, busy=busy, cores=self._allowed & busy.keys())
        if to is not None and secrets.randbelow(2):
            self._take(to)
        self._gather(but=self._allowed)  # one that started while we moved before may have stayed behind, too

    def _take(self, core: int) -> bool:
        """Take a core for this thread unless another bot has it; say whether that was done."""
        mark = _marked(f"{self._marks}/{core}")
        if mark is None:
            return False
        if not _place(0, {core}):
            mark.close()
            return False
        if self._mark is not None:
            self._mark.close()
        self._core, self._mark = core, mark
        return True

    def _gather(self, *, but: frozenset[int]) -> None:
        """Bring every thread to our core, but those that may run on these."""
        assert self._core is not None
        for thread in _threads():
            if _allowed(thread) != but:
                _place(thread, {self._core})

    def _watch(self) -> None:
        before = _seen()
        while True:
            time.sleep(LOOK_EVERY)
            now = _seen()
            passed = now[0] - before[0]
            busy = {core: (total - before[2].get(core, total)) / passed for core, total in now[2].items()}
            self.look((now[1] - before[1]) / passed, busy)
            before = now


def _allowed(thread: int) -> frozenset[int]:
    """Return on which cores a thread may run; none where the system does not say, or the thread is gone."""
    try:
        return frozenset(os.sched_getaffinity(thread))
    except OSError:
        return frozenset()


def _place(thread: int, cores: Collection[int]) -> bool:
    """Let a thread run on these cores; False where the system does not allow it, or the thread is gone."""
    try:
        os.sched_setaffinity(thread, cores)
    except OSError:
        return False
    return True


def _has_lock() -> bool:
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _marked(name: str) -> socket.socket | None:
    """Make a mark that lasts as long as we live; None where another process has it, or where there are no such marks.

    The name lives in the kernel alone, for all that share its network, and goes with its process: https://man7.org/linux/man-pages/man7/unix.7.html
    """
    mark = None
    try:
        mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        mark.bind(f"\0{name}")
    except OSError:
        if mark is not None:
            mark.close()
        return None
    return mark


def _threads() -> list[int]:
    try:
        return [int(entry.name) for entry in Path("/proc/self/task").iterdir()]
    except OSError:  # nothing is told of ourselves here: then of this thread alone, and those that it starts
        return [0]


def _seen() -> tuple[float, float, dict[int, float]]:
    """Return the time, what we have computed since we began, and what each core has as far as it is told; in seconds.

    Source: https://man7.org/linux/man-pages/man5/proc_stat.5.html
    """
    second = os.sysconf("SC_CLK_TCK")
    busy: dict[int, float] = {}
    told = ""
    with suppress(OSError):
        told = Path("/proc/stat").read_text()
    for line in told.splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu":
            user, nice, system, _idle, _waiting, *interrupted = (int(tick) for tick in ticks[:8])
            busy[int(name[3:])] = (user + nice + system + sum(interrupted)) / second
    return time.monotonic(), time.process_time(), busy


CORE = OneCore()
"""That of this process, which has one Python lock."""
