"""Keep all traffic: in memory for tests, and as JSON lines when a path is given."""

from __future__ import annotations

import copy
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.validate.problem import Problem


@dataclass(frozen=True)
class Record:
    """One payload: `direction` is "call" (bot to Slack), "delivery" (Slack to bot) or "ack" (the bot's answer)."""

    direction: str
    method: str
    args: Any
    response: Any = None
    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Violation:
    """What Slack would refuse, or what no careful app should send."""

    method: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.method} {self.pointer or '(top)'}: {self.message}"


class Recorder:
    """Append-only and thread-safe. Each process needs a path of its own."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._lock = threading.Lock()
        self._path = Path(path) if path else None
        self.traffic: list[Record] = []
        self.violations: list[Violation] = []

    def add(self, record: Record, *, to_file: bool = True) -> None:
        """Keep one payload; `to_file` False leaves it out of the JSON lines (events and forged payloads)."""
        frozen = Record(
            record.direction, record.method, copy.deepcopy(record.args), copy.deepcopy(record.response), record.at
        )
        with self._lock:
            self.traffic.append(frozen)
            if self._path and to_file:
                line = json.dumps({"method": record.method, "args": record.args}, ensure_ascii=False)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")

    def blame(self, method: str, problems: list[Problem]) -> None:
        """Keep what the validator found in a payload of the bot."""
        with self._lock:
            self.violations.extend(Violation(method, one.pointer, one.message) for one in problems)
