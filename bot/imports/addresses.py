"""Postal addresses and names that stand in one column, taken apart."""

from __future__ import annotations

import re

from bot.imports import places

_BEFORE_CITY = r"\d{4} ?[A-Z]{2}(?= )|\d{5}-\d{3}|\d{4}-\d{3}|\d{2}-\d{3}|\d{3} \d{2}|\d{5}|\d{4}"
"""Postcodes that stand before the city: Dutch, Brazilian, Portuguese, Polish, Swedish and Czech, then by digits."""
_LETTERED = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{5}(?:-\d{4})?|\d{6}|[A-Z]\d[\dW] ?[A-Z\d]{4}"
_AFTER_CITY = rf"{_LETTERED}|\d{{4}}"
"""Postcodes that stand behind it: British, Canadian, American, Indian, Irish, then Australian."""
_CITY_AFTER = re.compile(rf"(?:[A-Z]{{1,2}}-)?({_BEFORE_CITY}) +(\D[^()]*?)(?: *\(([^)]+)\))?")
_CITY_BEFORE = re.compile(rf"(.+?),? +(?:([A-Z]{{2,3}}),? +)?(?:- *)?({_AFTER_CITY})")
_POSTCODE = re.compile(_LETTERED)
_STATE_AND_POSTCODE = re.compile(rf"([A-Z]{{2,3}}) +({_LETTERED})")
_ONE_LINE = re.compile(rf"(.*[^\W\d].*? \d+ ?[a-zA-Z]?|\d+.*?) +(?:[A-Z]{{1,2}}-)?({_BEFORE_CITY}) +(\D.*)")
_STREET = re.compile(
    r"(.*\b(?:st|street|ave|avenue|rd|road|dr|drive|blvd|boulevard|ln|lane|way|ct|court|pl|place|sq|square|hwy|pkwy|terrace)"
    r"\b\.?) +([^\W\d].*)",
    re.I,
)
_NO_CITY = re.compile(
    r".*\b(?:po box|p\.?o\.? box|postfach|apartado|bp|box|suite|unit|floor|level|building|apt|#)\.?", re.I
)
_COUNTY = re.compile(
    r".*shire|(?:county|co\.?) .+|(?:east|west|north|south) (?:sussex|yorkshire|midlands|glamorgan)"
    r"|tyne (?:and|&) wear|greater (?:london|manchester)|kent|surrey|essex|devon|cornwall|norfolk|suffolk|dorset"
    r"|somerset|cumbria|merseyside|middlesex|durham|gwent|gwynedd|dyfed|powys|clwyd|fife|lothian|northumberland"
    r"|rutland|isle of wight",
    re.I,
)
_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA"
    " RI SC SD TN TX UT VT VA WA WV WI WY DC".split()
)
_Found = dict[str, str | None]


def split_address(text: str) -> _Found:
    """Return street, postcode, city, region and country; what can't be told apart stays in the street."""
    parts = [part.strip() for part in re.split(r"[\r\n]+|[,;] *| *[|·•] *| +[-–] +", text) if part.strip()]
    found: _Found = dict.fromkeys(("street", "postcode", "city", "region", "country"))
    _take_country(parts, found)
    if not any(_take_city(parts, index, found) for index in range(len(parts) - 1, 0, -1)):
        _take_from_line(parts, found)
    found["street"] = ", ".join(parts)[:500] or None
    return found


def _take_country(parts: list[str], found: _Found) -> None:
    """Take the country off the end; a state of two letters is no country, unless a postcode stands before it."""
    if not parts:
        return
    if len(parts) > 1:
        is_state = parts[-1] in _STATES and not any(_CITY_AFTER.fullmatch(part) for part in parts[:-1])
        code = None if is_state else _country(parts[-1])
        if is_state and not re.search(r"\d", parts[-2]):
            found["region"], found["city"] = parts.pop(), parts.pop()
            return
        if code is not None:
            found["country"] = code
            parts.pop()
            return
    words = parts[-1].split()
    if re.fullmatch(r"(?:[A-Z]{1,2}-)?\d{4,5}", words[-2] if len(words) > 1 else ""):
        return  # L-1234 Luxembourg is the city
    for count in (3, 2, 1):  # at the end of the line, without a comma
        name = " ".join(words[-count:])
        code = _country(name) if len(words) > count + 1 and (len(name) > 3 or name in ("UK", "USA")) else None
        if code is not None:
            found["country"], parts[-1] = code, " ".join(words[:-count])
            return


def _country(text: str) -> str | None:
    if text.isdigit():  # a postcode, no numeric code of a country
        return None
    try:
        return places.country(text)
    except ValueError:
        return None


def _take_city(parts: list[str], index: int, found: _Found) -> bool:
    """Take the city's part out of `parts` where it is one: "10115 Berlin", "Austin, TX 78701", "Leeds, LS1 4AP"."""
    after, before = _CITY_AFTER.fullmatch(parts[index]), _CITY_BEFORE.fullmatch(parts[index])
    alone = _POSTCODE.fullmatch(parts[index]) or _STATE_AND_POSTCODE.fullmatch(parts[index])
    if after:
        found["postcode"], found["city"], found["region"] = after[1], after[2].strip()[:200], after[3]
    elif alone and index > 1:
        found["region"], found["postcode"] = (
            (alone[1], alone[2]) if alone.re is _STATE_AND_POSTCODE else (None, alone[0])
        )
        del parts[index]
        index -= 1
        if index > 1 and (_COUNTY.fullmatch(parts[index]) or parts[index] in _STATES):
            found["region"] = parts.pop(index)
            index -= 1
        found["city"] = parts[index][:200]
    elif before and len(before[1]) > 2 and not _NO_CITY.fullmatch(before[1]):
        city = _without_street(before[1], parts, index)
        found["city"], found["region"], found["postcode"] = city[:200], before[2], before[3]
    else:
        return False
    del parts[index]
    return True


def _without_street(city: str, parts: list[str], index: int) -> str:
    """Return a city without the street before it, which is put among the parts: "1 High St Leeds"."""
    street = _STREET.fullmatch(city)
    if street is None:
        return city
    parts.insert(index + 1, street[1])
    return street[2]


def _take_from_line(parts: list[str], found: _Found) -> None:
    """Take an address apart that stands in one line without commas, where a postcode or a kind of street divides it."""
    for index, part in enumerate(parts):
        one = _ONE_LINE.fullmatch(part)
        if one:
            parts[index], found["postcode"], found["city"] = one[1], one[2], one[3][:200]
            return
        before = _CITY_BEFORE.fullmatch(part)
        street = _STREET.fullmatch(before[1]) if before else None
        if before and street:
            parts[index], found["city"] = street[1], street[2][:200]
            found["region"], found["postcode"] = before[2], before[3]
            return


def split_name(text: str) -> tuple[str, str]:
    """Return first and last name of "Pat Payer" or "Payer, Pat"."""
    if "," in text:
        last, _, first = text.partition(",")
        return first.strip()[:200], last.strip()[:200]
    first, _, last = " ".join(text.split()).rpartition(" ")
    return first[:200], last[:200]
