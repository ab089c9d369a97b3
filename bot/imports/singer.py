"""Singer streams as sheets (https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md).

A stream of a tap that we have a mapping for (`taps/*.toml`) becomes a sheet with our own field names as headings; any
other one a sheet with its properties as headings, which are then recognised as those of a file are.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from bot.imports.faults import FileFault
from bot.imports.fields import FIELDS
from bot.imports.sheets import Cell, Numbered, Sheet

LONGEST_LINE = 10_000_000
MOST_RECORDS = 1_000_000
_STEP = re.compile(r"(\w+)(?:\[(\w+)=(\w+)\])?")
_MOMENTS = ("day", "moment", "paid_on")


@dataclass(slots=True)
class Stream:
    """One stream: its newest record by key, packed, as a tap may send one several times."""

    name: str
    properties: tuple[str, ...]
    keys: tuple[str, ...]
    records: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Singer:
    """What came in: the streams, and the last STATE, which is to be given back once everything is written."""

    streams: dict[str, Stream] = field(default_factory=dict)
    state: str | None = None

    def sheets(self) -> tuple[Sheet, ...]:
        """Return the streams that hold customers or invoices as sheets; raise FileFault where there is none."""
        mapping = _mapping_for(self.streams)
        if mapping is not None:
            used = [each for each in self.streams.values() if each.name in mapping["streams"] and each.records]
            return tuple(_mapped(each, mapping) for each in used)
        return tuple(_as_it_is(each) for each in self.streams.values() if each.records)


def read_singer(lines: Iterable[bytes]) -> Singer:
    """Read a whole stream; raise FileFault for what is none, naming the line."""
    singer, records = Singer(), 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            raise FileFault(f"line {number} has more than {LONGEST_LINE // 1_000_000} MB; this is no Singer message")
        try:
            message = json.loads(line)
            records += _take(singer, message)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise FileFault(f"line {number} is no Singer message (SCHEMA, RECORD or STATE as JSON)") from None
        if records > MOST_RECORDS:
            raise FileFault(f"there are more than {MOST_RECORDS:,} records; let the tap send less at a time")
    if not singer.streams:
        raise FileFault("it is empty: no SCHEMA came in")
    return singer


def _take(singer: Singer, message: Mapping[str, Any]) -> int:
    """Take in one message; return how many records it holds. Kinds that we have no use for are passed over."""
    kind = message["type"]
    if kind == "SCHEMA":
        name = str(message["stream"])
        properties = tuple(message["schema"].get("properties") or {})
        keys = tuple(map(str, message.get("key_properties") or ()))
        known = singer.streams.get(name)
        singer.streams[name] = Stream(name, properties, keys, known.records if known else {})
    elif kind == "RECORD":
        stream, record = singer.streams[str(message["stream"])], message["record"]
        key = (
            json.dumps([record.get(each) for each in stream.keys], default=str)
            if stream.keys
            else str(len(stream.records))
        )
        stream.records[key] = json.dumps(record, separators=(",", ":"))
        return 1
    elif kind == "STATE":
        singer.state = json.dumps(message["value"])
    return 0


@cache
def mappings() -> tuple[dict[str, Any], ...]:
    """Return every mapping that ships with the bot."""
    folder = Path(__file__).with_name("taps")
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml")))


def _mapping_for(streams: Mapping[str, Stream]) -> dict[str, Any] | None:
    there = {f"{stream.name}.{each}" for stream in streams.values() for each in stream.properties}
    return next((each for each in mappings() if there & set(each["known_by"])), None)


def _mapped(stream: Stream, mapping: Mapping[str, Any]) -> Sheet:
    wanted: Mapping[str, Any] = mapping["streams"][stream.name]
    fields: Mapping[str, list[str]] = wanted["fields"]
    left_out: Mapping[str, Any] = wanted.get("leave_out", {})

    def row(record: Mapping[str, Any]) -> list[Cell] | None:
        if any(record.get(name) == value for name, value in left_out.items()):
            return None
        return [_cell(record, name, paths, mapping) for name, paths in fields.items()]

    return _sheet(stream, list(fields), row)


def _as_it_is(stream: Stream) -> Sheet:
    def row(record: Mapping[str, Any]) -> list[Cell] | None:
        return [_plain(record.get(name)) for name in stream.properties]

    return _sheet(stream, list(stream.properties), row)


def _sheet(stream: Stream, headings: list[Cell], row: Callable[[Mapping[str, Any]], list[Cell] | None]) -> Sheet:
    def rows() -> Iterator[Numbered]:
        yield 1, list(headings)
        for number, packed in enumerate(stream.records.values(), 2):
            cells = row(json.loads(packed))
            if cells is not None and any(cell != "" for cell in cells):
                yield number, cells

    return Sheet("Singer", stream.name, rows)


def _cell(record: Mapping[str, Any], name: str, paths: list[str], mapping: Mapping[str, Any]) -> Cell:
    value = next((found for found in (_find(record, path) for path in paths) if found not in (None, "")), None)
    kind = FIELDS[name].kind
    if kind in _MOMENTS and isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC).date().isoformat()
    if kind == "amount" and value is not None and mapping.get("minor_units"):
        currency = str(record.get("currency") or "").lower()
        digits = 0 if currency in mapping["no_digits"] else 3 if currency in mapping["three_digits"] else 2
        return float(Decimal(str(value)).scaleb(-digits))
    if kind == "amount" and value is not None:
        return float(value)
    return _plain(value)


def _plain(value: Any) -> Cell:
    if value is None or isinstance(value, dict | list):
        return ""
    return value if isinstance(value, str | bool | int | float) else str(value)


def _find(record: Any, path: str) -> Any:
    """Follow a path such as "Addresses[AddressType=POBOX].City"; None where it leads nowhere."""
    for step in path.split("."):
        found = _STEP.fullmatch(step)
        if found is None or not isinstance(record, dict):
            return None
        record = record.get(found[1])
        if found[2]:
            items = record if isinstance(record, list) else []
            record = next((one for one in items if isinstance(one, dict) and one.get(found[2]) == found[3]), None)
    return record
