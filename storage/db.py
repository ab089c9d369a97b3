"""The database: engine, transactions, and what SQLite and PostgreSQL must be told to behave alike."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, create_engine, event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from bot.precedence import CLICKS, Turns
from storage.kept import Kept

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""Primary keys: 64 bits on PostgreSQL; on SQLite the rowid, which must be called INTEGER."""

_READ_ONLY = "campaign_bot_read_only"
_CLOCK_HOLDS = 5.0
"""Seconds after which the database's clock is read again; in between, time that can't be set counts on."""
_SQLITE_PATIENCE = 30
"""Seconds that a writer waits for another one."""
_PATIENCE: dict[str, Any] = {
    # a server that is gone without a word is noticed in seconds, not in hours
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    # a worker that was frozen in a transaction must not keep its locks from the others
    "options": "-c idle_in_transaction_session_timeout=60000",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. Naive values are refused on the way in; SQLite's naive ones get their zone on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC, or raise ValueError for a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment with its zone, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One engine and its transactions.

    `write()` is a transaction that commits on the way out and rolls back on an exception; on SQLite it takes the write
    lock at once (BEGIN IMMEDIATE), so that it can't fail half-way. `read()` never commits.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.engine = _engine(url, pool_size)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._looking = self.engine.execution_options(**{_READ_ONLY: True})
        self._reading = sessionmaker(self._looking, expire_on_commit=False)
        self._clock: tuple[datetime, float] | None = None
        self._writing = Turns(1)

    @property
    def is_sqlite(self) -> bool:
        """Say whether this is SQLite: one writer, one worker process."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open one transaction; commit it at the end, or roll all of it back.

        SQLite has one writer at a time, and lets others look only now and then whether it is their turn, up to a tenth
        of a second apart: those of one process wait for each other here, which ends when the writer does.
        """
        with ExitStack() as apart, self._in_turn(), self._sessions.begin() as session:
            yield session
            apart.enter_context(CLICKS.aside(briefly=True))  # until all of it is on the disk

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Hold the turn of SQLite's writer. Where it does not come, SQLite says itself that it is locked."""
        has_turn = self.is_sqlite and self._wait_for_turn()
        try:
            yield
        finally:
            if has_turn:
                self._writing.give_back()

    def _wait_for_turn(self) -> bool:
        if self._writing.take_at_once():
            return True
        with CLICKS.aside(briefly=True, holding=True):
            return self._writing.take(_SQLITE_PATIENCE)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open one snapshot to read from; nothing written in it is kept."""
        with self._reading() as session:
            yield session

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """Open one snapshot like `read`, for questions past the ORM alone (storage.by_dialect): at half of its cost."""
        with self._looking.connect() as connection:
            connection.begin()
            yield connection

    def kept(self) -> Kept:
        """Return a connection for one thread that writes all the time: it is checked out once, not for each commit."""
        return Kept(self.engine, self._in_turn)

    def now(self) -> datetime:
        """Return the present moment by the database's clock, which due times and leases go by.

        SQLite's clock is this host's. Raises OperationalError only while PostgreSQL was never reached.
        """
        if self.is_sqlite:
            return utcnow()
        known, ticks = self._clock, steady()
        if known is None or ticks - known[1] > _CLOCK_HOLDS:
            try:
                with self.engine.connect() as connection:
                    known = connection.execute(text("SELECT clock_timestamp()")).scalar_one(), steady()
            except (DBAPIError, PoolTimeout):
                if known is None:
                    raise
            self._clock = known
            ticks = steady()
        return (known[0] + timedelta(seconds=ticks - known[1])).astimezone(UTC)

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Hold a lock of this name among all workers on this database; yield False when another one holds it.

        PostgreSQL frees it when its worker dies. SQLite has one worker only, which is always alone.
        """
        if self.is_sqlite:
            yield True
            return
        key = {"key": (4711 << 32) + zlib.crc32(name.encode())}
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one():
                yield False
                return
            try:
                yield True
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _engine(url: str, pool_size: int) -> Engine:
    # hide_parameters: an error's text must not carry names and addresses into the log
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            pool_size=2 * pool_size,  # as many as PostgreSQL gets at most: opening one costs more than most questions
            hide_parameters=True,
            connect_args={"timeout": _SQLITE_PATIENCE, "check_same_thread": False},
        )
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={k: v for k, v in _PATIENCE.items() if k not in parsed.query},
    )
    event.listen(engine, "connect", _keep_commits)
    return engine


def _keep_commits(connection: Any, _record: Any) -> None:
    """Let every commit be kept before it is answered, though the server may be set to lose the last ones in a crash.

    A handoff that was answered and then lost would be handed off again. Stricter settings than `on` are left alone, and
    whatever holds now holds as long as the connection does, though the server may be set anew meanwhile.
    Source: https://www.postgresql.org/docs/current/wal-async-commit.html
    """
    now = "current_setting('synchronous_commit')"
    connection.execute(f"SELECT set_config('synchronous_commit', coalesce(nullif({now}, 'off'), 'on'), false)")
    connection.commit()


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own: we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    driver = connection.connection.driver_connection
    assert driver is not None
    try:  # past SQLAlchemy, which takes four times as long for it
        driver.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(
            "BEGIN", None, error, connection.dialect.loaded_dbapi.Error, True, dialect=connection.dialect
        ) from error


def is_outage(error: BaseException) -> bool:
    """Say whether the database could not do its work just now (gone, full, locked): the same is tried again later."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


def steady() -> float:
    """Return seconds that only grow, through suspended machines too, and whoever sets the clock."""
    return time.clock_gettime(_STEADY)


_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def utcnow() -> datetime:
    """Return the present moment in UTC; the one clock of the bot, so that tests can move it."""
    return datetime.now(UTC)
