"""Writers on SQLite, which has one at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import event, text

from storage.db import Database


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("kept", [False, True], ids=["pooled", "kept by the engine"])
def test_writers_of_one_process_wait_for_each_other_and_not_for_sqlite_to_look_again(db: Database, kept: bool) -> None:
    event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 0"))
    db.dispose()
    here = Event()

    def write() -> str:
        here.set()
        with db.write() as session:  # "database is locked" where SQLite is asked meanwhile
            return str(session.execute(text("SELECT 'written'")).scalar_one())

    with ThreadPoolExecutor(1) as pool:
        with db.kept().write() if kept else db.write() as session:
            session.execute(text("SELECT 1"))
            other = pool.submit(write)
            assert here.wait(10)
            assert not other.done() or other.exception() is None
            for _ in range(1000):
                session.execute(text("SELECT 1"))
        assert other.result(10) == "written"
