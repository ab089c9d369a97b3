"""What the columns of a sheet mean: recognised by their headings, whatever language, case, spaces or dashes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from bot.domain.folding import fold
from bot.domain.money import is_currency
from bot.imports.faults import HeaderFault
from bot.imports.fields import BUCKET, CUSTOM_CHOICE, FIELDS, LEFT_OUT, SEVERAL

How = Literal["known", "chosen", "custom", "left out"]

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_CURRENCY = re.compile(r"\b([A-Z]{3})\b")
_NUMBER_OF = re.compile(r"^(?:n|no|nr|num|numero)(?: d| de| du)? ")
_AGES = re.compile(
    r"(?:current|not due|not yet due|at date|older|(?:over|more than|plus de|uber|mehr als|mas de) \d{1,3}"
    r"|[1-9](?= month)|[<>]=? ?\d{1,3}|\d{1,3} ?\+|\d{1,3} \d{1,3}"
    r"|(?:de |from )?\d{1,3} (?:a|to|bis) \d{1,3}|bis \d{1,3}"
    r"|future|period \d|older|non echu|a echoir|nicht fallig|noch nicht fallig|no vencido|sin vencer|corriente)"
    r"(?: (?:days?|months?|jours?|mois|tage|monate?|dias|meses))?(?: past due)?"
)
_LAST = {"id", "reference", "ref", "referencia", "referenz", "transaction", "document", "documento", "posting date"}
"""Headings that name a field only where no better column does."""
WHAT_TO_MEND = "What to mend"
"""The heading of the reasons in a file of bad rows; left out when the file comes back."""
_LAYOUTS: tuple[tuple[frozenset[str], dict[str, str]], ...] = (
    # Sage 50: "No" counts transactions, "Ref" is the invoice's number
    (frozenset({"no", "type", "date", "ref"}), {"ref": "invoice.number", "no": LEFT_OUT}),
)
_INVOICE_WORDS = (
    {"date", "datum", "fecha"},
    set("amount total montant betrag balance solde saldo importe debit".split()),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `field` is what it means, None where it is left out."""

    index: int
    heading: str
    field: str | None
    how: How


@dataclass(frozen=True, slots=True)
class Columns:
    """How to read a sheet."""

    columns: tuple[Column, ...]
    has_invoices: bool

    def of(self, field: str) -> tuple[Column, ...]:
        """Return the columns with this meaning."""
        return tuple(each for each in self.columns if each.field == field)

    def has(self, *fields: str) -> bool:
        """Say whether a column means any of `fields`."""
        return any(each.field in fields for each in self.columns)

    @property
    def shape(self) -> str:
        """Return the header's shape: what a remembered choice is found by."""
        return shape_of([each.heading for each in self.columns])

    @property
    def currency(self) -> str | None:
        """Return the one currency that the headings of amounts name, as "Amount (EUR)" does."""
        found = {code for each in self.columns if each.field in _AMOUNTS for code in _codes(each.heading)}
        return found.pop() if len(found) == 1 else None


_AMOUNTS = {"invoice.total", "invoice.outstanding", "invoice.paid_amount", BUCKET}


@cache
def folded(heading: str) -> str:
    """Return a heading in the form that is looked up: "InvoiceNumber" and "Invoice No." become plain words."""
    words = fold(_CAMEL.sub(" ", heading.replace("_", " ")))
    return re.sub(r"[^0-9a-z<>+]+", " ", words.replace("№", "no")).strip()


def shape_of(headings: Sequence[str]) -> str:
    """Return the shape of a header: its folded headings in order, without the column that we add to bad rows."""
    names = [folded(heading) for heading in headings]
    while names and names[-1] in ("", folded(WHAT_TO_MEND)):
        names.pop()
    return "|".join(names)


