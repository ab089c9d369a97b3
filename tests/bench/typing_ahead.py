"""Type-ahead over a large book: what people type, one letter after the other, and two words."""

from __future__ import annotations

import random
import time
from statistics import quantiles

from bot.domain.access import Scope
from storage import customers
from storage.db import Database
from tests.bench.book import company, fill
from tests.bench.processes import database
from tests.builders import Builder

OFFERED = 100
"""Options in one answer to Slack."""


def measure(server: str, *, book: int, searches: int = 400) -> list[str]:
    """Return p50, p95 and the slowest, in milliseconds."""
    lines = [f"| type-ahead over {book:,} customers | p50 ms | p95 ms | slowest ms |", "| --- | ---: | ---: | ---: |"]
    for kind in ("sqlite", "postgresql"):
        with database(kind, server) as url:
            db = Database(url)
            user = Builder(db).user()
            fill(db, user, book, invoices=0, contacts=False)
            scope, took = Scope(user.workspace_id), []
            with db.read() as session:
                for text in typed(searches, book):
                    begun = time.perf_counter()
                    customers.search(session, scope, text, OFFERED)
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
