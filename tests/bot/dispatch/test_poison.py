"""Actions that break the recheck: each becomes a person's, and the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.dispatch.poison import prepared
from bot.dispatch.prepare import Later, Rechecked, Refused
from bot.domain.states import Reason
from storage.claims import Claimed
from storage.db import Database
from tests.builders import NOW

pytestmark = pytest.mark.database("sqlite")


def claimed(number: int) -> Claimed:
    return Claimed(number, 1, 1, 1, "email", [], [], f"<{number}@example.com>", 0, [], False, None, "mine")


class Recheck:
    """A recheck that some of the actions break, having written something first."""

    def __init__(self, *broken: int, error: Exception | None = None) -> None:
        self.broken, self.error, self.asked = broken, error or ValueError("no"), cast("list[Any]", [])

    def __call__(self, session: Session, rows: Sequence[Claimed], now: datetime) -> list[Rechecked]:
        assert now == NOW
        self.asked.append([row.id for row in rows])
        session.execute(text("INSERT INTO rechecked SELECT :n"), {"n": len(rows)})
        if any(row.id in self.broken for row in rows):
            raise self.error
        return [Later(row, NOW) for row in rows]


@pytest.fixture
def session(db: Database) -> Any:
    with db.write() as session:
        session.execute(text("CREATE TEMPORARY TABLE rechecked (n INTEGER)"))
        yield session


def test_those_that_break_it_are_found_by_halving_and_refused_with_a_reference(session: Session) -> None:
    recheck = Recheck(2, 5)
    answers = prepared(session, [claimed(n) for n in range(1, 6)], NOW, recheck)
    assert [each.claimed.id for each in answers] == [1, 2, 3, 4, 5]
    assert recheck.asked == [[1, 2, 3, 4, 5], [1, 2], [1], [2], [3, 4, 5], [3], [4, 5], [4], [5]]
    refused = [each for each in answers if isinstance(each, Refused)]
    assert [(each.claimed.id, each.reason, each.skip) for each in refused] == [
        (2, Reason.RENDER_FAILED, False),
        (5, Reason.RENDER_FAILED, False),
    ]
    for each in refused:
        word, _, reference = (each.detail or "").partition(" ")
        assert (word, len(reference)) == ("Reference", 8)
    # what a broken recheck had written is undone
    assert list(session.scalars(text("SELECT n FROM rechecked"))) == [1, 1, 1]


def test_an_outage_of_the_database_says_nothing_about_the_actions(session: Session) -> None:
    recheck = Recheck(1, error=OperationalError("SELECT", {}, Exception("disk I/O error")))
    with pytest.raises(OperationalError):
        prepared(session, [claimed(1)], NOW, recheck)


def test_nothing_claimed_is_nothing_to_recheck(session: Session) -> None:
    recheck = Recheck()
    assert prepared(session, [], NOW, recheck) == []
    assert recheck.asked == []