def recognised_in(cells: Sequence[object], chosen: Mapping[str, str] | None = None) -> int:
    """Count the different fields that a row of headings names; what is none of ours counts nothing."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell and len(cell) <= 80]
    found = {_first_field(text, chosen or {}) for text in texts} - {None}
    return len(found)


def recognise(headings: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """Return how to read a sheet with this header; raise HeaderFault when it is none of ours.

    `chosen` maps folded headings to fields and comes before everything else; LEFT_OUT leaves a column out. Columns that
    nothing is known of become custom fields of the customer.
    """
    names = [folded(heading) for heading in headings]
    repeated = next((h for h, n in zip(headings, names, strict=True) if n and names.count(n) > 1), None)
    if repeated is not None:
        raise HeaderFault(f"the column {repeated!r} is there twice; rename or remove one")
    for layout, meant in _LAYOUTS:
        chosen = {**meant, **chosen} if layout <= set(names) else chosen
    has_invoices = _has_invoices(headings, chosen)
    fields = _fields(headings, names, chosen, has_invoices)
    columns = [
        Column(index, heading, *_meaning(heading, name, fields.get(index), chosen))
        for index, (heading, name) in enumerate(zip(headings, names, strict=True))
    ]
    found = Columns(tuple(_with_odd_number(columns) if has_invoices else columns), has_invoices)
    _complain(found)
    return found


def without_addresses(found: Columns, rows: Sequence[Sequence[object]]) -> Columns:
    """Make a column of account managers a custom field where `rows`, the first ones, name people without an email."""
    named = found.of("customer.account_managers")
    texts = [str(row[each.index]) for each in named for row in rows if each.index < len(row) and row[each.index] != ""]
    strict = any(folded(each.heading) in _OWN_MANAGERS or each.how == "chosen" for each in named)
    if strict or not texts or any("@" in text for text in texts):
        return found
    columns = [
        Column(each.index, each.heading, f"custom.{each.heading.strip()[:100]}", "custom") if each in named else each
        for each in found.columns
    ]
    return Columns(tuple(columns), found.has_invoices)


_OWN_MANAGERS = {"account manager", "account managers", "customer account managers", "account manager email"}


def _meaning(heading: str, name: str, field: str | None, chosen: Mapping[str, str]) -> tuple[str | None, How]:
    if name in chosen:
        if chosen[name] == CUSTOM_CHOICE:
            return f"custom.{heading.strip()[:100]}", "custom"
        return (None, "left out") if chosen[name] == LEFT_OUT else (field, "chosen")
    if field == LEFT_OUT or not name:
        return None, "left out"
    return (field, "known") if field else (f"custom.{heading.strip()[:100]}", "custom")


def _has_invoices(headings: Sequence[str], chosen: Mapping[str, str]) -> bool:
    names = {folded(heading) for heading in headings}
    sure = {_first_field(h, chosen) for h in headings if folded(h) not in _depends()["invoices"]} - {None}
    if any(
        f.startswith("invoice.") and f not in ("invoice.line", "invoice.kind", "invoice.currency") for f in sure if f
    ):
        return True
    return all(names & words for words in _INVOICE_WORDS)


def _fields(
    headings: Sequence[str], names: Sequence[str], chosen: Mapping[str, str], has_invoices: bool
) -> dict[int, str]:
    """Give every field to the column that names it best: what was chosen, then what is sure, then what depends."""
    found = {index: chosen[name] for index, name in enumerate(names) if chosen.get(name) in FIELDS}
    taken = set(found.values()) - SEVERAL
    depends = _depends()["invoices" if has_invoices else "others"]
    open_to = [(i, h, _key(h, depends)) for i, h in enumerate(headings) if names[i] and names[i] not in chosen]
    for _, index, field in sorted((r, i, f) for i, h, key in open_to if key is None for r, f in _sure(h)):
        if found.get(index, LEFT_OUT) == LEFT_OUT and field not in taken:
            found[index] = field
            taken |= {field} - SEVERAL
        elif index not in found and field.startswith("invoice."):
            found[index] = LEFT_OUT
    for index, _, key in sorted(open_to, key=lambda each: each[2] in _LAST):
        free = next((f for f in depends[key] if f not in taken or f in SEVERAL), None) if key else None
        if free:
            found[index] = free
            taken |= {free} - SEVERAL
    if "invoice.line" in found.values() and "customer.name" in taken:  # the account that the thing sold is booked on
        ledger = {i for i, f in found.items() if f == "customer.external_id" and names[i].startswith("account")}
        found |= dict.fromkeys(ledger, LEFT_OUT)
    if "customer.name" not in taken and taken & {"contact.email", "contact.city", "contact.postcode", "contact.street"}:
        # a list of contacts: the country is that of the address
        found = {
            i: "contact.country" if f == "customer.country" and names[i] in depends else f for i, f in found.items()
        }
    return found


def _complain(found: Columns) -> None:
    """Raise HeaderFault where the sheet can't be used, saying what is missing and what is there."""
    if not found.has_invoices:
        if not found.has("customer.name", "customer.external_id"):
            raise HeaderFault("no column names the customer" + _advice(found, "customer.name"))
        return
    missing = []
    if not found.has("invoice.number"):
        missing.append("invoice.number")
    if not found.has("invoice.due_date", "invoice.issue_date"):
        missing.append("invoice.due_date")
    if not found.has("invoice.total", "invoice.outstanding", BUCKET):
        missing.append("invoice.total")
    if missing and found.has(BUCKET) and "invoice.number" in missing and "invoice.due_date" in missing:
        raise HeaderFault("it says what customers owe, but not by which invoices; export the detailed report instead")
    if missing:
        names = ", ".join(FIELDS[each].label.lower() for each in missing)
        raise HeaderFault(
            f"it looks like a list of invoices, but these columns are missing: {names}" + _advice(found, missing[0])
        )


