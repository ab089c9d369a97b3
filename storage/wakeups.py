"""Wake-ups between workers: PostgreSQL tells all of them when something may be due. SQLite has one worker; nobody asks.

A wake-up that is lost costs a second: workers look by themselves too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from storage.db import Database

_CHANNEL = "campaign_bot_due"
_TELL = text(f"NOTIFY {_CHANNEL}")
_LOOK_UP = 1.0
"""Seconds between two looks at whether to stop."""
_AGAIN = 2.0
"""Seconds before a lost connection is made anew."""


def tell(session: Session) -> None:
    """Wake every worker once this transaction is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_TELL)


def listen(db: Database, wake: Callable[[], None], stopping: threading.Event) -> None:
    """Call `wake` whenever a transaction told so, until `stopping`; ends at once on SQLite."""
    while not db.is_sqlite and not stopping.is_set():
        try:
            _listen(db, wake, stopping)
        except (SQLAlchemyError, db.engine.dialect.loaded_dbapi.Error):
            stopping.wait(_AGAIN)


def _listen(db: Database, wake: Callable[[], None], stopping: threading.Event) -> None:
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
        wake()  # what was told while nobody listened
        driver: Any = connection.connection.driver_connection
        try:
            while not stopping.is_set():
                for _ in driver.notifies(timeout=_LOOK_UP, stop_after=1):
                    wake()
        finally:
            connection.invalidate()  # it must not go back to the pool: it listens
