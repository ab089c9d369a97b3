"""Statements in words of their own: what they find, what they raise, and how SQLite looks for it."""

from __future__ import annotations

import json
import sqlite3

import pytest
from sqlalchemy import Executable, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from storage import drafts, merge_facts
from storage.by_dialect import ByDialect
from storage.db import Database, utcnow
from tests.builders import Builder


def _doubled(_sqlite: bool) -> Executable:
    return select(bindparam("n") * 2, bindparam("word"))


def _broken(_sqlite: bool) -> Executable:
    return select(func.no_such_function(bindparam("n")))


DOUBLED, BROKEN = ByDialect(_doubled), ByDialect(_broken)


def test_a_fault_is_raised_as_any_other_and_the_transaction_is_over(db: Database) -> None:
    with pytest.raises(DBAPIError), db.write() as session:
        assert DOUBLED.run(session, n=1, word="w") == [(2, "w")]
        BROKEN.run(session, n=1)
    with db.read() as session:
        assert DOUBLED.run(session, n=1, word="w") == [(2, "w")]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("statement", [merge_facts._INVOICES, merge_facts._CONTACTS])
def test_sqlite_looks_for_what_customers_have_by_the_customer_though_nobody_counted_its_tables(
    db: Database, statement: ByDialect
) -> None:
    with db.read() as session:
        statement.run(session, workspace_id=1, ids=[1, 2])
    words, given = statement._words[True]
    with sqlite3.connect(db.url.database or "") as connection:
        values = {**given, "workspace_id": 1, "ids": json.dumps([1, 2])}
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {words}", values)]
    assert "(customer_id=?)" in plan[0], plan


def test_an_audience_is_written_at_the_version_that_was_read_alone(db: Database, build: Builder) -> None:
    user = build.user()
    draft = build.campaign(user)
    mine = user.workspace_id, user.id, draft.id
    with db.write() as session:
        seen = drafts.chosen(session, *mine, lock=True)
        assert seen is not None
        drafts.set_audience(session, *mine, {"all_matching": True}, seen=seen.version, now=utcnow())
        drafts.set_audience(session, *mine, {"all_matching": False}, seen=seen.version, now=utcnow())
    with db.read() as session:
        after = drafts.chosen(session, *mine)
        assert after == drafts.Chosen("draft", seen.version + 1, {"all_matching": True})
        assert drafts.chosen(session, user.workspace_id, user.id + 1, draft.id) is None, "a draft is its creator's"
        assert drafts.chosen(session, user.workspace_id + 1, user.id, draft.id) is None
