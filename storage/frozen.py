"""The actions of a campaign as they are made at Send: many in one statement, with their first row of history.

The rows go in as one parameter of JSON: binding each value by itself takes three times as long. What is the same for a
whole campaign stands beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Executable, text
from sqlalchemy.orm import Session

from bot.domain.states import ActionState, Reason
from storage.by_dialect import ByDialect, is_sqlite, moment

CHUNK = 2_000
"""Rows of one INSERT."""


class FrozenCampaign(NamedTuple):
    """What all actions of a campaign have in common."""

    workspace_id: int
    campaign_id: int
    owner_id: int
    channel: str
    cc: list[str]


class FrozenAction(NamedTuple):
    """An action as it is made at Send: queued (then `due_at` is set), or manual with the reason why."""

    customer_id: int
    state: ActionState
    reason: Reason
    recipients: list[dict[str, Any]]
    message_id: str
    due_at: datetime | None = None
    in_spite_of: tuple[str, ...] = ()
    detail: str | None = None


_TYPES = {
    "workspace_id": "bigint",
    "campaign_id": "bigint",
    "owner_id": "bigint",
    "channel": "text",
    "cc": "jsonb",
    "customer_id": "bigint",
    "state": "text",
    "reason": "text",
    "recipients": "jsonb",
    "message_id": "text",
    "due_at": "timestamptz",
    "in_spite_of": "jsonb",
    "detail": "text",
}
_NAMES = ", ".join(FrozenAction._fields)


def _making(sqlite: bool) -> Executable:
    places = range(len(FrozenAction._fields))
    taken = ", ".join(f"json_extract(value, '$[{n}]')" for n in places) if sqlite else _NAMES
    columns = ", ".join(f"{name} {_TYPES[name]}" for name in FrozenAction._fields)
    rows = "json_each(:rows)" if sqlite else f"json_to_recordset(CAST(:rows AS json)) AS given ({columns})"
    now = ":now" if sqlite else "CAST(:now AS timestamptz)"
    of_all = FrozenCampaign._fields
    same = ", ".join(f":{name}" if sqlite else f"CAST(:{name} AS {_TYPES[name]})" for name in of_all)
    made = (
        f"INSERT INTO actions ({', '.join(of_all)}, {_NAMES}, attempts, created_at, updated_at) "  # noqa: S608
        f"SELECT {same}, {taken}, 0, {now}, {now} FROM {rows} RETURNING id"
    )
    if sqlite:
        return text(made)
    made += ", workspace_id, state, reason, detail"
    return text(f"WITH made AS ({made}), told AS ({_told(now, 'made')}) SELECT id FROM made")  # noqa: S608


def _telling(sqlite: bool) -> Executable:
    """Return the statement by which SQLite tells of what was made; PostgreSQL does it in the one that makes.

    It knows nothing yet about a table that grows within a transaction, and would read all of it for each row.
    """
    assert sqlite
    return text(_told(":now", "actions WHERE id BETWEEN :first AND :last"))  # nobody else writes meanwhile


def _told(now: str, source: str) -> str:
    return (
        "INSERT INTO action_history (workspace_id, action_id, at, event, from_state, to_state, reason, detail, actor) "  # noqa: S608
        f"SELECT workspace_id, id, {now}, 'freeze', NULL, state, reason, detail, CAST(:actor AS varchar) FROM {source}"
    )


_PLAN_ANEW = text("DISCARD PLANS")
"""How PostgreSQL checks foreign keys was planned for a smaller table: with any index, row by row through all of it.

Planning anew costs a hundredth of what one INSERT takes."""
_ROOM, _LITTLE_ROOM = (text(f"PRAGMA cache_size = -{kilobytes}") for kilobytes in (32_000, 2_000))
"""SQLite's usual 2 MB hold too little of ten indexes that all grow at once."""
_MAKE, _TELL = ByDialect(_making), ByDialect(_telling)


def insert_frozen(
    session: Session, campaign: FrozenCampaign, rows: Iterable[FrozenAction], *, now: datetime, actor: str
) -> int:
    """Add the actions of a campaign with their first row of history; return how many.

    The unique key (campaign, customer) refuses a second freeze with IntegrityError.
    """
    return insert_packed(session, campaign, packed(session, rows), now=now, actor=actor)


def packed(session: Session, rows: Iterable[FrozenAction]) -> Iterator[str]:
    """Yield the actions as they go into the session's database, a few hundred bytes each; nothing is written yet."""
    sqlite = is_sqlite(session)
    for chunk in _chunks(rows):
        yield json.dumps(chunk if sqlite else [row._asdict() for row in chunk], default=_on_sqlite if sqlite else str)


def insert_packed(
    session: Session, campaign: FrozenCampaign, chunks: Iterable[str], *, now: datetime, actor: str
) -> int:
    """Add what `packed` made, as `insert_frozen` does."""
    of_all = {**campaign._asdict(), "cc": json.dumps(campaign.cc)}
    if not is_sqlite(session):
        return sum(_insert_planned_anew(session, given, of_all, now, actor[:100]) for given in chunks)
    session.execute(_ROOM)
    try:
        return sum(_insert_and_tell(session, given, of_all, now, actor[:100]) for given in chunks)
    finally:
        session.execute(_LITTLE_ROOM)


def _insert_and_tell(session: Session, given: str, of_all: Mapping[str, Any], now: datetime, actor: str) -> int:
    ids = [row[0] for row in _MAKE.run(session, rows=given, now=now, **of_all)]
    _TELL.run(session, first=min(ids), last=max(ids), now=now, actor=actor)
    return len(ids)


def _insert_planned_anew(session: Session, given: str, of_all: Mapping[str, Any], now: datetime, actor: str) -> int:
    made = _MAKE.run(session, rows=given, now=now, actor=actor, **of_all)
    session.execute(_PLAN_ANEW)
    return len(made)


def _chunks(rows: Iterable[FrozenAction]) -> Iterator[list[FrozenAction]]:
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


@lru_cache(maxsize=64)
def _on_sqlite(at: datetime) -> str:
    return str(moment(at, sqlite=True))  # most actions of a campaign fall due at the same
