"""What all catchers' faults share: rules that strike so many times, and answers that are held until they are let go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy
from typing import Generic, Protocol, TypeVar


class FaultRule(Protocol):
    """One fault; `times` says how often it still strikes, None always."""

    times: int | None


R = TypeVar("R", bound=FaultRule)


class FaultRules(Generic[R]):
    """The faults of one catcher, the first fitting one of which strikes."""

    def __init__(self) -> None:
        self._rules_lock = threading.Lock()
        self._rules: list[R] = []
        self._open = threading.Event()
        self._open.set()
        self.held = 0
        """How many answers are held back."""

    def release(self) -> None:
        """Let every answer go that is held back."""
        self._open.set()

    def heal(self) -> None:
        """End all faults, and release what is held."""
        with self._rules_lock:
            self._rules.clear()
        self.release()

    @property
    def active(self) -> list[R]:
        """The faults that will still strike, oldest first."""
        with self._rules_lock:
            return [copy(one) for one in self._rules if one.times != 0]

    def _first(self, fits: Callable[[R], bool]) -> R | None:
        """Return the first fitting fault that still strikes, and count one occasion."""
        with self._rules_lock:
            for rule in self._rules:
                if rule.times == 0 or not fits(rule):
                    continue
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

    def _add(self, rule: R) -> None:
        with self._rules_lock:
            self._rules.append(rule)
