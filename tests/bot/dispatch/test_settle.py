"""Reports and requests become transitions: which, when, in whose name, and with what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bot.channels.base import AuthBroken, Message, Receipt, Rejected, SendError, Transient, Uncertain
from bot.dispatch import poison, settle
from bot.dispatch.lane import Lane, Sender
from bot.dispatch.prepare import Job, Later, Prepare, Rechecked, Refused, prepare
from bot.dispatch.reports import Called, HandOff, NotCalled, PutBack, Report, Unreachable, Unwritable, Wake
from bot.dispatch.rescue import rescue
from bot.domain.states import ActionState, CampaignState, Reason
from storage import actions
from storage.actions import Claimed, Held
from storage.db import Database, steady
from storage.models import Action, ActionHistory, Campaign, Customer, Notification, Suppression
from tests.bot.dispatch.desk_at import tell
from tests.bot.dispatch.machine_model import message_of
from tests.builders import NOW, Builder

LEASE = timedelta(minutes=10)
SOON, LATER = NOW + timedelta(seconds=5), NOW + timedelta(minutes=3)
FRESH = timedelta(seconds=15)


def written(channel: str, address: str) -> dict[str, object]:
    if channel == "letter":
        return {"postal": {"street": address, "postcode": "10115", "city": "Berlin", "country": "DE"}}
    return {"phone" if channel == "sms" else "email": address}


class Ground:
    """One campaign that is sending, its actions claimed."""

    def __init__(self, db: Database, build: Builder) -> None:
        self.db, self.build, self.token = db, build, "mine"
        self.alice = build.user()
        self.campaign = build.campaign(self.alice, state=CampaignState.SENDING)

    def claimed(self, *addresses: str, channel: str = "email", **values: object) -> list[Job]:
        for n, address in enumerate(addresses):
            customer = self.build.customer(email=address)
            to = [{"contact_id": None, "name": "Pat", **written(channel, address)}]
            due = NOW - timedelta(minutes=10 - n)
            made = {"due_at": due, "recipients": to, "channel": channel}
            self.build.action(self.campaign, customer, **(made | values))  # type: ignore[arg-type]
        with self.db.write() as session:
            rows = actions.claim_due(
                session, worker_name="w", now=NOW, limit=9, lease=LEASE, channels=[channel], token=self.token
            )
            return [job for job in prepare(session, rows, NOW) if isinstance(job, Job)]

    def settle(self, *reports: Report, now: datetime = LATER) -> None:
        tell(self.db, *reports, now=now, lease=LEASE)

    def hand_off(self, *requests: HandOff, now: datetime = SOON, prepare: Prepare = prepare) -> frozenset[int]:
        granted = tell(self.db, *requests, now=now, lease=LEASE, fresh_for=FRESH, prepare=prepare)
        return frozenset(action_id for _, action_id in granted)

    def called(self, job: Job, outcome: Receipt | SendError, *, now: datetime = LATER) -> None:
        assert self.hand_off(HandOff((job,), ("text",))) == {job.claimed.id}
        self.settle(Called(job, message_of(job), outcome), now=now)

    def row(self, job: Job) -> Action:
        with self.db.read() as session:
            return session.scalars(select(Action).where(Action.id == job.claimed.id)).one()

    def last(self, job: Job) -> tuple[str, str, str | None, str, datetime]:
        with self.db.read() as session:
            query = select(ActionHistory).where(ActionHistory.action_id == job.claimed.id)
            found = session.scalars(query.order_by(ActionHistory.id.desc())).first()
            assert found is not None
            return found.event, found.reason, found.detail, found.actor, found.at


@pytest.fixture
def ground(db: Database, build: Builder) -> Ground:
    return Ground(db, build)


def test_what_was_accepted_is_kept_with_who_was_refused(ground: Ground) -> None:
    whole, partly = ground.claimed("a@acme.example", "b@acme.example")
    ground.called(whole, Receipt("250 " + "x" * 300))
    ground.called(partly, Receipt("250 ok", {"c@acme.example": "550 no", "d@acme.example": "551 gone"}))
    for job in (whole, partly):
        row = ground.row(job)
        assert (row.state, row.sent_subject, row.sent_text, row.sent_at) == ("sent", "Hello", "text", LATER)
        assert (row.claim_token, row.claimed_by, row.lease_until, row.handed_off_at) == (None, None, None, SOON)
        with ground.db.read() as session:
            assert session.get_one(Customer, row.customer_id).last_contacted_at == LATER
    assert ground.row(whole).provider_id == ("250 " + "x" * 300)[:255]
    assert ground.last(whole) == ("accept", "accepted", None, "worker:w", LATER)
    refused = "c@acme.example: 550 no; d@acme.example: 551 gone"
    assert ground.last(partly) == ("accept", "partly_refused", refused, "worker:w", LATER)
    assert (ground.row(partly).detail, ground.row(partly).provider_id) == (refused, "250 ok")


def test_a_receipt_that_comes_after_the_lease_keeps_the_same(ground: Ground) -> None:
    (job,) = ground.claimed("a@acme.example")
    assert ground.hand_off(HandOff((job,), ("text",)))
    with ground.db.write() as session:
        actions.rescue_expired(session, now=SOON + LEASE + timedelta(seconds=1), actor="worker:r")
    late = NOW + timedelta(hours=1)
    ground.settle(Called(job, message_of(job), Receipt("250 ok", {"c@acme.example": "550 no"})), now=late)
    row = ground.row(job)
    assert (row.state, row.provider_id, row.sent_subject, row.sent_at) == ("sent", "250 ok", "Hello", late)
    assert ground.last(job) == ("settle", "late_receipt", "c@acme.example: 550 no", "worker:w", late)


@pytest.mark.parametrize(("error", "event", "reason", "state"), [
    (Rejected("550 no"), "reject", "rejected", "manual"),
    (Uncertain("lost"), "lose", "uncertain", "manual"),
    (Transient("450 later"), "retry", "transient", "queued"),
])  # fmt: skip
def test_a_failed_call_keeps_the_providers_words(
    ground: Ground, error: SendError, event: str, reason: str, state: str
) -> None:
    (job,) = ground.claimed("a@acme.example")
    ground.called(job, error)
    row = ground.row(job)
    assert (row.state, row.reason, row.detail, row.attempts) == (state, reason, error.detail, 1)
    assert row.handed_off_at == (SOON if isinstance(error, Uncertain) else None)
    assert ground.last(job) == (event, reason, error.detail, "worker:w", LATER)
    if isinstance(error, Transient):
        assert row.due_at == LATER + timedelta(minutes=1)


@pytest.mark.parametrize(("attempts", "unanswered", "error", "event", "state", "stays_unanswered"), [
    (0, False, Uncertain("lost"), ("retry", "unanswered"), "queued", True),
    (1, True, Transient("429 later"), ("retry", "unanswered"), "queued", True),  # the first may still be out
    (0, False, Transient("429 later"), ("retry", "transient"), "queued", False),
    (5, True, Transient("429 later"), ("lose", "uncertain"), "manual", True),
    (5, False, Transient("429 later"), ("exhaust", "retries_exhausted"), "manual", False),
])  # fmt: skip
def test_a_letter_without_an_answer_is_tried_again_and_never_called_unsent(
    ground: Ground,
    attempts: int,
    unanswered: bool,
    error: SendError,
    event: tuple[str, str],
    state: str,
    stays_unanswered: bool,
) -> None:
    (job,) = ground.claimed("1 High Street", channel="letter", attempts=attempts, unanswered=unanswered)
    ground.called(job, error)
    row = ground.row(job)
    assert (row.state, row.unanswered) == (state, stays_unanswered)
    assert ground.last(job) == (*event, error.detail, "worker:w", LATER)


def test_a_letter_without_an_answer_stays_so_while_its_provider_is_away(ground: Ground) -> None:
    (job,) = ground.claimed("1 High Street", channel="letter", unanswered=True)
    ground.settle(Unreachable(job, Transient("no route"), 4.0, True))
    assert (ground.row(job).state, ground.row(job).unanswered) == ("queued", True)
    assert ground.last(job) == ("retry", "unanswered", "no route", "worker:w", LATER)


def test_after_the_last_attempt_it_is_a_persons(ground: Ground) -> None:
    (last,) = ground.claimed("b@acme.example", attempts=5)
    ground.called(last, Transient("450 later"))
    assert ground.last(last) == ("exhaust", "retries_exhausted", "450 later", "worker:w", LATER)


def test_a_number_that_opted_out_is_suppressed_with_the_providers_words(ground: Ground) -> None:
    (job,) = ground.claimed("a@acme.example")
    ground.called(job, Rejected("21610 STOP", reason=Reason.SUPPRESSED))
    assert ground.last(job) == ("no_recipient", "suppressed", "21610 STOP", "worker:w", LATER)
    with ground.db.read() as session:
        kept = session.scalars(select(Suppression)).one()
    assert (kept.channel, kept.address, kept.cause, kept.note) == ("email", "a@acme.example", "opt_out", "21610 STOP")
    assert (kept.workspace_id, kept.created_at) == (ground.campaign.workspace_id, LATER)


@pytest.mark.parametrize("in_call", [True, False])
def test_a_refused_login_pauses_once_and_tells_the_creator_and_the_admins_of_the_workspace(
    ground: Ground, build: Builder, in_call: bool
) -> None:
    admin = build.user("Ada", role="admin")
    first, second = ground.claimed("a@acme.example", "b@acme.example")
    home = ground.campaign.workspace_id
    build.workspace(team_id="T9")
    build.user("Stranger", role="admin")
    broken = AuthBroken("535 no")
    if in_call:
        ground.called(first, broken)
    else:
        ground.settle(Unreachable(first, broken, 4.0, True))
    ground.settle(Unreachable(second, AuthBroken("535 again"), 4.0, True), now=LATER + timedelta(seconds=1))
    with ground.db.read() as session:
        campaign = session.get_one(Campaign, ground.campaign.id)
        assert (campaign.state, campaign.pause_reason, campaign.pause_detail) == ("paused", "sender_login", "535 no")
        notices = list(session.scalars(select(Notification).where(Notification.kind == "sender_login")))
    assert sorted(notice.user_id for notice in notices) == sorted([ground.alice.id, admin.id])
    assert {(notice.workspace_id, notice.due_at) for notice in notices} == {(home, LATER)}
    for job in (first, second):
        row = ground.row(job)
        assert (row.state, row.handed_off_at, row.claim_token) == ("queued", None, None)
        assert row.due_at is not None
        assert row.due_at <= LATER
    assert ground.last(first)[:3] == (("retry", "transient", "535 no") if in_call else ("release", "stopped", None))


def test_what_never_reached_its_provider_waits_as_long_as_the_sender_does(ground: Ground) -> None:
    (job,) = ground.claimed("a@acme.example")
    ground.settle(Unreachable(job, Transient("no route"), 4.0, True))
    row = ground.row(job)
    assert (row.state, row.attempts, row.due_at) == ("queued", 0, LATER + timedelta(seconds=4))
    assert ground.last(job) == ("retry", "transient", "no route", "worker:w", LATER)


def test_reports_without_a_call(ground: Ground) -> None:
    jobs = ground.claimed(*(f"{n}@acme.example" for n in range(3)))
    uncalled, unwritten, returned = jobs
    assert ground.hand_off(HandOff((uncalled,), ("text",))) == {uncalled.claimed.id}
    ground.settle(NotCalled(uncalled), Unwritable(unwritten, Reason.EMPTY_VALUE, "{{x}}"), PutBack(returned), Wake())
    assert ground.last(uncalled) == ("release", "stopped", None, "worker:w", LATER)
    assert (ground.row(uncalled).attempts, ground.row(uncalled).handed_off_at) == (0, None)
    assert ground.last(unwritten) == ("reject", "empty_value", "{{x}}", "worker:w", LATER)
    assert ground.last(returned) == ("release", "stopped", None, "worker:w", LATER)
    assert ground.row(returned).due_at == NOW - timedelta(minutes=8)


def test_what_is_put_back_is_named_whatever_claim_it_was_of(ground: Ground) -> None:
    [first] = ground.claimed("a@acme.example")
    ground.token = "second"
    [second] = ground.claimed("b@acme.example")
    with ground.db.write() as session:
        moved = settle.put_back(settle.Book(session, LATER, "worker:w"), [first, second])
    assert sorted(moved) == [first.claimed.id, second.claimed.id]


def test_what_is_put_back_says_why(ground: Ground) -> None:
    (job,) = ground.claimed("a@acme.example")
    with ground.db.write() as session:
        settle.put_back(settle.Book(session, LATER, "worker:w"), [job], Reason.TRANSIENT, "no route")
    assert ground.last(job) == ("release", "transient", "no route", "worker:w", LATER)


def test_only_what_is_asked_for_is_granted_and_only_once(ground: Ground) -> None:
    first, second, third = ground.claimed(*(f"{n}@acme.example" for n in range(3)))
    granted = ground.hand_off(HandOff((first, second), ("one", "two")))
    assert granted == {first.claimed.id, second.claimed.id}
    row = ground.row(first)
    assert (row.handed_off_at, row.lease_until, row.attempts, row.sent_text) == (SOON, SOON + LEASE, 1, None)
    assert row.updated_at == SOON
    assert ground.hand_off(HandOff((first,), ("one",)), HandOff((third,), ("three",))) == {third.claimed.id}
    again = HandOff((second,), ("two",))
    again.grant.doubtful = True  # its commit was cut off
    later = SOON + timedelta(minutes=9)
    assert ground.hand_off(again, now=later) == {second.claimed.id}
    row = ground.row(second)
    assert (row.handed_off_at, row.lease_until, row.attempts) == (SOON, later + LEASE, 1)


def test_requests_of_several_claims_are_granted_together(ground: Ground) -> None:
    (cut,) = ground.claimed("a@acme.example")
    assert ground.hand_off(HandOff((cut,), ("cut",))) == {cut.claimed.id}
    ground.token = "another"
    (second,) = ground.claimed("b@acme.example")
    ground.token = "a third"
    (third,) = ground.claimed("c@acme.example")
    again = HandOff((cut,), ("cut",))
    again.grant.doubtful = True
    asked = ground.hand_off(HandOff((second,), ("two",)), HandOff((third,), ("three",)), again)
    assert asked == {cut.claimed.id, second.claimed.id, third.claimed.id}


def test_what_was_noted_unseen_goes_back_where_it_may_not_go_out_any_more(ground: Ground, build: Builder) -> None:
    """The commit was cut off without an answer, so nobody was called; meanwhile the world has changed."""
    fine, closed, changed = ground.claimed(*(f"{n}@acme.example" for n in "abc"))
    jobs = (fine, closed, changed)
    assert len(ground.hand_off(HandOff(jobs, ("text",) * 3))) == 3
    build.save(Suppression(
        workspace_id=ground.campaign.workspace_id, channel="email", address="b@acme.example", cause="opt_out",
        created_at=NOW,
    ))  # fmt: skip

    def again(session: Session, rows: Sequence[Claimed], now: datetime) -> list[Rechecked]:
        found = [job for job in prepare(session, rows, now) if isinstance(job, Job)]
        other = (("Sam", "s@acme.example"),)
        return [
            Job(job.claimed, job.letter, job.facts, other, (), now) if job.claimed.id == changed.claimed.id else job
            for job in found
        ]

    request = HandOff(jobs, ("text",) * 3)
    request.grant.doubtful = True
    late = SOON + FRESH * 2
    assert ground.hand_off(request, now=late, prepare=again) == {fine.claimed.id}
    for job in (closed, changed):
        row = ground.row(job)
        assert (row.state, row.attempts, row.handed_off_at, row.claim_token) == ("queued", 0, None, None)
        assert ground.last(job) == ("release", "stopped", None, "worker:w", late)
    with ground.db.write() as session:
        session.get_one(Campaign, ground.campaign.id).state = "cancelled"
    request = HandOff((fine,), ("text",))
    request.grant.doubtful = True
    assert ground.hand_off(request, now=late) == frozenset()
    assert (ground.row(fine).state, ground.row(fine).attempts) == ("cancelled", 0)


def test_a_refused_login_that_is_told_again_pauses_nothing_again(ground: Ground) -> None:
    (job,) = ground.claimed("a@acme.example")
    assert ground.hand_off(HandOff((job,), ("text",)))
    refused = Called(job, message_of(job), AuthBroken("535 no"))
    ground.settle(refused)
    with ground.db.write() as session:
        row = session.get_one(Campaign, ground.campaign.id)
        assert row.state == "paused"
        row.state, row.pause_reason = "sending", None  # somebody has mended it
    ground.settle(refused)
    with ground.db.read() as session:
        assert session.get_one(Campaign, ground.campaign.id).state == "sending"


def test_a_request_without_the_words_of_each_message_is_no_request(ground: Ground) -> None:
    (job,) = ground.claimed("+4915123456789", channel="sms")
    with pytest.raises(ValueError):
        ground.hand_off(HandOff((job,), ()))
    assert ground.row(job).handed_off_at is None


def test_an_address_suppressed_since_is_the_last_gate(ground: Ground, build: Builder) -> None:
    to, cc = ground.claimed("A@acme.example"), ground.claimed("b@acme.example", cc=["C@acme.example"])
    other = ground.claimed("d@acme.example")
    for address in ("a@acme.example", "c@acme.example"):
        build.save(Suppression(
            workspace_id=ground.campaign.workspace_id, channel="email", address=address, cause="opt_out", created_at=NOW
        ))  # fmt: skip
    build.save(Suppression(
        workspace_id=ground.campaign.workspace_id, channel="sms", address="d@acme.example", cause="opt_out",
        created_at=NOW,
    ))  # fmt: skip
    asked = HandOff((*to, *cc, *other), ("one", "two", "three"))
    assert ground.hand_off(asked) == {other[0].claimed.id}
    for job in (*to, *cc):
        assert ground.last(job) == ("release", "stopped", None, "worker:w", SOON)


def test_a_job_that_waited_is_rechecked_and_goes_only_if_it_would_read_the_same(ground: Ground) -> None:
    same, changed, skipped, later, fresh = ground.claimed(*(f"{n}@acme.example" for n in range(5)))
    seen: list[int] = []
    opens = NOW + timedelta(hours=9)

    def again(session: Session, rows: Sequence[Claimed], now: datetime) -> list[Rechecked]:
        seen.extend(row.id for row in rows)
        found: list[Rechecked] = []
        for job in prepare(session, rows, now):
            assert isinstance(job, Job)
            if job.claimed.id == skipped.claimed.id:
                found.append(Refused(job.claimed, Reason.PAID, skip=True))
            elif job.claimed.id == later.claimed.id:
                found.append(Later(job.claimed, opens))
            elif job.claimed.id == changed.claimed.id:
                found.append(Job(job.claimed, job.letter, job.facts, (("Sam", "s@acme.example"),), (), now))
            else:
                found.append(job)
        return found

    waited = NOW + FRESH + timedelta(seconds=1)
    young = Job(fresh.claimed, fresh.letter, fresh.facts, fresh.to, fresh.cc, NOW + timedelta(seconds=1))
    asked = HandOff((same, changed, skipped, later, young), ("text",) * 5)
    assert ground.hand_off(asked, now=waited, prepare=again) == {same.claimed.id, fresh.claimed.id}
    assert seen == [job.claimed.id for job in (same, changed, skipped, later)]
    assert ground.last(changed) == ("release", "stopped", None, "worker:w", waited)
    assert ground.last(skipped) == ("skip", "paid", None, "worker:w", waited)
    assert ground.last(later) == ("release", "outside_hours", None, "worker:w", waited)
    assert ground.row(later).due_at == opens


def test_what_a_provider_can_be_asked_for_is_kept_before_the_call(ground: Ground) -> None:
    (job,) = ground.claimed("+4915123456789", channel="sms")
    assert ground.hand_off(HandOff((job,), ("Please pay.",))) == {job.claimed.id}
    assert ground.row(job).sent_text == "Please pay."


def test_refusals_of_the_recheck(ground: Ground) -> None:
    paid, nobody = ground.claimed("a@acme.example", "b@acme.example")
    with ground.db.write() as session:
        book = settle.Book(session, LATER, "worker:w")
        refused = [
            Refused(paid.claimed, Reason.PAID, skip=True),
            Refused(nobody.claimed, Reason.NO_CONTACT, skip=False, detail="nobody there"),
        ]
        settle.refuse(book, refused)
    assert ground.last(paid) == ("skip", "paid", None, "worker:w", LATER)
    assert ground.last(nobody) == ("no_recipient", "no_contact", "nobody there", "worker:w", LATER)


def test_after_an_unanswered_attempt_nothing_is_skipped_or_refused_unseen(ground: Ground) -> None:
    """It may be out: a person is told that, and what has happened since."""
    paid, nobody = ground.claimed("1 High Street", "2 High Street", channel="letter", unanswered=True)
    refused = [
        Refused(paid.claimed, Reason.PAID, skip=True),
        Refused(nobody.claimed, Reason.SUPPRESSED, skip=False, detail="2 High Street"),
    ]
    with ground.db.write() as session:
        settle.refuse(settle.Book(session, LATER, "worker:w"), refused)
    since = "An attempt got no answer, and since then: "
    paid_since, closed_since = (
        f"{since}nothing overdue any more.",
        f"{since}the postal address must not be contacted (2 High Street).",
    )
    assert ground.last(paid) == ("lose", "uncertain", paid_since, "worker:w", LATER)
    assert ground.last(nobody) == ("lose", "uncertain", closed_since, "worker:w", LATER)


def test_only_what_was_handed_off_under_its_own_claim_comes_back_uncalled(ground: Ground) -> None:
    out, claimed = ground.claimed("a@acme.example", "b@acme.example")
    assert ground.hand_off(HandOff((out,), ("text",)))
    ids = [out.claimed.id, claimed.claimed.id]
    with ground.db.write() as session:
        assert actions.release_uncalled(session, "other", ids, now=LATER, actor="worker:w") == []
        assert actions.release_uncalled(session, "mine", ids, now=LATER, actor="worker:w") == [out.claimed.id]
    assert (ground.row(claimed).state, ground.row(claimed).attempts) == ("sending", 0)


def test_what_can_not_be_settled_is_parked_with_a_reference(ground: Ground) -> None:
    called, first, second, unwritten = ground.claimed(*(f"{n}@acme.example" for n in range(4)))
    assert ground.hand_off(HandOff((called,), ("text",)))
    reports: list[Report] = [
        Called(called, message_of(called), Receipt("x")),
        HandOff((first, second), ("one", "two")),
        Unwritable(unwritten, Reason.EMPTY_VALUE, "x"),
        Wake(),
    ]
    with ground.db.write() as session:
        for report in reports:
            settle.park(settle.Book(session, LATER, "worker:w"), report, "abc")
    what = "What came of the call can't be kept. Reference abc"
    assert ground.last(called) == ("lose", "uncertain", what, "worker:w", LATER)
    assert ground.row(called).handed_off_at == SOON
    for job in (first, second, unwritten):
        assert ground.last(job) == ("reject", "render_failed", "Reference abc", "worker:w", LATER)


def test_poison_is_found_by_halving_and_an_outage_is_no_poison(ground: Ground) -> None:
    jobs = ground.claimed(*(f"{n}@acme.example" for n in range(5)))
    rows, bad = [job.claimed for job in jobs], jobs[3].claimed.id
    sizes: list[int] = []

    def check(session: Session, asked: Sequence[Claimed], now: datetime) -> list[Rechecked]:
        assert now == LATER
        sizes.append(len(asked))
        if any(row.id == bad for row in asked):
            raise ValueError("poison")
        return prepare(session, asked, now)

    with ground.db.write() as session, capture_logs() as logs:
        found = poison.prepared(session, rows, LATER, check)
        assert poison.prepared(session, [], LATER, check) == []
    assert [one.claimed.id for one in found] == [row.id for row in rows]
    refused = found[3]
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.skip) == (Reason.RENDER_FAILED, False)
    (said,) = logs
    assert (said["event"], said["action_id"], said["error"]) == ("action_parked", bad, "ValueError")
    assert refused.detail == f"Reference {said['reference']}"
    assert len(said["reference"]) == 8
    assert sizes == [5, 2, 3, 1, 2, 1, 1]
    with ground.db.write() as session, pytest.raises(OperationalError):
        poison.prepared(session, rows, LATER, _gone)


def _gone(session: Session, rows: Sequence[Claimed], now: datetime) -> list[Rechecked]:
    raise OperationalError("SELECT 1", {}, Exception("gone"))


def test_a_rescue_frees_what_is_over_in_the_rescuers_name_and_says_how_much(ground: Ground, build: Builder) -> None:
    out, *rest = ground.claimed(*(f"{n}@acme.example" for n in range(3)))
    assert ground.hand_off(HandOff((out,), ("text",)), now=NOW)
    cancelled = build.campaign(ground.alice, state=CampaignState.CANCELLED)
    stray = build.action(cancelled, due_at=NOW)
    over = NOW + LEASE + timedelta(seconds=1)
    with capture_logs() as logs:
        assert rescue(ground.db, name="r", now=NOW + LEASE) == 0
        assert rescue(ground.db, name="r", now=over) == 3
        assert rescue(ground.db, name="r", now=over) == 0
    assert [(log["event"], log["queued"], log["uncertain"]) for log in logs] == [("claims_rescued", 2, 1)]
    words = "The worker stopped while it was handing this over."
    assert ground.last(out) == ("lose", "uncertain", words, "worker:r", over)
    assert ground.row(out).handed_off_at == NOW
    for job in rest:
        assert ground.last(job) == ("release", "lease_expired", None, "worker:r", over)
    with ground.db.read() as session:
        swept = session.scalars(select(ActionHistory).where(ActionHistory.action_id == stray.id)).one()
    assert (swept.event, swept.reason, swept.actor) == ("cancel", "campaign_cancelled", "worker:r")


@pytest.mark.parametrize(("channel", "queued", "uncertain", "event"), [
    ("letter", 1, 0, ("retry", "unanswered")),
    ("sms", 0, 1, ("lose", "uncertain")),
])  # fmt: skip
def test_what_was_being_handed_over_is_tried_again_only_where_it_is_taken_once(
    ground: Ground, channel: str, queued: int, uncertain: int, event: tuple[str, str]
) -> None:
    row = ground.build.action(
        ground.campaign, channel=channel, state=ActionState.SENDING, handed_off_at=NOW, lease_until=NOW
    )
    over = NOW + timedelta(seconds=1)
    with capture_logs() as logs:
        assert rescue(ground.db, name="r", now=over) == 1
    assert [(log["queued"], log["uncertain"]) for log in logs] == [(queued, uncertain)]
    with ground.db.read() as session:
        after = session.get_one(Action, row.id)
        told = session.scalars(select(ActionHistory).where(ActionHistory.action_id == row.id)).one()
    assert after.unanswered is bool(queued)
    assert after.handed_off_at == (None if queued else NOW)
    words = "The worker stopped while it was handing this over."
    assert (told.event, told.reason, told.detail, told.actor, told.at) == (*event, words, "worker:r", over)


def test_a_rescue_goes_by_the_databases_clock(ground: Ground) -> None:
    now = ground.db.now()
    build, campaign = ground.build, ground.campaign
    held = build.action(campaign, state=ActionState.SENDING, lease_until=now + timedelta(minutes=5))
    over = build.action(campaign, state=ActionState.SENDING, lease_until=now - timedelta(minutes=5))
    assert rescue(ground.db, name="r") == 1
    with ground.db.read() as session:
        assert session.get_one(Action, held.id).state == "sending"
        assert session.get_one(Action, over.id).state == "queued"


def test_an_old_claim_gets_no_leave_by_a_new_one_on_the_same_action(ground: Ground) -> None:
    """The lease ran out while a thread had its message ready, and another thread of the same worker has it anew."""
    (old,) = ground.claimed("pat@acme.example")
    rescue(ground.db, name="w", now=NOW + LEASE + timedelta(seconds=1))
    with ground.db.write() as session:
        now = NOW + LEASE + timedelta(seconds=2)
        rows = actions.claim_due(
            session, worker_name="w", now=now, limit=9, lease=LEASE, channels=["email"], token="anew"
        )
        (new,) = [job for job in prepare(session, rows, now) if isinstance(job, Job)]
        assert new.claimed.id == old.claimed.id
    requests = [HandOff((old,), ("text",)), HandOff((new,), ("text",))]
    granted = tell(ground.db, *requests, now=now, lease=LEASE)
    assert granted == {("anew", new.claimed.id)}
    assert ground.row(new).state == "sending"
    assert sends(old, granted) == 0
    assert sends(new, granted) == 1


def sends(job: Job, granted: frozenset[Held]) -> int:
    """Return how often the provider is called for a job whose thread gets this answer."""
    calls: list[Message] = []

    class Taker:
        connections = 1

        def open(self) -> Taker:
            return self

        def send(self, message: Message) -> Receipt:
            calls.append(message)
            return Receipt("250 ok")

        def close(self) -> None:
            pass

    def tell(report: Report) -> None:
        if isinstance(report, HandOff):
            report.grant.answer(granted, steady() + 60)

    lane = Lane("email", Taker(), message_of, tell, threads=1)
    lane.jobs.put(job)
    lane.jobs.put(None)
    Sender(lane).run()
    return len(calls)
