"""Postal addresses as structure: what is printed, frozen into actions and compared by suppressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """One address; `street` may have several lines, `country` is ISO 3166 (two letters), everything may be missing.

    As text it says where, not who: two people at one place have the same text, so a suppression holds for both.
    """

    company: str = ""
    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""

    def __str__(self) -> str:
        """Return the place in one line; empty where nobody said more than the country."""
        town = f"{self.postcode} {self.city}"
        parts = [_SPACE.sub(" ", part).strip() for part in (*self.street.splitlines(), town, self.region)]
        said = [part for part in parts if part]
        return ", ".join([*said, self.country] if self.country else said) if said else ""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the lines that say who: the company, then the person, where they differ."""
        both = [_SPACE.sub(" ", each).strip() for each in (self.company, self.name)]
        return tuple(dict.fromkeys(each for each in both if each))

    @property
    def streets(self) -> tuple[str, ...]:
        """Return the lines of the street."""
        lines = (_SPACE.sub(" ", line).strip() for line in self.street.splitlines())
        return tuple(line for line in lines if line)

    def to_json(self) -> dict[str, str]:
        """Return the form in which it is frozen; what is missing is left out."""
        return {key: value for key, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, frozen: Mapping[str, Any]) -> PostalAddress:
        """Return what `to_json` wrote; unknown keys are left out."""
        return cls(**{each.name: str(frozen.get(each.name) or "") for each in fields(cls)})


Written = str | PostalAddress
"""An address of any kind, as imported or typed: it may be wrong. `str()` of it is what people read."""
