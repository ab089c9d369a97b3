"""The dispatcher's turns in the test's own thread, while the database fails at a commit that the test names."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select, update
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.channels.base import Receipt
from bot.dispatch.dispatcher import Dispatcher
from bot.dispatch.prepare import Job
from bot.dispatch.reports import HandOff, Late, Report, Wake, held
from storage import actions
from storage.actions import Asked
from storage.db import Database
from storage.models import Action
from tests.bot.dispatch.conftest import Book
from tests.bot.dispatch.test_desk import Clock, answers, called, handed

pytestmark = pytest.mark.database("sqlite")
LOST = OperationalError("COMMIT", {}, Exception("connection lost"))


class NoProvider:
    """A channel that nothing is sent over."""

    connections = 1


def claimed(book: Book, count: int, *, stops: bool = True) -> tuple[Dispatcher, list[Job]]:
    """Return a dispatcher that was not started and is to stop, so that it never waits for long, and its jobs."""
    for n in range(count):
        book.action(f"c{n}@acme.example")
    dispatcher = Dispatcher(book.db, {"email": cast("Any", NoProvider())}, name="w0")
    dispatcher._desk.claim()
    jobs = dispatcher._lanes["email"].drain()
    if stops:
        assert dispatcher.stop()
    return dispatcher, jobs


def fail(db: Database, *numbers: int, error: Exception = LOST) -> None:
    """Let the commits of these numbers fail, counted from now on."""
    dialect, seen = cast("Any", db.engine.dialect), list[int]()
    real = dialect.do_commit

    def commit(connection: Any) -> None:
        seen.append(1)
        if len(seen) in numbers:
            raise error
        real(connection)

    dialect.do_commit = commit


def states(book: Book) -> list[str]:
    with book.db.read() as session:
        return list(session.scalars(select(Action.state).order_by(Action.id)))


def said(request: HandOff) -> list[frozenset[tuple[str, int]]]:
    """Return which claims the request was told may go out, answer by answer."""
    return [granted for granted, _ in answers(request)]


def test_an_outage_while_reports_are_settled_one_by_one_keeps_that_one_and_those_after_it(book: Book) -> None:
    dispatcher, (odd, fine, later, last) = claimed(book, 4)
    requests = [handed(job) for job in (fine, later, last)]
    reports: list[Report] = [called(odd, Receipt(cast("str", 4711))), *requests]
    fail(book.db, 3)  # the odd one is parked, the fine one is handed off, and then
    with capture_logs() as logs:
        assert dispatcher._turn(reports) == requests[1:]
    assert [(log["event"], log["error"]) for log in logs] == [
        ("action_parked", "TypeError"),
        ("dispatch_turn_failed", "OperationalError"),
    ]
    assert [said(request) for request in requests] == [[{held(fine.claimed)}], [], []]
    assert [request.grant.doubtful for request in requests] == [True, True, True]
    assert dispatcher._turn([*requests[1:]]) == []
    assert [said(request) for request in requests[1:]] == [[{held(later.claimed), held(last.claimed)}]] * 2
    assert states(book) == ["manual", "sending", "sending", "sending"]


def test_what_is_left_of_each_report_that_is_settled_by_itself_is_left_of_all(book: Book) -> None:
    dispatcher, (taken, fine) = claimed(book, 2)
    with book.db.write() as session:
        session.execute(update(Action).where(Action.id == taken.claimed.id).values(claim_token="another worker's"))
    fail(book.db, 1, error=ValueError("no"))  # both together
    request = handed(fine)
    (left,) = dispatcher._turn([called(taken), request])
    assert isinstance(left, Late)
    assert left.job is taken
    assert said(request) == [{held(fine.claimed)}]


def test_who_asks_for_what_can_neither_be_settled_nor_parked_is_told_no_and_the_next_is_heard(book: Book) -> None:
    dispatcher, (odd, fine) = claimed(book, 2)
    requests = [handed(odd), handed(fine)]
    fail(book.db, 1, 2, 3, error=ValueError("no"))  # both together, the odd one alone, and its parking
    assert dispatcher._turn([*requests]) == []
    assert answers(requests[0]) == [(frozenset(), 0)]
    assert said(requests[1]) == [{held(fine.claimed)}]


def test_nothing_is_claimed_for_two_seconds_after_an_outage(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(time, "clock_gettime", clock)
    dispatcher, [job] = claimed(book, 1)
    clock.shows += 10
    book.action("next@acme.example")
    fail(book.db, 1, 2)
    for step in (lambda: dispatcher._turn([handed(job)]), dispatcher._claim):
        step()
        clock.shows += 1.99
        assert not dispatcher._desk.is_claiming()
        clock.shows += 0.02
        assert dispatcher._desk.is_claiming()


def test_at_its_end_it_tries_until_all_is_settled_and_what_was_not_begun_is_queued_again(book: Book) -> None:
    dispatcher, (asked, waiting) = claimed(book, 2)
    dispatcher._lanes["email"].jobs.put(waiting)
    request = handed(asked)
    dispatcher._inbox.put(request)
    fail(book.db, 1, 2)
    dispatcher._run()
    assert said(request) == [{held(asked.claimed)}]
    assert states(book) == ["sending", "queued"]


def test_what_it_held_over_an_outage_is_settled_though_it_is_told_to_stop_meanwhile(book: Book) -> None:
    dispatcher, (sent, waiting) = claimed(book, 2, stops=False)
    with book.db.write() as session:
        asked, lease = [Asked(held(sent.claimed))], timedelta(minutes=1)
        actions.exchange(session, [], asked, now=book.db.now(), lease=lease, actor="worker:w0")
    dispatcher._lanes["email"].jobs.put(waiting)
    dispatcher._inbox.put(called(sent))

    def lost(_connection: Any) -> None:
        dispatcher.stop()
        remove(book.db.engine, "commit", lost)
        raise LOST

    listen(book.db.engine, "commit", lost)
    dispatcher._run()
    assert states(book) == ["sent", "queued"]


def test_when_its_time_is_over_whoever_still_asks_is_told_no(book: Book) -> None:
    dispatcher, (sent, asked) = claimed(book, 2)
    dispatcher.stop(timeout=-1)
    request = handed(asked)
    dispatcher._inbox.put(called(sent))
    dispatcher._inbox.put(request)
    dispatcher._run()
    assert answers(request) == [(frozenset(), 0)]


def test_a_wake_is_heard_as_one(book: Book) -> None:
    dispatcher, _ = claimed(book, 0)
    dispatcher._gather(wait=False)
    dispatcher.wake()
    assert [type(report) for report in dispatcher._gather(wait=False)] == [Wake]