def _advice(found: Columns, field: str) -> str:
    unknown = [each.heading for each in found.columns if each.how in ("custom", "left out") and each.heading]
    example = f'; if one of them is it, say so with --map {field}="{unknown[0]}"' if unknown else ""
    return example and f". Not recognised: {', '.join(unknown[:8])}{example}"


def _with_odd_number(columns: list[Column]) -> list[Column]:
    """Take a first column without a heading for the invoice's number, as grouped reports have it under the customer."""
    has = {each.field for each in columns}
    first = columns[0]
    if "invoice.number" in has or "customer.name" in has or folded(first.heading):
        return columns
    others = [
        # an account beside such a column is one of the general ledger
        Column(c.index, c.heading, None, "left out") if c.field == "customer.external_id" else c
        for c in columns[1:]
    ]
    return [Column(0, first.heading, "invoice.number", "known"), *others]


def _sure(heading: str) -> list[tuple[int, str]]:
    for phrase in _phrases(heading):
        if phrase in _vocabulary():
            return _vocabulary()[phrase]
        if _AGES.fullmatch(phrase):
            return [(0, BUCKET)]
    return []


def _key(heading: str, depends: Mapping[str, list[str]]) -> str | None:
    return next((phrase for phrase in _phrases(heading) if phrase in depends), None)


@cache
def _phrases(heading: str) -> tuple[str, ...]:
    """Return a heading in full, without what stands in brackets, and without a currency: "Total (EUR)", "Total EUR"."""
    bare = _BRACKETS.sub(" ", heading)
    without = _CURRENCY.sub(lambda m: " " if is_currency(m[1]) else m[1], bare)
    found = [folded(heading), folded(bare), folded(without).removesuffix(" in")]
    found += [_NUMBER_OF.sub("", phrase) for phrase in found]
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


def _first_field(heading: str, chosen: Mapping[str, str]) -> str | None:
    if folded(heading) in chosen:
        return chosen[folded(heading)]
    found = _sure(heading)
    if found:
        return found[0][1]
    for depends in _depends().values():
        key = _key(heading, depends)
        if key is not None:
            return depends[key][0]
    return None


def _codes(heading: str) -> set[str]:
    return {code for code in _CURRENCY.findall(heading) if is_currency(code)}


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
def _depends() -> dict[str, dict[str, list[str]]]:
    words: dict[str, dict[str, list[str]]] = _words()["depends"]
    return words


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("headings.toml").read_text(encoding="utf-8"))
