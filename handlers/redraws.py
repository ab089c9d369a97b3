"""Views drawn after the click was answered: whoever clicked is not kept waiting until thousands are counted."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from bot.precedence import CLICKS, GivingWay

Redraw = Callable[[], None]

GIVEN_WAY = 0.5
"""Seconds after which one view more is drawn, however many click: longer than most bursts, and soon for one's eyes."""
DRAWINGS = GivingWay(CLICKS, GIVEN_WAY)
"""The views that are to be drawn in this process."""


class Redraws:
    """Draws each view by one thread at a time, and of several clicks that wait in it the last one alone.

    That is enough, as a view is drawn from what is stored by then: it has what the clicks before it changed, too.
    """

    def __init__(self, submit: Callable[[Redraw], object], giving_way: GivingWay = DRAWINGS) -> None:
        """Draw in what `submit` calls soon: one of a few threads."""
        self._submit, self._giving_way = submit, giving_way
        self._lock = Lock()
        self._waiting: dict[str, Redraw | None] = {}
        self._hashes: dict[str, dict[str, str]] = {}

    def soon(self, view_id: str, redraw: Redraw) -> None:
        """Call `redraw`, which must not raise, unless the view is to be drawn once more before its turn comes."""
        with self._lock:
            is_drawn = view_id in self._waiting
            self._waiting[view_id] = redraw
        if not is_drawn:
            self._submit(lambda: self._draw(view_id))

    def give_up(self, view_id: str) -> None:
        """Show nothing more in the view for now: another screen takes its place."""
        with self._lock:
            if view_id in self._waiting:
                self._waiting[view_id] = _nothing

    def is_overtaken(self, view_id: str) -> bool:
        """Say whether another click waits, so that what was drawn for the one before it need not be shown."""
        return self._waiting.get(view_id) is not None

    def drew(self, view_id: str, before: str, after: str) -> None:
        """Note which hash Slack gave a view when it was drawn anew."""
        with self._lock:
            self._hashes.setdefault(view_id, {})[before] = after

    def newest(self, view_id: str, seen: str) -> str:
        """Return the hash of a view that was clicked in at `seen`, and has been drawn by nobody but this since."""
        with self._lock:
            known = self._hashes.get(view_id, {})
            for _ in range(len(known)):  # one step for each at most: a hash may come again
                seen = known.get(seen, seen)
            return seen

    def _draw(self, view_id: str) -> None:
        while self._is_wanted(view_id):
            self._giving_way.wait()
            self._latest(view_id)()

    def _is_wanted(self, view_id: str) -> bool:
        """Say whether the view is to be drawn; if not, whoever wants it next hands it in anew."""
        with self._lock:
            if self._waiting[view_id] is not None:
                return True
            del self._waiting[view_id]
            self._hashes.pop(view_id, None)
            return False

    def _latest(self, view_id: str) -> Redraw:
        with self._lock:
            redraw, self._waiting[view_id] = self._waiting[view_id], None
            return redraw or _nothing


def _nothing() -> None:
    pass
