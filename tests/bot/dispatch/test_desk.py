"""The desk, step by step in the test's own thread: what it claims and when, what it settles, whom it answers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.channels.base import Message, Receipt, Transient
from bot.dispatch.compose import compose
from bot.dispatch.desk import BESIDE_CLICKS, TOUCH_EVERY, Desk, Terms
from bot.dispatch.lane import Lane
from bot.dispatch.prepare import Job, Later, Prepare, Rechecked, Refused, prepare
from bot.dispatch.reports import Called, Grant, HandOff, Late, NotCalled, PutBack, Unreachable
from bot.domain.rates import Limits, Rate
from bot.domain.states import CampaignState, Reason
from bot.precedence import CLICKS
from storage import actions
from storage.actions import Claimed, Held
from storage.db import Database, utcnow
from storage.models import Action, ActionHistory, Notification, Setting
from tests.bot.dispatch.conftest import Book
from tests.builders import Builder

pytestmark = pytest.mark.database("sqlite")
TEN_MINUTES = timedelta(minutes=10)


class Clock:
    """The clock that nobody sets, set by the test."""

    def __init__(self) -> None:
        self.shows = 1000.0

    def __call__(self, _clock: int) -> float:
        return self.shows


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "clock_gettime", clock)
    return clock


@dataclass
class Heard(Grant):
    """A grant that keeps what it was told."""

    doubtful: bool = False
    told: list[tuple[frozenset[Held], float]] = field(default_factory=list)

    def answer(self, granted: frozenset[Held], until: float) -> None:
        self.told.append((granted, until))


class Room:
    """A desk with lanes whose threads are not started: what it puts before them is taken by the test."""

    def __init__(self, db: Database, channels: Sequence[str], check: Prepare, **terms: Any) -> None:
        none: Any = None
        self.db = db
        self.lanes = {name: Lane(name, none, compose, none, threads=0) for name in channels}
        given: dict[str, Any] = {"batch": 4, "lease": TEN_MINUTES, "fresh_for": TEN_MINUTES, "limits": {}}
        self.desk = Desk(db, self.lanes, check, Terms("w0", **(given | terms)))

    def claim(self, channel: str = "email") -> list[Job]:
        """Let it claim, and take out all that it puts before the lane."""
        self.desk.claim()
        return self.lanes[channel].drain()

    def version(self) -> int:
        """Return how often the campaign's message was told to be behind."""
        [version] = self.versions()
        return version

    def versions(self) -> list[int]:
        """Return it for each campaign."""
        with self.db.read() as session:
            return list(session.scalars(select(Notification.version).order_by(Notification.campaign_id)))


@pytest.fixture
def room(db: Database, clock: Clock) -> Any:
    made: list[Room] = []

    def make(*channels: str, check: Prepare = prepare, **terms: Any) -> Room:
        made.append(Room(db, channels or ("email",), check, **terms))
        return made[-1]

    yield make
    for each in made:
        each.desk.close()


Make = Callable[..., Room]


def ids(jobs: Sequence[Job]) -> list[int]:
    return [job.claimed.id for job in jobs]


def called(job: Job, outcome: Any = None) -> Called:
    message = Message(job.claimed.id, job.claimed.message_id, ("", "a@example.com"), (), "Hello", "text")
    return Called(job, message, outcome or Receipt("250 Ok"))


def handed(job: Job, **grant: Any) -> HandOff:
    return HandOff((job,), ("text",), Heard(**grant))


def answers(request: HandOff) -> list[tuple[frozenset[Held], float]]:
    return cast("Heard", request.grant).told


def unreachable(job: Job, seconds: float, *, down: bool) -> Unreachable:
    return Unreachable(job, Transient("no route"), seconds, lane_is_down=down)


def test_it_claims_a_batch_and_the_next_once_half_of_it_is_left(book: Book, room: Make) -> None:
    made = [book.action(f"c{n}@acme.example").id for n in range(7)]
    one = room(batch=4)
    one.desk.claim()
    first = one.lanes["email"].drain()
    assert ids(first) == made[:4]
    for job in first[:3]:
        one.lanes["email"].jobs.put(job)
    assert not one.desk.is_claiming()
    one.desk.claim()
    assert one.lanes["email"].jobs.qsize() == 3
    one.lanes["email"].jobs.get_nowait()
    assert one.desk.is_claiming()
    one.desk.claim()
    assert ids(one.lanes["email"].drain())[2:] == made[4:]
    assert one.desk.next_due is None


