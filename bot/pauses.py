"""Keeping the pauses of a running process short: Slack waits for its answers beside everything else that runs in it."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bot.cores import CORE

YOUNG_OBJECTS = 10_000
"""New objects between two collections; Python's 700 are the objects of one click."""
SWITCH_AFTER = 0.001
"""Seconds for which a thread that computes keeps the others waiting; Python's own are 0.005."""
STANDING_BACK = 5
"""How much nicer than others: a third of their share, where all of them compute."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Import and build in this block without Python's collector, which never looks through what is there at its end.

    There is next to no garbage in it, and to look for that again and again is a seventh of the start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def keep_pauses_short(*, answers_slack: bool) -> None:
    """Set Python's collector and its lock up for threads that wait for each other; a second call changes little.

    To be called once everything is imported and built, by every process that answers Slack or sends. What is there by
    then stays: it is not looked through any more, which takes a tenth of a second of everybody's time with so many
    imports. And in a process that answers Slack, whoever wants to answer a click, which takes Python's lock ten times
    or so (after each question to the database), gets it sooner while others render; a worker alone is only slowed down.
    """
    gc.freeze()  # without a collection first, which would delay the start by more than its garbage is worth
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
    if answers_slack:
        sys.setswitchinterval(SWITCH_AFTER)


def stand_back() -> None:
    """Let the calling thread compute only where the machine has nothing more urgent to do, on any core; on Linux alone.

    For what nobody waits for in a hurry: threads that count large books would keep every click waiting half as long
    again. There a thread has a priority of its own: https://man7.org/linux/man-pages/man2/setpriority.2.html
    """
    if sys.platform == "linux":
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + STANDING_BACK)
    CORE.roam()
