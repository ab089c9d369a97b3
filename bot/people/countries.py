"""Countries by name, for whoever chooses one; in English, as the screens are."""

from __future__ import annotations

from functools import cache

from bot.channels.postal import countries, country_name
from bot.domain.folding import fold

_ALSO = {"uk": "GB", "usa": "US"}
MOST = 100
"""Options of one answer to a type-ahead."""


def name_of(code: str) -> str:
    """Return a country's name; the code itself where there is none."""
    return country_name(code)


def search(words: str) -> list[tuple[str, str]]:
    """Return code and name of the countries that have a word beginning so, by name; first the one with this code."""
    wanted = fold(words)
    code = _ALSO.get(wanted, wanted.upper())
    first = [(code, name_of(code))] if code in countries() else []
    found = [each for each in _by_name() if _begins(fold(each[1]), wanted) and each not in first]
    return [*first, *found][:MOST]


def _begins(name: str, wanted: str) -> bool:
    return f" {wanted}" in f" {name}"


@cache
def _by_name() -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((code, name_of(code)) for code in countries()), key=lambda each: fold(each[1])))