def test_while_people_click_it_claims_less_at_once(book: Book, room: Make) -> None:
    made = [book.action(f"c{n}@acme.example").id for n in range(BESIDE_CLICKS + 5)]
    one, other = room(batch=200), room(batch=3)
    with CLICKS.turn():
        one.desk.claim()
        other.desk.claim()
    assert ids(one.lanes["email"].drain()) == made[:BESIDE_CLICKS]
    assert ids(other.lanes["email"].drain()) == made[BESIDE_CLICKS : BESIDE_CLICKS + 3]


def test_while_nobody_clicks_it_claims_a_whole_batch(book: Book, room: Make) -> None:
    made = [book.action(f"c{n}@acme.example").id for n in range(BESIDE_CLICKS + 5)]
    assert ids(room(batch=200).claim()) == made


@pytest.mark.parametrize(("early", "claimed"), [(0, 1), (1, 0)])
def test_it_claims_what_falls_due_at_this_very_moment(book: Book, room: Make, early: int, claimed: int) -> None:
    moment = utcnow() + timedelta(minutes=5)
    book.action(due_at=moment)
    with time_machine.travel(moment - timedelta(microseconds=early), tick=False):
        assert len(room().claim()) == claimed


def test_what_it_claims_is_held_in_its_name_for_the_lease(book: Book, room: Make) -> None:
    action = book.action()
    before = utcnow()
    [job] = room(lease=timedelta(minutes=3)).claim()
    after = utcnow()
    row = book.now(action)
    assert (row.state, row.claimed_by, row.claim_token) == ("sending", "w0", job.claimed.token)
    assert row.lease_until is not None
    assert before <= row.lease_until - timedelta(minutes=3) <= after
    assert before <= job.as_of <= after
    with book.db.read() as session:
        assert session.scalars(select(ActionHistory.actor)).all() == ["worker:w0"]


def test_each_lane_claims_its_own_channel_under_a_token_of_its_own(db: Database, build: Builder, room: Make) -> None:
    mails = Book(db, build)
    mail = mails.action()
    texts = Book(db, build)
    build.save(Setting(workspace_id=build.workspace_id, key="sending_hours", value={"sms": ""}))  # at any time
    texts.campaign = build.campaign(texts.alice, state=CampaignState.SENDING, channel="sms")
    text = texts.action(recipients=[{"contact_id": None, "name": "", "phone": "+4915123456789"}])
    one = room("email", "sms")
    [first] = one.claim("email")
    [second] = one.lanes["sms"].drain()
    assert ids([first, second]) == [mail.id, text.id]
    assert first.claimed.token != second.claimed.token


def test_for_a_channel_with_nothing_due_nothing_is_claimed_or_committed(book: Book, room: Make) -> None:
    waiting, commits = [book.action(f"a{n}@acme.example").id for n in range(5)], list[str]()
    one = room("sms", "email")
    listen(one.db.engine, "commit", lambda _connection: commits.append("commit"))
    one.desk.claim()
    assert (one.lanes["email"].jobs.qsize(), commits) == (4, ["commit"])
    one.desk.claim()  # the one lane has enough, the other has nothing due
    assert commits == ["commit"]
    assert ids(one.lanes["email"].drain()) == waiting[:4]


def test_what_no_lane_sends_is_not_waited_for(db: Database, build: Builder, room: Make) -> None:
    texts = Book(db, build)
    texts.campaign = build.campaign(texts.alice, state=CampaignState.SENDING, channel="sms")
    texts.action(recipients=[{"contact_id": None, "name": "", "phone": "+4915123456789"}])
    one = room("email")
    assert (one.claim(), one.desk.next_due) == ([], None)


def test_it_knows_when_the_next_falls_due_and_looks_again_after_a_while_or_when_told(
    book: Book, room: Make, clock: Clock
) -> None:
    one, later = room(), utcnow().replace(microsecond=0) + timedelta(hours=1)
    assert one.desk.next_due is None
    book.action("later@acme.example", due_at=later)
    assert (one.claim(), one.desk.next_due) == ([], later)
    now = book.action("now@acme.example").id
    clock.shows += 0.19
    assert (one.claim(), one.desk.next_due) == ([], later)
    clock.shows = 1000.2
    assert ids(one.claim()) == [now]
    again = book.action("again@acme.example").id
    assert one.claim() == []
    one.desk.look_afresh()
    assert ids(one.claim()) == [again]
    assert one.desk.next_due == later


