"""What single headings mean: phrases of the usual exports, and phrases put together from words that are known."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from bot.domain.folding import fold
from bot.domain.money import is_currency
from bot.imports.fields import BUCKET, FIELDS, LEFT_OUT

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_CURRENCY = re.compile(r"\b([A-Z]{3})\b")
_NUMBER_OF = re.compile(r"^(?:n|no|nr|num|numero)(?: d| de| du)? ")
_UMLAUTS = re.compile(r"(?<=[aou])e")
_AGES = re.compile(
    r"(?:current|not due|not yet due|at date|older|(?:over|more than|plus de|uber|mehr als|mas de) \d{1,3}"
    r"|[1-9](?= month)|[<>]=? ?\d{1,3}|\d{1,3} ?\+|\d{1,3} \d{1,3}|\d{1,3} and over|\d{1,3} (?:et plus|und mehr|y mas)"
    r"|(?:de |from )?\d{1,3} (?:a|to|bis) \d{1,3}|bis \d{1,3}"
    r"|future|period \d|older|non echu|a echoir|nicht fallig|noch nicht fallig|no vencido|sin vencer|corriente)"
    r"(?: (?:days?|months?|jours?|mois|tage|monate?|dias|meses))?(?: past due)?"
)
_LATE = 500
"""The rank of what is put together from words: after every phrase that is known as it stands."""


@cache
def folded(heading: str) -> str:
    """Return a heading in the form that is looked up: "InvoiceNumber" and "Invoice No." become plain words."""
    words = fold(_CAMEL.sub(" ", heading.replace("_", " ")))
    return re.sub(r"[^0-9a-z<>+]+", " ", words.replace("№", "no")).strip()


def codes(heading: str) -> set[str]:
    """Return the currencies that a heading names by their codes."""
    return {code for code in _CURRENCY.findall(heading) if is_currency(code)}


@cache
def sure_fields(heading: str) -> list[tuple[int, str]]:
    """Return the fields that a heading may name, whatever else the file holds, each with its rank: less is better."""
    for phrase in _phrases(heading):
        if phrase in _vocabulary():
            return _vocabulary()[phrase]
        if _AGES.fullmatch(phrase):
            return [(0, BUCKET)]
    if _key_of(heading):
        return []
    composed = next(filter(None, map(_composed, _phrases(heading))), None)
    return [(_LATE, composed)] if composed else []


def key_in(heading: str, of: Mapping[str, list[str]]) -> str | None:
    """Return the phrase under which `of`, a table of what depends on the other columns, has a heading."""
    return next((phrase for phrase in _phrases(heading) if phrase in of), None)


def first_field(heading: str, chosen: Mapping[str, str]) -> str | None:
    """Return the field that a heading names before any other, None for what is not known."""
    if folded(heading) in chosen:
        return chosen[folded(heading)]
    found = sure_fields(heading)
    if found:
        return found[0][1]
    for of in depends().values():
        key = key_in(heading, of)
        if key is not None:
            return of[key][0]
    return None


def recognised_in(cells: Sequence[object], chosen: Mapping[str, str] | None = None) -> int:
    """Count the different fields that a row of headings names; what is none of ours counts nothing."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell and len(cell) <= 80]
    return len({first_field(text, chosen or {}) for text in texts} - {None})


@cache
def depends() -> dict[str, dict[str, list[str]]]:
    """Return what headings mean that depend on the other columns: in lists of `invoices`, and in `others`."""
    words: dict[str, dict[str, list[str]]] = _words()["depends"]
    return words


def _key_of(heading: str) -> bool:
    return any(key_in(heading, of) for of in depends().values())


@cache
def _phrases(heading: str) -> tuple[str, ...]:
    """Return a heading in full, without what stands in brackets, and without a currency: "Total (EUR)", "Total EUR".

    Then without a number sign in front, and with ae, oe and ue read as umlauts.
    """
    bare = _BRACKETS.sub(" ", heading)
    without = _CURRENCY.sub(lambda m: " " if is_currency(m[1]) else m[1], bare)
    found = [folded(heading), folded(bare), folded(without).removesuffix(" in")]
    found += [_NUMBER_OF.sub("", phrase) for phrase in found]
    found += [_UMLAUTS.sub("", phrase) for phrase in found]
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


def _composed(phrase: str) -> str | None:
    """Put a phrase together: "Kunde Nr", "Cust. Code" and "Debitoren-Nr." all are a customer's number."""
    words = phrase.replace("e mail", "email").split()
    meant = [_concepts(word) for word in words if word not in _words()["composed"]["fillers"]]
    if not meant or not all(meant):
        return None
    return _compositions().get(frozenset(chain.from_iterable(meant)))


@cache
def _concepts(word: str) -> tuple[str, ...]:
    """Return what a word speaks of; German puts two into one: "Rechnungsdatum" is the date of an invoice."""
    known = _concept_of()
    if word in known:
        return (known[word],)
    for end in range(3, len(word) - 1):
        first, second = known.get(word[:end]), known.get(word[end:])
        if first and second:
            return (first, second)
    return ()


@cache
def _concept_of() -> dict[str, str]:
    return {word: concept for concept, words in _words()["composed"]["words"].items() for word in words.split()}


@cache
def _compositions() -> dict[frozenset[str], str]:
    fields: dict[str, list[str]] = _words()["composed"]["fields"]
    return {frozenset(parts.split()): field for field, each in fields.items() for parts in each}


@cache
def _vocabulary() -> dict[str, list[tuple[int, str]]]:
    """Return every sure phrase with the fields it may name, and how early each field's list has it."""
    found: dict[str, list[tuple[int, str]]] = {}
    for field in FIELDS:
        found.setdefault(folded(field.replace(".", " ")), []).append((-1, field))
    words = _words()
    for subject in ("customer", "contact", "invoice"):
        for name, lists in words[subject].items():
            for rank, phrase in enumerate(lists["sure"]):
                found.setdefault(phrase, []).append((rank, f"{subject}.{name}"))
    for phrase in words[LEFT_OUT]["sure"]:
        found.setdefault(phrase, []).append((10_000, LEFT_OUT))
    return found


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("headings.toml").read_text(encoding="utf-8"))
