"""What Slack sends, as typed values. Nothing here is trusted: ids are looked up again in the caller's workspace."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.errors import UserError
from bot.imports.amounts import Sign, Votes, read_amount
from handlers.ids import base

Payload = Mapping[str, Any]

OUT_OF_DATE = "This window is out of date. Close it and start again with /campaign."
_LARGEST = Decimal(10) ** 12
_MOST_DAYS = 36500
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_ESCAPED_HALF = re.compile("u[dD][89a-fA-F]")
"""Half of a pair as JSON writes it."""
_NULS = "\x00", "%00", "u0000"
"""NUL as such, form-encoded, and as JSON writes it."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a view carries: the draft and its version, the page shown, and how often the bot filled which input."""

    campaign_id: int
    version: int = 0
    page: int = 0
    keys: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the private_metadata of a view; ids and numbers only."""
        made: dict[str, Any] = {"c": self.campaign_id, "v": self.version}
        if self.page:
            made["p"] = self.page
        if self.keys:
            made["k"] = dict(self.keys)
        return json.dumps(made, separators=(",", ":"))

    def key(self, name: str) -> int:
        """Return how often the bot has filled the input anew."""
        return self.keys.get(name, 0)

    def rekeyed(self, *names: str) -> Metadata:
        """Return metadata under which these inputs get new block ids, so that their new initial values show."""
        keys = {**self.keys, **{name: self.key(name) + 1 for name in names}}
        return Metadata(self.campaign_id, self.version, self.page, keys)

    def at(self, *, version: int | None = None, page: int | None = None) -> Metadata:
        """Return metadata of another version or page."""
        return Metadata(
            self.campaign_id,
            self.version if version is None else version,
            self.page if page is None else page,
            self.keys,
        )


def metadata(text: str) -> Metadata:
    """Return what `Metadata.to_json` wrote; raise UserError when it is not ours."""
    try:
        raw = json.loads(text)
        keys = {str(name): _whole(key) for name, key in raw.get("k", {}).items()}
        return Metadata(_whole(raw["c"]), _whole(raw.get("v", 0)), _whole(raw.get("p", 0)), keys)
    except (ValueError, KeyError, AttributeError, TypeError):
        raise UserError(OUT_OF_DATE) from None


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62:
        return value
    raise ValueError(value)


def may_be_unfit(raw: str) -> bool:
    """Say whether a payload as it came, form-encoded or JSON, may hold what `fit` takes out: looking there is quick.

    An empty text says nothing: over Socket Mode there is none.
    """
    if not raw or any(nul in raw for nul in _NULS) or _ESCAPED_HALF.search(raw):
        return True
    return not raw.isascii() and _UNFIT.search(raw) is not None


def fit(payload: Any) -> Any:
    """Return a payload without the characters that no database keeps: NUL, and halves of surrogate pairs."""
    if isinstance(payload, str):
        return _UNFIT.sub("", payload)
    if isinstance(payload, list):
        return [fit(each) for each in payload]
    if isinstance(payload, dict):
        return {fit(key): fit(value) for key, value in payload.items()}
    return payload


class View:
    """A view as it stood when the person clicked: its inputs are found by action id, as block ids may carry a key."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self.id: str = payload.get("id", "")
        self.root_id: str = payload.get("root_view_id") or self.id
        self.hash: str | None = payload.get("hash")
        blocks = (payload.get("state") or {}).get("values") or {}
        self.values: dict[str, Payload] = {
            base(action_id): state for inputs in blocks.values() for action_id, state in inputs.items()
        }

    @property
    def metadata(self) -> Metadata:
        """Return the draft that the view is about; raise UserError when the view is none of ours."""
        return metadata(self.payload.get("private_metadata") or "")

    def has(self, action_id: str) -> bool:
        """Say whether the view shows this input."""
        return action_id in self.values

    def text(self, action_id: str) -> str:
        """Return what was typed, as typed; an empty field is an empty string."""
        return self._of(action_id).get("value") or ""

    def choice(self, action_id: str) -> str | None:
        """Return the value of the chosen option of a select or of radio buttons."""
        return (self._of(action_id).get("selected_option") or {}).get("value")

    def choices(self, action_id: str) -> tuple[str, ...]:
        """Return the values of the chosen options of a multi select or of checkboxes."""
        return tuple(each["value"] for each in self._of(action_id).get("selected_options") or ())

    def moment(self, action_id: str) -> datetime | None:
        """Return the chosen date and time in UTC (Slack sends the seconds since 1970)."""
        seconds = self._of(action_id).get("selected_date_time")
        return datetime.fromtimestamp(int(seconds), UTC) if seconds else None

    def whole(self, action_id: str, name: str) -> int | None:
        """Return a number of days; raise UserError at the input `name` for what is none."""
        text = self.text(action_id).strip()
        if not text:
            return None
        if text.isascii() and text.isdigit() and int(text[:6]) <= _MOST_DAYS and len(text) <= 6:
            return int(text)
        raise UserError("Type a whole number of days, such as 30.", name)

    def amount(self, action_id: str, name: str) -> Decimal | None:
        """Return an amount in major units; raise UserError at the input `name` for what is none."""
        text = self.text(action_id).strip()
        if not text:
            return None
        amount = typed_amount(text)
        if amount is None:
            raise UserError("Type an amount such as 1500 or 1,500.50, without a currency.", name)
        return amount

    def faults(self, *reads: Callable[[View], object]) -> dict[str, str]:
        """Return what is wrong with the inputs that `reads` read, by the names of the inputs."""
        found: dict[str, str] = {}
        for read in reads:
            try:
                read(self)
            except UserError as error:
                found[error.field or ""] = error.message
        return found

    def shown(self, action_id: str) -> tuple[str, ...]:
        """Return the values that the view offered as already chosen, to tell what the person added and took away."""
        for block in self.payload.get("blocks") or ():
            for element in [block.get("element") or {}, *(block.get("elements") or ())]:
                if base(element.get("action_id") or "") == action_id:
                    return tuple(each["value"] for each in element.get("initial_options") or ())
        return ()

    def _of(self, action_id: str) -> Payload:
        return self.values.get(action_id) or {}


def typed_amount(text: str) -> Decimal | None:
    """Return an amount of zero or more as people type it: 1500, 1,500, 1.500,00 or 1 500.5; None for what is none.

    A single sign before three digits parts thousands: nobody looks for fractions of a cent.
    """
    votes = Votes()
    votes.take([text])
    thousands_first: Sign = "," if "." in text else "."
    try:
        found = read_amount(text, votes.sign or thousands_first)
    except ValueError:
        return None
    if found.currency is not None or not 0 <= found.value <= _LARGEST:
        return None
    whole = found.value.to_integral_value()
    return whole if whole == found.value else found.value


def clicked(body: Payload) -> Payload:
    """Return the element that was clicked or changed; Slack sends exactly one, in a list."""
    found: Payload = (body.get("actions") or [{}])[0]
    return found


def chosen(body: Payload) -> str | None:
    """Return the value of the option chosen in the element that was clicked."""
    return (clicked(body).get("selected_option") or {}).get("value")


def row_ids(values: tuple[str, ...]) -> tuple[int, ...]:
    """Return the ids among option values; what is no id is dropped, and every id is still to be looked up."""
    return tuple(int(value) for value in values if value.isascii() and value.isdigit() and len(value) <= 18)


def addresses(text: str) -> tuple[str, ...]:
    """Return the addresses typed into a line, separated by commas, semicolons or spaces; whether they are any is not
    judged here."""
    return tuple(text.replace(",", " ").replace(";", " ").split())