def test_what_fails_the_recheck_never_comes_before_the_lane(book: Book, room: Make) -> None:
    made = [book.action(f"c{n}@acme.example") for n in range(3)]
    tomorrow = utcnow().replace(microsecond=0) + timedelta(days=1)

    def check(session: Session, rows: Sequence[Claimed], now: datetime) -> list[Rechecked]:
        jobs = prepare(session, rows, now)
        return [Refused(rows[0], Reason.PAID, skip=True), Later(rows[1], tomorrow), *jobs[2:]]

    assert ids(room(check=check).claim()) == [made[2].id]
    skipped, late = book.now(made[0]), book.now(made[1])
    assert (skipped.state, skipped.reason) == ("skipped", "paid")
    assert (late.state, late.reason, late.due_at) == ("queued", "outside_hours", tomorrow)
    with book.db.read() as session:
        assert set(session.scalars(select(ActionHistory.actor))) == {"worker:w0"}


def test_after_a_fault_it_claims_nothing_for_a_while(book: Book, room: Make, clock: Clock) -> None:
    action, one = book.action(), room()
    one.desk.wait_with_claims(2.0)
    clock.shows = 1001.9
    assert (one.desk.is_claiming(), one.claim()) == (False, [])
    clock.shows = 1002.0
    assert one.desk.is_claiming()
    assert ids(one.claim()) == [action.id]


def test_under_limits_it_claims_what_they_leave_five_times_a_second(book: Book, room: Make, clock: Clock) -> None:
    for n in range(4):
        book.action(f"c{n}@acme.example")
    one = room(limits={"email": Limits(provider=Rate(20))})
    assert len(one.claim()) == 2
    assert not one.desk.is_claiming()
    clock.shows += 0.19
    assert not one.desk.is_claiming()
    clock.shows = 1000.2
    assert one.desk.is_claiming()


def test_a_handoff_is_answered_once_it_is_kept_and_holds_for_half_the_lease(
    book: Book, room: Make, clock: Clock
) -> None:
    going, gone = book.action("a@acme.example"), book.action("b@acme.example")
    one = room(lease=timedelta(minutes=3))
    first, second = one.claim()
    with book.db.write() as session:
        actions.release(session, second.claimed.token, [gone.id], now=utcnow(), actor="worker:other")
    requests = [handed(first), handed(second)]
    clock.shows = 2000.0
    one.desk.settle(requests)
    granted = frozenset({(first.claimed.token, going.id)})
    assert [answers(request) for request in requests] == [[(granted, 2090.0)], [(granted, 2090.0)]]
    row = book.now(going)
    assert row.handed_off_at is not None
    assert row.lease_until is not None
    assert row.lease_until - row.handed_off_at == timedelta(minutes=3)
    one.desk.settle([called(first)])
    assert (book.now(going).state, book.now(gone).state) == ("sent", "queued")
    with book.db.read() as session:
        told = select(ActionHistory.actor).where(ActionHistory.action_id == going.id)
        assert set(session.scalars(told)) == {"worker:w0"}


def test_a_job_that_waited_too_long_is_rechecked_at_its_handoff(book: Book, room: Make) -> None:
    action = book.action()
    checks: list[int] = []

    def check(session: Session, rows: Sequence[Claimed], now: datetime) -> list[Rechecked]:
        checks.append(len(rows))
        return prepare(session, rows, now) if len(checks) == 1 else [Refused(rows[0], Reason.PAID, skip=True)]

    one = room(check=check, fresh_for=timedelta(0))
    [job] = one.claim()
    request = handed(job)
    one.desk.settle([request])
    assert (answers(request)[0][0], checks, book.now(action).state) == (frozenset(), [1, 1], "skipped")


