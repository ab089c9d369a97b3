"""Transactions of a thread that writes all the time: its connection is checked out once, not for each commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from storage.by_dialect import is_sqlite


class Kept:
    """Transactions of one thread over one connection, which is given up after any failure and made anew."""

    def __init__(self, engine: Engine, in_turn: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine, self._in_turn = engine, in_turn
        self._connection: Connection | None = None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open one transaction, as `Database.write` does."""
        with (
            self._held() as connection,
            self._in_turn(),
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def step(self) -> Iterator[Connection]:
        """Open a transaction without a Session, for one statement on PostgreSQL.

        There the statement is kept once it is answered: one way to the server and back, not three. On SQLite it ends as
        `write` does.
        """
        with self._held() as connection:
            if is_sqlite(connection):
                with self._in_turn(), connection.begin():
                    yield connection
            else:
                with _each_by_itself(connection):
                    yield connection

    @contextmanager
    def _held(self) -> Iterator[Connection]:
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            yield self._connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back; the next transaction takes another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@contextmanager
def _each_by_itself(connection: Connection) -> Iterator[None]:
    """Let PostgreSQL commit each statement that goes past SQLAlchemy; its answer comes after the commit.

    Source: https://www.psycopg.org/psycopg3/docs/basic/transactions.html#autocommit-transactions
    """
    driver: Any = connection.connection.driver_connection
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False
