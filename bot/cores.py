"""A core of its own for a process whose threads share Python's lock; on Linux alone.

Only one of them computes at a time. Where the kernel spreads them over the cores, each handing on of the lock wakes
another core, whose caches know nothing of what the thread was at: that takes up to half as long again (docs/engine.md
has the figures). On one core the lock is handed on for next to nothing, and the other cores are left to whoever else is
there. What works without the lock for long goes where there is room (`roaming`).
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
    """The core that this process keeps to. Safe to use from any thread."""

    def __init__(self) -> None:
        self._allowed: frozenset[int] = frozenset()
        self._core: int | None = None
        self._mark: socket.socket | None = None
        self._lock = threading.Lock()

    def keep(self) -> None:
        """Keep all threads that there are or will be to one core that no other bot has, and move where there is room.

        Nothing where there is one core only, where every core is another bot's, where the system allows it to nobody,
        or where Python has no lock; a second call changes nothing.
        """
        if sys.platform != "linux" or not _has_lock() or self._core is not None:
            return
        self._allowed = frozenset(os.sched_getaffinity(0))
        if len(self._allowed) < 2:
            return
        if any(self._take(core) for core in secrets.SystemRandom().sample(sorted(self._allowed), len(self._allowed))):
            threading.Thread(target=self._watch, name="core", daemon=True).start()

    @contextmanager
    def roaming(self) -> Iterator[None]:
        """Let this thread, and what it starts (a process, the threads of a library), run on any core in this block."""
        if self._core is None or os.sched_getaffinity(0) == self._allowed:
            yield
            return
        self.roam()
        try:
            yield
        finally:
            self._put(0)

    def roam(self) -> None:
        """Let this thread run on any core from here on: it works without Python's lock most of the time."""
        if self._core is not None:
            os.sched_setaffinity(0, self._allowed)

    def _take(self, core: int) -> bool:
        """Move to a core unless another bot has it; say whether that was done."""
        mark = _marked(core)
        if mark is None:
            return False
        with self._lock:
            before, self._core = self._core, core
            try:
                self._gather()
            except OSError:
                self._core = before
                mark.close()
                return False
            if self._mark is not None:
                self._mark.close()
            self._mark = mark
        return True

    def _gather(self) -> None:
        """Bring every thread to our core that does not roam."""
        for thread in _threads():
            with suppress(ProcessLookupError):
                if os.sched_getaffinity(thread) != self._allowed or self._mark is None:
                    self._put(thread)

    def _put(self, thread: int) -> None:
        assert self._core is not None
        os.sched_setaffinity(thread, {self._core})

    def _watch(self) -> None:
        before = _seen()
        while True:
            time.sleep(LOOK_EVERY)
            now = _seen()
            passed = now[0] - before[0]
            busy = {core: (now[2][core] - before[2].get(core, 0)) / passed for core in now[2]}
            self._look((now[1] - before[1]) / passed, busy)
            before = now

    def _look(self, own: float, busy: Mapping[int, float]) -> None:
        """Move to a core with more room, if there is one; half of the time, as two that meet on one would both go."""
        here = self._core
        assert here is not None
        to = better(here, own=own, busy=busy, cores=self._allowed & busy.keys()) if here in busy else None
        if to is None or secrets.randbelow(2) or not self._take(to):
            with self._lock:
                self._gather()  # a thread that started while we moved may have stayed behind


def _has_lock() -> bool:
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _marked(core: int) -> socket.socket | None:
    """Mark a core as ours for as long as we live; None where another process has, or where there are no such marks.

    The name lives in the kernel alone, and goes with its process: https://man7.org/linux/man-pages/man7/unix.7.html
    """
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(f"\0campaign-bot/core/{core}")
    except OSError:
        mark.close()
        return None
    return mark


def _threads() -> list[int]:
    return [int(entry.name) for entry in Path("/proc/self/task").iterdir()]


def _seen() -> tuple[float, float, dict[int, float]]:
    """Return the time, what we have computed since we began, and what each core has; in seconds.

    Source: https://man7.org/linux/man-pages/man5/proc_stat.5.html
    """
    second = os.sysconf("SC_CLK_TCK")
    busy: dict[int, float] = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu":
            user, nice, system, _idle, _waiting, *interrupted = (int(tick) for tick in ticks[:8])
            busy[int(name[3:])] = (user + nice + system + sum(interrupted)) / second
    return time.monotonic(), time.process_time(), busy


CORE = OneCore()
"""That of this process, which has one Python lock."""