def test_what_had_no_leave_or_came_late_is_left_to_be_settled_next(book: Book, room: Make) -> None:
    made, one = [book.action(f"c{n}@acme.example") for n in range(3)], room()
    out, gone, back = one.claim()
    one.desk.settle([handed(out)])
    with book.db.write() as session:
        actions.rescue_expired(session, now=utcnow() + timedelta(minutes=11), actor="worker:other")
    assert [book.now(action).state for action in made] == ["manual", "queued", "queued"]
    left = one.desk.settle([called(out), handed(gone), PutBack(back)])
    assert [(type(report), report.job) for report in left] == [(Late, out), (PutBack, gone)]
    assert one.desk.settle(left) == []
    rows = [book.now(action) for action in made]
    assert [(row.state, row.reason) for row in rows] == [
        ("sent", "late_receipt"), ("queued", "lease_expired"), ("queued", "lease_expired")
    ]  # fmt: skip


def test_what_most_mails_need_is_one_commit(book: Book, room: Make, clock: Clock) -> None:
    for n in range(3):
        book.action(f"c{n}@acme.example")
    one, commits = room(), list[str]()
    first, second, third = one.claim()
    one.desk.settle([handed(first)])
    listen(one.db.engine, "commit", lambda _connection: commits.append("commit"))
    one.desk.settle([called(first), handed(second)])
    assert commits == ["commit"]
    one.desk.settle([called(second), handed(third), NotCalled(first)])
    assert commits == ["commit"] * 3


def test_a_campaigns_message_is_told_twice_a_second_at_most_and_at_the_end(
    book: Book, room: Make, clock: Clock
) -> None:
    for n in range(3):
        book.action(f"c{n}@acme.example")
    one = room()
    first, second, third = one.claim()
    start = one.version()
    clock.shows = 1000.4
    one.desk.settle([PutBack(first)])
    assert (one.version(), one.desk.owes) == (start, True)
    one.desk.look_afresh()
    assert (ids(one.claim()), one.desk.owes) == (ids([first]), True)
    clock.shows = 1000.5
    one.desk.settle([PutBack(second)])
    assert (one.version(), one.desk.owes) == (start + 1, False)
    clock.shows = 1000.9
    one.desk.settle([PutBack(third)])
    assert (one.version(), one.desk.owes) == (start + 1, True)
    one.desk.settle([])
    assert (one.version(), one.desk.owes) == (start + 2, False)


def test_what_it_owes_to_one_campaign_is_not_forgotten_over_another(
    db: Database, build: Builder, room: Make, clock: Clock
) -> None:
    one = room()
    for clock.shows in (1000.0, 1000.1, 1000.2):
        Book(db, build).action()
        one.desk.look_afresh()
        assert len(one.claim()) == 1
    told, first, second = one.versions()
    one.desk.settle([])
    assert (one.versions(), one.desk.owes) == ([told, first + 1, second + 1], False)


def test_what_was_settled_for_one_campaign_is_not_forgotten_over_another(
    db: Database, build: Builder, room: Make, clock: Clock
) -> None:
    for _ in range(2):
        Book(db, build).action()
    one = room()
    jobs = one.claim()
    one.desk.settle([handed(job) for job in jobs])
    first, second = one.versions()
    for job in jobs:
        one.desk.settle([called(job)])
    assert (one.versions(), one.desk.owes) == ([first, second], True)
    clock.shows += TOUCH_EVERY
    one.desk.settle([])
    assert (one.versions(), one.desk.owes) == ([first + 1, second + 1], False)


def test_a_claim_whose_commit_was_cut_off_is_undone_once_the_database_is_back(book: Book, room: Make) -> None:
    made, one = [book.action(f"c{n}@acme.example") for n in range(2)], room(batch=1)
    dialect = cast("Any", book.db.engine.dialect)
    commit = dialect.do_commit

    def lost(connection: Any) -> None:
        commit(connection)
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    dialect.do_commit = lost
    for _ in made:
        with pytest.raises(OperationalError):
            one.desk.claim()
    dialect.do_commit = commit
    assert ([book.now(action).state for action in made], one.desk.owes) == (["sending", "sending"], True)
    assert one.lanes["email"].jobs.qsize() == 0
    one.desk.settle([])
    assert ([book.now(action).state for action in made], one.desk.owes) == (["queued", "queued"], False)
    one.desk.look_afresh()
    assert ids(one.claim()) == [made[0].id]


