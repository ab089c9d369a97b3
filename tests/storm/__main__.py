"""`make storm`: every storm at full strength, on both databases, with a table of what came of each."""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from storage.db import Database
from storage.migrate import upgrade
from tests.bot.dispatch.machine import roam
from tests.conftest import fresh_postgres, running_postgres
from tests.storm.postgres import Postgres
from tests.storm.storm import Outcome, Plan, play

KILLS = Plan(mails=2000, kills=20, threads=8)
DEADLINE = 900.0
WANDER = "20,000 steps beside a model"
HANGS_UP = {"drop_before": 0.02, "drop_unheard": 0.01, "drop_unanswered": 0.01}


def storms(postgres: Postgres) -> Iterator[tuple[str, str, Plan]]:
    """Yield each storm: its name, its database, its plan."""
    for database in ("sqlite", "postgresql"):
        yield "20 kills", database, KILLS
        yield "20 kills, groups of 10", database, replace(KILLS, group=10, seed=2)
        yield "frozen past the lease, 3 times", database, replace(KILLS, kills=5, stops=3, seed=3)
        yield "the server hangs up before and after DATA", database, replace(KILLS, kills=0, drops=HANGS_UP, seed=4)
    yield "20 kills among 2 workers", "postgresql", replace(KILLS, workers=2, seed=5)
    yield "20 kills among 4 workers", "postgresql", replace(KILLS, workers=4, seed=6)
    yield "4 workers of one name, 10 kills", "postgresql", replace(KILLS, workers=4, kills=10, one_name=True, seed=7)
    yield (
        "PostgreSQL restarted, 2 workers",
        "postgresql",
        replace(KILLS, workers=2, kills=4, seed=8, at_half=postgres.restart),
    )
    yield (
        "PostgreSQL away for five minutes, 2 workers",
        "postgresql",
        replace(KILLS, workers=2, kills=0, seed=10, at_half=lambda: postgres.restart(away=300)),
    )
    yield (
        "kills, freezes, hang-ups, 2 workers",
        "postgresql",
        replace(KILLS, workers=2, kills=10, stops=4, drops=HANGS_UP, seed=9),
    )


def line(*cells: object) -> None:
    """Print one row of the table."""
    sys.stdout.write("| " + " | ".join(str(cell) for cell in cells) + " |\n")
    sys.stdout.flush()


def main() -> None:
    """Raise the storms and exit with 1 if any was not clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="storms whose name contains this")
    only, failed = parser.parse_args().only, 0
    line("storm", "database", "kills", "repeated", "lost", "unfinished", "uncertain (of them arrived)", "at most", "s")
    line(*["---"] * 9)
    with running_postgres() as server:
        for name, database, plan in storms(Postgres(server)):
            if only in name:
                outcome = _raise(database, server, plan)
                uncertain = f"{outcome.uncertain} ({outcome.uncertain_arrived})"
                counts = (outcome.repeated, outcome.lost, outcome.unfinished, uncertain, outcome.most_uncertain)
                line(name, database, outcome.kills, *counts, f"{outcome.seconds:.0f}")
                failed += not outcome.is_clean
    failed += _wander() if only in WANDER else 0
    sys.exit(1 if failed else 0)


def _wander() -> int:
    """Lead the model of tests/bot/dispatch through 20,000 steps of any order on SQLite; return 1 if it went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'storm.db'}"
        upgrade(url)
        try:
            roam(Database(url), examples=400)
        except AssertionError:
            traceback.print_exc()
            return 1
    line(WANDER, "sqlite", "-", 0, 0, 0, "-", "-", "-")
    return 0


def _raise(database: str, server: str, plan: Plan) -> Outcome:
    if database == "postgresql":
        with fresh_postgres(server) as url:
            return play(url, plan, deadline=DEADLINE)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'storm.db'}"
        upgrade(url)
        return play(url, plan, deadline=DEADLINE)


if __name__ == "__main__":
    main()
