"""Postal addresses and names that stand in one column, taken apart."""

from __future__ import annotations

import re

from bot.imports import places

_CITY_AFTER = re.compile(r"(?:[A-Z]{1,2}-)?(\d{4,5}|\d{3} \d{2}|\d{4} ?[A-Z]{2}) +(\D.*)")
_CITY_BEFORE = re.compile(r"(.+?),? +(?:([A-Z]{2,3}),? +)?(\d{5}(?:-\d{4})?|\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})")
_POSTCODE = re.compile(r"\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}")


def split_address(text: str) -> dict[str, str | None]:
    """Return street, postcode, city, region and country; what can't be told apart stays in the street."""
    parts = [part.strip() for part in re.split(r"[\r\n]+|, *| *\| *", text) if part.strip()]
    found: dict[str, str | None] = dict.fromkeys(("street", "postcode", "city", "region", "country"))
    if len(parts) > 1:
        try:
            found["country"] = places.country(parts[-1])
            parts.pop()
        except ValueError:
            pass
    for index in range(len(parts) - 1, 0, -1):
        if _take_city(parts, index, found):
            break
    found["street"] = ", ".join(parts)[:500] or None
    return found


def _take_city(parts: list[str], index: int, found: dict[str, str | None]) -> bool:
    """Take the city's part out of `parts` where it is one: "10115 Berlin", "Austin, TX 78701", "Leeds, LS1 4AP"."""
    after, before = _CITY_AFTER.fullmatch(parts[index]), _CITY_BEFORE.fullmatch(parts[index])
    if after:
        found["postcode"], found["city"] = after[1], after[2][:200]
    elif before and len(before[1]) > 2:
        found["city"], found["region"], found["postcode"] = before[1][:200], before[2], before[3]
    elif index > 1 and (before or _POSTCODE.fullmatch(parts[index])):
        found["city"] = parts[index - 1][:200]
        found["region"] = before[1] if before else None
        found["postcode"] = before[3] if before else parts[index]
        del parts[index - 1 : index + 1]
        return True
    else:
        return False
    del parts[index]
    return True


def split_name(text: str) -> tuple[str, str]:
    """Return first and last name of "Pat Payer" or "Payer, Pat"."""
    if "," in text:
        last, _, first = text.partition(",")
        return first.strip()[:200], last.strip()[:200]
    first, _, last = " ".join(text.split()).rpartition(" ")
    return first[:200], last[:200]
