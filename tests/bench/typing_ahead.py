"""Type-ahead over a large book: what people type, one letter after the other, and two words."""

from __future__ import annotations

import json
import random
import time
from statistics import quantiles

from sqlalchemy import text

from bot.domain.access import Scope
from bot.domain.folding import fold
from storage import customers, word_search
from storage.db import Database
from tests.bench.book import company
from tests.bench.processes import database
from tests.builders import Builder

CHUNK = 50_000
OFFERED = 100
"""Options in one answer to Slack."""


def measure(server: str, *, book: int, searches: int = 400) -> list[str]:
    """Return p50, p95 and the slowest, in milliseconds."""
    lines = [f"| type-ahead over {book:,} customers | p50 ms | p95 ms | slowest ms |", "| --- | ---: | ---: | ---: |"]
    for kind in ("sqlite", "postgresql"):
        with database(kind, server) as url:
            db = Database(url)
            user = Builder(db).user()
            fill_names(db, user.workspace_id, book)
            scope, took = Scope(user.workspace_id), []
            with db.read() as session:
                for words in typed(searches, book):
                    begun = time.perf_counter()
                    customers.search(session, scope, words, OFFERED)
                    took.append((time.perf_counter() - begun) * 1000)
            db.dispose()
        cuts = quantiles(took, n=20)
        lines.append(f"| {kind} | {cuts[9]:.1f} | {cuts[18]:.1f} | {max(took):.1f} |")
    return lines


def typed(count: int, book: int) -> list[str]:
    """Return beginnings of one to six letters of words in names, and pairs of words."""
    chance, found = random.Random(1), []
    for _ in range(count):
        words = company(chance.randrange(book)).split()
        one = chance.choice(words)
        pair = f"{words[0]} {words[1][: chance.randint(1, 4)]}"
        found.append(chance.choice([one[: chance.randint(1, 6)], one[: chance.randint(1, 6)], pair]))
    return found


def fill_names(db: Database, workspace_id: int, count: int) -> None:
    """Add customers that have names and nothing else; the index of words is made once they are there."""
    given = ":workspace_id, value, value, value, '{}'"
    source = "json_each(:names)" if db.is_sqlite else "json_array_elements_text(CAST(:names AS json))"
    columns = "workspace_id, external_id, name, name_folded, custom"
    made = text(f"INSERT INTO customers ({columns}) SELECT {given} FROM {source}")
    table = word_search.TABLE
    apart = [f"DROP TRIGGER {table}_new"] if db.is_sqlite else [f"DROP INDEX {word_search.INDEX}"]
    back = [s for s in word_search.SQLITE if f"TRIGGER {table}_new" in s] if db.is_sqlite else word_search.POSTGRESQL
    with db.engine.begin() as connection:
        for statement in apart:
            connection.exec_driver_sql(statement)
        for start in range(0, count, CHUNK):
            names = [fold(company(n)) for n in range(start, min(start + CHUNK, count))]
            connection.execute(made, {"workspace_id": workspace_id, "names": json.dumps(names)})
        for statement in (*back, *([word_search.SQLITE_REBUILD] if db.is_sqlite else [])):
            connection.exec_driver_sql(statement)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
