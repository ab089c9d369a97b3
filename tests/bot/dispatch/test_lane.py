"""One sender thread, step by step: what it asks for, what it calls, and what it tells of the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from bot.channels.base import AuthBroken, Message, Receipt, Rejected, SendError, Transient, Uncertain
from bot.dispatch.compose import CantWrite
from bot.dispatch.lane import Lane, Sender
from bot.dispatch.prepare import Job
from bot.dispatch.reports import Called, HandOff, NotCalled, PutBack, Report, Unreachable, Unwritable
from bot.domain.states import Reason
from storage.claims import Claimed
from tests.builders import NOW

ALWAYS, PAST = float("inf"), float("-inf")


def job(number: int) -> Job:
    held = Claimed(number, 1, 1, 1, "email", [], [], f"<{number}@example.com>", 0, [], False, None, "mine")
    return Job(held, cast("Any", None), cast("Any", None), (), (), NOW)


class Desk:
    """A provider, a composer and the other end of `tell`, for one sender that runs in the test's own thread."""

    def __init__(self, group: int = 1) -> None:
        self.lane = Lane("email", self, self.compose, self.tell, threads=1, group=group)
        self.steps: list[str] = []
        self.reports: list[Report] = []
        self.doing: list[dict[str, int]] = []
        self.refused: set[int] = set()
        self.until = ALWAYS
        self.closed = 0
        self.opening: list[Exception] = []
        self.answers: dict[int, Exception] = {}
        self.faults: dict[int, BaseException] = {}
        self.on_request: Callable[[], None] = lambda: None

    connections = 1

    def open(self) -> Desk:
        self.steps.append("open")
        if self.opening:
            raise self.opening.pop(0)
        return self

    def close(self) -> None:
        self.closed += 1

    def send(self, message: Message) -> Receipt:
        self.steps.append(f"send {message.action_id}")
        self.doing.append(self.lane.doing)
        if error := self.answers.get(message.action_id):
            raise error
        return Receipt(f"250 {message.action_id}")

    def compose(self, job: Job) -> Message:
        number = job.claimed.id
        self.steps.append(f"write {number}")
        self.lane.stopping.clear()
        if fault := self.faults.get(number):
            raise fault
        return Message(number, job.claimed.message_id, ("", "a@example.com"), (), "Hello", f"text {number}")

    def tell(self, report: Report) -> None:
        self.reports.append(report)
        if isinstance(report, HandOff):
            ids = frozenset(each.claimed.id for each in report.jobs)
            self.steps.append("ask " + " ".join(str(i) for i in sorted(ids)))
            self.on_request()
            report.grant.answer(frozenset(("mine", i) for i in ids - self.refused), self.until)
        elif isinstance(report, Unreachable):
            self.lane.stopping.set()  # so that nobody waits for the pause

    def run(self, count: int) -> list[tuple[object, ...]]:
        """Send so many jobs, and return what was told of each, without the requests."""
        for number in range(1, count + 1):
            self.lane.jobs.put(job(number))
        self.lane.jobs.put(None)
        Sender(self.lane).run()
        return [said(report) for report in self.reports if not isinstance(report, HandOff)]


def said(report: Report) -> tuple[object, ...]:
    number = cast("Any", report).job.claimed.id
    if isinstance(report, Called):
        assert report.message.action_id == number
        return "called", number, outcome(report.outcome)
    if isinstance(report, Unreachable):
        return "unreachable", number, outcome(report.error), report.pause, report.lane_is_down
    if isinstance(report, Unwritable):
        return "unwritable", number, report.reason, report.detail
    return {NotCalled: "not called", PutBack: "put back"}[type(report)], number


def outcome(what: Receipt | SendError) -> str:
    return what.provider_id if isinstance(what, Receipt) else f"{type(what).__name__}: {what.detail}"


def test_each_message_is_asked_for_before_its_call_and_the_next_is_written_meanwhile() -> None:
    desk = Desk()
    assert desk.run(2) == [("called", 1, "250 1"), ("called", 2, "250 2")]
    assert desk.steps == ["write 1", "open", "ask 1", "write 2", "send 1", "ask 2", "send 2"]
    asked = [report for report in desk.reports if isinstance(report, HandOff)]
    assert [([j.claimed.id for j in each.jobs], each.texts) for each in asked] == [
        ([1], ("text 1",)),
        ([2], ("text 2",)),
    ]
    assert desk.doing == [{"waiting": 1, "connections": 1, "calling": 1}] * 2
    assert desk.lane.doing == {"waiting": 0, "connections": 0, "calling": 0}
    assert desk.closed == 1


def test_only_what_is_granted_is_called_and_nothing_is_told_of_the_rest() -> None:
    desk = Desk(group=3)
    desk.refused = {2}
    assert desk.run(4) == [("called", 1, "250 1"), ("called", 3, "250 3"), ("called", 4, "250 4")]
    assert [step for step in desk.steps if step.startswith("ask")] == ["ask 1 2 3", "ask 4"]


def test_a_grant_that_is_over_is_not_used() -> None:
    desk = Desk(group=2)
    desk.until = PAST
    assert desk.run(2) == [("not called", 1), ("not called", 2)]
    assert desk.steps == ["write 1", "write 2", "open", "ask 1 2"]


def test_when_the_lane_stops_the_first_of_a_granted_group_is_called_and_the_rest_is_not() -> None:
    desk = Desk(group=3)
    desk.on_request = desk.lane.stopping.set
    assert desk.run(3) == [("called", 1, "250 1"), ("not called", 2), ("not called", 3)]


