"""Things going wrong on demand. Each fault strikes the next `times` occasions and is then over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.errors import ApiError


@dataclass
class _Fault:
    method: str
    times: int
    error: ApiError | None = None
    seconds: float = 0.0
    answer_lost: bool = False


class Faults:
    """Faults of the Web API, by method name ("*" is every method), and of deliveries."""

    def __init__(self, drop: Callable[[], None], refresh: Callable[[], None]) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._twice = 0
        self._overtaking = ""
        self._overtaken = threading.Event()
        self._drop = drop
        self._refresh = refresh

    def rate_limit(self, method: str, times: int = 1, retry_after: int = 1) -> None:
        """Answer 429 `ratelimited` with Retry-After in seconds."""
        error = ApiError("ratelimited", status=429, headers={"Retry-After": str(retry_after)})
        self._add(_Fault(method, times, error))

    def error(self, method: str, code: str, status: int = 200, times: int = 1) -> None:
        """Answer with a Slack error code, and with an HTTP status when it is not 200."""
        self._add(_Fault(method, times, ApiError(code, status=status)))

    def slow(self, method: str, seconds: float, times: int = 1) -> None:
        """Hold the answer back for `seconds`; the call itself is carried out before."""
        self._add(_Fault(method, times, seconds=seconds))

    def lose_answer(self, method: str, times: int = 1) -> None:
        """Carry the call out, then answer HTTP 500: the bot can't know that it worked."""
        self._add(_Fault(method, times, answer_lost=True))

    def deliver_twice(self, times: int = 1) -> None:
        """Deliver the next `times` payloads twice at once, under two envelope ids."""
        with self._lock:
            self._twice += times

    def overtake_answer(self, method: str) -> None:
        """Let the next answer to a submission come after the next call of `method`: they take different ways."""
        with self._lock:
            self._overtaking = method
            self._overtaken.clear()

    def drop_sockets(self) -> None:
        """Close every Socket Mode connection; what was not acked is delivered again on the next one."""
        self._drop()

    def refresh_connections(self) -> None:
        """Ask every client to reconnect, as Slack does every few hours."""
        self._refresh()

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()
            self._twice, self._overtaking = 0, ""

    def strikes_before(self, method: str) -> ApiError | None:
        """Return the error that comes instead of carrying out a call; counts as one occasion."""
        fault = self._take(method, lambda one: one.error is not None)
        return fault.error if fault else None

    def strikes_after(self, method: str) -> tuple[float, bool]:
        """Return (seconds to hold the answer back, whether the answer is lost); counts as one occasion."""
        if method == self._overtaking:
            self._overtaken.set()
        slow = self._take(method, lambda one: one.seconds > 0)
        lost = self._take(method, lambda one: one.answer_lost)
        return (slow.seconds if slow else 0.0, lost is not None)

    def wait_overtaken(self, timeout: float) -> None:
        """Wait for the call that the answer to a submission is to come after, if any; counts as one occasion."""
        if self._overtaking:
            self._overtaken.wait(timeout)
            self._overtaking = ""

    def copies(self) -> int:
        """Return how often the next payload is to be delivered; counts as one occasion."""
        with self._lock:
            if self._twice == 0:
                return 1
            self._twice -= 1
            return 2

    def _add(self, fault: _Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def _take(self, method: str, fits: Callable[[_Fault], bool]) -> _Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.method in (method, "*") and fits(fault):
                    fault.times -= 1
                    return fault
        return None
