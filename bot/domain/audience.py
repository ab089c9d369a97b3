"""The audience: the rule that selects customers. It holds no list of what it matches; queries find that, in scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any

ME = "me"
NOBODY = "nobody"
MAX_BY_HAND = 5_000
"""How many customers may be added, or left out, one by one; the rest is what filters are for."""


@dataclass(frozen=True, slots=True)
class AudienceFilter:
    """What a customer must fulfil, all of it; what is None or empty asks for nothing.

    Amounts are major units and compared within each currency: a customer matches when one of its currencies does.
    `account_manager` is ME, NOBODY or a user's id. `not_contacted_days`: last contacted more than so many days ago,
    or never.
    """

    text: str | None = None
    account_manager: str | int | None = None
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    overdue_min: Decimal | None = None
    overdue_max: Decimal | None = None
    days_past_due_min: int | None = None
    outstanding_min: Decimal | None = None
    no_contact: bool = False
    not_contacted_days: int | None = None
    custom: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether it lets everybody through."""
        return self == AudienceFilter()

    def to_json(self) -> dict[str, Any]:
        """Return what is set, in plain JSON."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: _plain(value) for key, value in found.items() if _is_set(value)}

    @classmethod
    def from_json(cls, stored: Any) -> AudienceFilter:
        """Read what `to_json` wrote; whatever is unknown or out of shape is passed over."""
        source = stored if isinstance(stored, dict) else {}
        if not source:  # as of most drafts
            return cls()
        return cls(
            text=_text(source.get("text")),
            account_manager=_account_manager(source.get("account_manager")),
            countries=_texts(source.get("countries")),
            languages=_texts(source.get("languages")),
            currencies=_texts(source.get("currencies")),
            overdue_min=_amount(source.get("overdue_min")),
            overdue_max=_amount(source.get("overdue_max")),
            days_past_due_min=_count(source.get("days_past_due_min")),
            outstanding_min=_amount(source.get("outstanding_min")),
            no_contact=source.get("no_contact") is True,
            not_contacted_days=_count(source.get("not_contacted_days")),
            custom=_pairs(source.get("custom")),
        )


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is selected: all that match the filter where `all_matching`, and `added`, but never `left_out`.

    Ids in it are wishes: whoever reads them narrows them to a scope, for they may come from anywhere.
    """

    filter: AudienceFilter = AudienceFilter()
    all_matching: bool = False
    added: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()

    @property
    def may_hold_anybody(self) -> bool:
        """Say whether anything is chosen at all; without that nobody need be looked for."""
        return self.all_matching or bool(self.added)

    @property
    def holds_everybody(self) -> bool:
        """Say whether it goes to all customers that there are."""
        return self.all_matching and not self.left_out and self.filter.is_empty

    def with_filter(self, new: AudienceFilter) -> Audience:
        """Replace the filter; what was picked by hand stays."""
        return replace(self, filter=new)

    def with_all_matching(self, on: bool) -> Audience:
        """Select all that match, or only what was added by hand."""
        return replace(self, all_matching=on)

    def add(self, ids: Iterable[int]) -> Audience:
        """Add customers by hand; they are no longer left out."""
        new = _unique(ids)
        return replace(self, added=_unique((*self.added, *new)), left_out=_without(self.left_out, new))

    def leave_out(self, ids: Iterable[int]) -> Audience:
        """Leave customers out by hand; they are no longer added."""
        new = _unique(ids)
        return replace(self, added=_without(self.added, new), left_out=_unique((*self.left_out, *new)))

    def restore(self, ids: Iterable[int]) -> Audience:
        """Forget what was decided by hand on these customers: the filter alone decides again."""
        new = _unique(ids)
        return replace(self, added=_without(self.added, new), left_out=_without(self.left_out, new))

    def to_json(self) -> dict[str, Any]:
        """Return it in plain JSON."""
        return {
            "filter": self.filter.to_json(),
            "all_matching": self.all_matching,
            "added": list(self.added),
            "left_out": list(self.left_out),
        }

    @classmethod
    def from_json(cls, stored: Any) -> Audience:
        """Read what `to_json` wrote; whatever is unknown or out of shape is passed over."""
        source = stored if isinstance(stored, dict) else {}
        return cls(
            filter=AudienceFilter.from_json(source.get("filter")),
            all_matching=source.get("all_matching") is True,
            added=_ids(source.get("added")),
            left_out=_ids(source.get("left_out")),
        )


def _is_set(value: Any) -> bool:
    return value is not None and value is not False and value not in ((), "")  # zero is a bound like any other


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _text(value: Any) -> str | None:
    return _bare(value).strip() or None if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_bare(item) for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def _bare(text: str) -> str:
    return text.replace("\x00", "")  # PostgreSQL keeps no NUL


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _count(value: Any) -> int | None:
    return value if _is_count(value) else None


def _ids(value: Any) -> tuple[int, ...]:
    if not value or not isinstance(value, list | tuple):
        return ()
    return _unique(item for item in value if _is_count(item))


def _account_manager(value: Any) -> str | int | None:
    return value if value in (ME, NOBODY) or _is_count(value) else None


def _amount(value: Any) -> Decimal | None:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = value if isinstance(value, list | tuple) else ()
    texts = (_texts(pair) for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2)
    return tuple((pair[0], pair[1]) for pair in texts if len(pair) == 2)


def _unique(ids: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(ids))


def _without(ids: tuple[int, ...], gone: tuple[int, ...]) -> tuple[int, ...]:
    excluded = set(gone)
    return tuple(i for i in ids if i not in excluded)
