"""Statements of the engine, put into words once and then given to the driver as they are.

SQLAlchemy's own way to the driver costs 60 to 150 microseconds of CPU a statement, which is more than most of these
take the database; here it is five.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    SQLColumnExpression,
    String,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Row = tuple[Any, ...]
_DIALECTS = {True: sqlite_dialect(paramstyle="named"), False: PGDialect_psycopg()}  # type: ignore[no-untyped-call]


class ByDialect:
    """A statement in the words of each database, made when it is first run."""

    def __init__(self, made: Callable[[bool], Executable]) -> None:
        """Keep `made`, which returns the statement for SQLite (True) and for PostgreSQL."""
        self._made = made
        self._words: dict[bool, tuple[str, Mapping[str, Any]]] = {}

    def run(self, within: Session | Connection, /, **values: Any) -> list[Row]:
        """Execute it in the transaction that is open there, and return its rows as the driver gives them.

        Lists and sets go in as one parameter (see `among`), moments in UTC. SQLite gives dates and moments as text.
        """
        connection = within.connection() if isinstance(within, Session) else within
        sqlite = is_sqlite(connection)
        words = self._words.get(sqlite) or self._words.setdefault(sqlite, _compiled(self._made(sqlite), sqlite))
        given = {name: _bound(value, sqlite) for name, value in values.items()}
        return _executed(connection, words[0], {**words[1], **given})


def is_sqlite(within: Session | Connection) -> bool:
    """Say whether this is SQLite."""
    return (within.get_bind() if isinstance(within, Session) else within).dialect.name == "sqlite"


def among(column: SQLColumnExpression[Any], sqlite: bool, name: str = "ids") -> ColumnElement[bool]:
    """Return the condition that a column is one of the values of one parameter, `ids` or another name."""
    if sqlite:
        return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))
    one = BigInteger if name == "ids" else String
    return column == any_(bindparam(name, type_=ARRAY(one)))


def ours(workspace_id: SQLColumnExpression[int], sqlite: bool) -> ColumnElement[bool]:
    """Return the condition that a row is of `:workspace_id`, for rows that are looked for by something narrower.

    SQLite is to check it only: nobody has it count what its tables hold, and uncounted it takes the index of the whole
    workspace for the better one, and reads every invoice of it. Source: https://sqlite.org/optoverview.html#uplus
    """
    wanted = bindparam("workspace_id", type_=BigInteger)
    return (workspace_id + 0 if sqlite else workspace_id) == wanted


def as_date(value: Any) -> date:
    """Return a day that a row holds, which is text on SQLite."""
    return _date(value) if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def _date(text: str) -> date:
    return date.fromisoformat(text)


def as_moment(value: Any) -> datetime:
    """Return a moment that a row holds, in UTC: what storage.db.UtcDateTime makes of it."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    moment: datetime = value
    return moment.astimezone(UTC)


def as_json(value: Any) -> Any:
    """Return the list or dict that a row holds as JSON, which is text on SQLite."""
    if isinstance(value, str):
        return json.loads(value) if value != "[]" else []
    return value


def _compiled(statement: Executable, sqlite: bool) -> tuple[str, Mapping[str, Any]]:
    """Return the words, and the values that stand in the statement itself."""
    compiled = statement.compile(dialect=_DIALECTS[sqlite])  # type: ignore[attr-defined]
    return str(compiled), dict(compiled.params)


def moment(value: datetime, sqlite: bool) -> Any:
    """Return a moment as the driver wants it: what storage.db.UtcDateTime makes of it."""
    utc = value.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds") if sqlite else utc


def _bound(value: Any, sqlite: bool) -> Any:
    if isinstance(value, datetime):
        return moment(value, sqlite)
    if isinstance(value, date):
        return value.isoformat() if sqlite else value
    if isinstance(value, Collection) and not isinstance(value, str):
        return json.dumps(sorted(value)) if sqlite else sorted(value)
    return value


def _executed(connection: Connection, words: str, values: dict[str, Any]) -> list[Row]:
    with _faults(connection, words), closing(connection.connection.cursor()) as cursor:
        cursor.execute(words, values)
        return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def _faults(connection: Connection, words: str) -> Iterator[None]:
    """Raise what the driver raises as SQLAlchemy does, and give a lost connection up."""
    dialect = connection.dialect
    try:
        yield
    except dialect.loaded_dbapi.Error as error:
        lost = dialect.is_disconnect(error, connection.connection, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            words, None, error, dialect.loaded_dbapi.Error, True, connection_invalidated=lost, dialect=dialect
        ) from error