def test_what_is_written_once_the_lane_has_stopped_is_put_back_unasked() -> None:
    desk = Desk(group=2)
    desk.lane.stopping.set()
    desk.lane.compose = lambda job: Message(job.claimed.id, "<m@example.com>", ("", ""), (), "Hello", "text")
    assert desk.run(2) == [("put back", 1), ("put back", 2)]
    assert desk.steps == []


def test_while_nobody_answers_the_pauses_double_up_to_half_a_minute() -> None:
    desk = Desk(group=2)
    desk.opening = [Transient("no route"), OSError("broken"), *(AuthBroken("535 no") for _ in range(5))]
    told = desk.run(16)
    assert told[:4] == [
        ("unreachable", 1, "Transient: no route", 1.0, True),
        ("put back", 2),
        ("unreachable", 3, "Transient: The provider can't be reached: OSError.", 2.0, True),
        ("put back", 4),
    ]
    assert told[4:14:2] == [
        ("unreachable", number, "AuthBroken: 535 no", pause, True)
        for number, pause in ((5, 4.0), (7, 8.0), (9, 16.0), (11, 30.0), (13, 30.0))
    ]
    assert told[14:] == [("called", 15, "250 15"), ("called", 16, "250 16")]
    assert desk.closed == 1


def test_a_connection_that_came_about_starts_the_pauses_anew_and_another_one_keeps_the_lane_up() -> None:
    desk = Desk()
    desk.lane.count(connected=1)  # another thread's
    desk.opening = [Transient("no route")]
    desk.answers = {2: AuthBroken("535 no")}
    desk.on_request = lambda: desk.opening.append(Transient("gone"))
    assert desk.run(3) == [
        ("unreachable", 1, "Transient: no route", 1.0, False),
        ("called", 2, "AuthBroken: 535 no"),
        ("unreachable", 3, "Transient: gone", 1.0, False),
    ]


@pytest.mark.parametrize("error", [Rejected("550 no"), Transient("450 later"), Uncertain("lost")])
def test_a_failed_call_is_told_as_it_is_and_the_connection_is_kept(error: SendError) -> None:
    desk = Desk()
    desk.answers = {1: error}
    assert desk.run(2) == [("called", 1, f"{type(error).__name__}: {error.detail}"), ("called", 2, "250 2")]
    assert desk.steps.count("open") == 1


def test_after_a_refused_login_the_rest_of_the_group_is_not_called() -> None:
    desk = Desk(group=2)
    desk.answers = {1: AuthBroken("535 no")}
    assert desk.run(3) == [("called", 1, "AuthBroken: 535 no"), ("not called", 2), ("called", 3, "250 3")]
    assert (desk.steps.count("open"), desk.closed) == (2, 2)


def test_a_call_that_fails_as_nobody_foresaw_is_uncertain_and_ends_the_connection() -> None:
    desk = Desk(group=2)
    desk.answers = {1: ValueError("odd")}
    (_, _, words), *rest = desk.run(3)
    assert str(words).startswith("Uncertain: The call failed in an unforeseen way. Reference ")
    assert len(str(words).rsplit(" ", 1)[1]) == 8
    assert rest == [("not called", 2), ("called", 3, "250 3")]
    assert desk.closed == 2


def test_what_can_not_be_written_is_told_and_the_next_one_is_written() -> None:
    desk = Desk()
    desk.faults = {1: CantWrite(Reason.EMPTY_VALUE, "{{x}}"), 2: KeyboardInterrupt()}
    first, (what, number, reason, words), last = desk.run(3)
    assert first == ("unwritable", 1, Reason.EMPTY_VALUE, "{{x}}")
    assert (what, number, reason) == ("unwritable", 2, Reason.RENDER_FAILED)
    assert str(words).startswith("Reference ")
    assert len(str(words)) == len("Reference 12345678")
    assert last == ("called", 3, "250 3")


def test_a_lane_that_stops_returns_what_was_not_begun_and_its_threads_end() -> None:
    desk = Desk()
    for number in (1, 2):
        desk.lane.jobs.put(job(number))
    assert desk.lane.doing["waiting"] == 2
    assert [each.claimed.id for each in desk.lane.stop()] == [1, 2]
    assert desk.lane.stopping.is_set()
    assert [each.claimed.id for each in desk.lane.drain()] == []
    assert desk.lane.doing["waiting"] == 1  # the word of the end is still there
    desk.lane.start()
    for thread in desk.lane._threads:
        thread.join(20)
    assert desk.lane.is_over
    assert desk.lane.doing["waiting"] == 0
    assert desk.reports == []


def test_each_thread_waits_for_work_under_a_name_of_its_own_and_never_keeps_the_process_alive() -> None:
    desk = Desk()
    threads = desk.lane._threads
    assert [(thread.name, thread.daemon) for thread in threads] == [("email-0", True)]
    assert Lane("sms", desk, desk.compose, desk.tell, threads=2).group == 1
    desk.lane.start()
    desk.lane.jobs.put(job(1))
    desk.lane.jobs.put(None)
    threads[0].join(20)
    assert [said(report) for report in desk.reports if not isinstance(report, HandOff)] == [("called", 1, "250 1")]


def test_a_lane_counts_what_all_its_threads_do() -> None:
    lane = Desk().lane
    assert [lane.count(connected=+1), lane.count(connected=+1, calling=+1), lane.count(calling=+1)] == [1, 2, 2]
    assert lane.doing == {"waiting": 0, "connections": 2, "calling": 2}
    assert [lane.count(connected=-1), lane.count(calling=-1)] == [1, 1]
    assert lane.doing == {"waiting": 0, "connections": 1, "calling": 1}