def test_a_provider_that_is_gone_gets_back_what_waits_for_it_and_one_alone_finds_out_whether_it_is_back(
    book: Book, room: Make, clock: Clock
) -> None:
    made = [book.action(f"c{n}@acme.example") for n in range(5)]
    one = room(batch=5)
    first, *waiting = one.claim()
    for job in waiting:
        one.lanes["email"].jobs.put(job)
    one.desk.settle([NotCalled(first), unreachable(first, 30.0, down=True)])
    assert one.lanes["email"].jobs.qsize() == 0
    rows = [book.now(action) for action in made]
    assert [(row.state, row.reason, row.detail) for row in rows] == [("queued", "transient", "no route")] * 5
    clock.shows += 29.9
    assert not one.desk.is_claiming()
    clock.shows = 1030.0
    assert one.desk.is_claiming()
    one.desk.look_afresh()
    [probe] = one.claim()
    assert not one.desk.is_claiming()
    clock.shows += 0.2
    one.desk.look_afresh()
    [another] = one.claim()  # still nobody knows
    one.desk.settle([handed(probe)])
    clock.shows += 0.2
    one.desk.look_afresh()
    assert len(one.claim()) == 2
    assert another.claimed.id != probe.claimed.id


def test_what_waited_for_a_provider_that_is_gone_is_not_forgotten_over_an_outage(book: Book, room: Make) -> None:
    made = [book.action(f"c{n}@acme.example") for n in range(3)]
    one = room()
    first, *waiting = one.claim()
    for job in waiting:
        one.lanes["email"].jobs.put(job)
    dialect = cast("Any", book.db.engine.dialect)
    commit = dialect.do_commit

    def lost(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    dialect.do_commit = lost
    gone = unreachable(first, 30.0, down=True)
    with pytest.raises(OperationalError):
        one.desk.settle([gone])
    dialect.do_commit = commit
    assert one.desk.owes
    one.desk.settle([gone])
    assert [book.now(action).state for action in made] == ["queued"] * 3
    assert not one.desk._stranded


def test_a_message_is_told_of_what_was_settled_though_the_answer_was_lost(book: Book, room: Make, clock: Clock) -> None:
    book.action()
    one = room()
    [job] = one.claim()
    one.desk.settle([handed(job)])
    one.desk.settle([])
    told, dialect = one.version(), cast("Any", book.db.engine.dialect)
    commit = dialect.do_commit

    def lost(connection: Any) -> None:
        commit(connection)
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    dialect.do_commit = lost
    with pytest.raises(OperationalError):
        one.desk.settle([called(job)])
    dialect.do_commit = commit
    for _ in range(2):
        one.desk.settle(one.desk.settle([called(job)]))
    one.desk.settle([])
    assert (one.version(), one.desk.owes) == (told + 1, False)


def test_a_call_says_that_the_provider_is_back(book: Book, room: Make, clock: Clock) -> None:
    for n in range(4):
        book.action(f"c{n}@acme.example")
    one = room(batch=3)
    first, second, _ = one.claim()
    one.desk.settle([unreachable(first, 0.0, down=True), called(second)])
    one.desk.look_afresh()
    assert len(one.claim()) == 2


def test_one_connection_less_stops_no_lane(book: Book, room: Make) -> None:
    for n in range(2):
        book.action(f"c{n}@acme.example")
    one = room()
    first, second = one.claim()
    one.lanes["email"].jobs.put(second)
    one.desk.settle([unreachable(first, 30.0, down=False)])
    assert one.desk.is_claiming()
    assert one.lanes["email"].drain() == [second]


def test_what_can_not_be_settled_is_parked_with_a_reference_and_its_thread_told_no(book: Book, room: Make) -> None:
    action, other = book.action(), book.action("sam@acme.example")
    one = room()
    first, second = one.claim()
    request = handed(first)
    one.desk.park(request, ValueError("no"))
    one.desk.park(PutBack(second), ValueError("no"))
    assert answers(request) == [(frozenset(), 0)]
    for each in (action, other):
        row = book.now(each)
        assert (row.state, row.reason) == ("manual", "render_failed")
        assert re.fullmatch("Reference [0-9a-f]{8}", row.detail or "")
    with book.db.read() as session:
        assert set(session.scalars(select(ActionHistory.actor))) == {"worker:w0"}
        assert session.scalars(select(Action.claim_token)).all() == [None, None]
