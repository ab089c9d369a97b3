"""One finding, and the small checks the tables are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """`pointer` is a JSON pointer into the arguments; `refused` False means Slack would let it pass, we do not."""

    pointer: str
    message: str
    refused: bool = True

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


Rule = Callable[[Any, str], Iterator[Problem]]


@dataclass(frozen=True)
class Shape:
    """The fields an object may have; those in `required` it must have."""

    fields: dict[str, Rule]
    required: tuple[str, ...] = ()

    def check(self, value: Any, pointer: str) -> Iterator[Problem]:
        """Yield what is wrong with `value`."""
        if not isinstance(value, dict):
            yield Problem(pointer, "must provide an object")
            return
        for name in self.required:
            if value.get(name) is None:
                yield Problem(pointer, f"missing required field: {name}")
        for name, one in value.items():
            rule = self.fields.get(name)
            if rule is None:
                yield Problem(f"{pointer}/{name}", f"no more than the documented fields: {name} is unknown")
            elif one is not None:
                yield from rule(one, f"{pointer}/{name}")


def string(most: int | None = None, least: int = 0, pattern: str | None = None) -> Rule:
    """Rule: a string of `least` to `most` characters, matching `pattern` from end to end."""

    def rule(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(pointer, "must provide a string")
        elif most is not None and len(value) > most:
            yield Problem(pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            yield Problem(pointer, f"must be more than {least - 1} characters")
        elif pattern and not re.fullmatch(pattern, value):
            yield Problem(pointer, f"must match {pattern}")

    return rule


def choice(*allowed: Any) -> Rule:
    """Rule: one of the listed values."""

    def rule(value: Any, pointer: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(pointer, f"must be one of {', '.join(map(str, allowed))}")

    return rule


def boolean(value: Any, pointer: str) -> Iterator[Problem]:
    """Rule: true or false."""
    if not isinstance(value, bool):
        yield Problem(pointer, "must be a valid boolean")


def integer(least: int | None = None, most: int | None = None) -> Rule:
    """Rule: a whole number within bounds."""

    def rule(value: Any, pointer: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Problem(pointer, "must be a valid integer")
        elif least is not None and value < least:
            yield Problem(pointer, f"must be greater than or equal to {least}")
        elif most is not None and value > most:
            yield Problem(pointer, f"must be less than or equal to {most}")

    return rule


def anything(value: Any, pointer: str) -> Iterator[Problem]:
    """Rule: whatever it is, it passes."""
    return iter(())


def json_object(value: Any, pointer: str) -> Iterator[Problem]:
    """Rule: an object."""
    if not isinstance(value, dict):
        yield Problem(pointer, "must provide an object")


def list_of(rule: Rule, *, least: int = 0, most: int | None = None) -> Rule:
    """Rule: `least` to `most` items, each passing `rule`."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        """Yield what is wrong with `value`."""
        if not isinstance(value, list):
            yield Problem(pointer, "must provide an array")
            return
        if most is not None and len(value) > most:
            yield Problem(pointer, f"no more than {most} items allowed [{len(value)} given]")
        if len(value) < least:
            yield Problem(pointer, f"no fewer than {least} items allowed")
        for index, one in enumerate(value):
            yield from rule(one, f"{pointer}/{index}")

    return check
