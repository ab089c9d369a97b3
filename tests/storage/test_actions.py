"""The outbox: every transition from the right state only, under the right claim, with its history."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.dispatch.rescue import rescue
from bot.domain.states import ACTION_TRANSITIONS, ActionEvent, ActionState, CampaignState, Reason
from storage import actions
from storage.actions import Asked, Claimed, FrozenAction, FrozenCampaign, SentAction
from storage.db import Database
from storage.models import Action, ActionHistory, Campaign, Customer, Notification
from tests.builders import NOW, Builder

LEASE = timedelta(minutes=5)
ME = "worker:w"
LATER = NOW + timedelta(minutes=1)


def reread(db: Database, action: Action) -> Action:
    with db.read() as session:
        return session.scalars(select(Action).where(Action.id == action.id)).one()


def history(db: Database, action: Action) -> list[tuple[str, str | None, str, str, str]]:
    with db.read() as session:
        query = select(ActionHistory).where(ActionHistory.action_id == action.id).order_by(ActionHistory.id)
        return [(h.event, h.from_state, h.to_state, h.reason, h.actor) for h in session.scalars(query)]


def claim(db: Database, limit: int = 100) -> list[Claimed]:
    with db.write() as session:
        return actions.claim_due(session, worker_name="w", now=NOW, limit=limit, lease=LEASE, channels=["email"])


def hand_off(db: Database, claimed: Claimed, token: str | None = None) -> set[int]:
    with db.write() as session:
        asked = [Asked((token or claimed.token, claimed.id))]
        found = actions.exchange(session, [], asked, now=NOW, lease=LEASE, actor=ME)
    assert not found.settled
    return {action_id for _, action_id in found.granted}


def settle_sent(db: Database, claimed: Claimed, token: str | None = None, actor: str = ME) -> frozenset[int]:
    with db.write() as session:
        return accept(session, SentAction(claimed.id, "250 id-1", "Hello", "Dear Acme"), token or claimed.token, actor)


def accept(session: Session, sent: SentAction, token: str, actor: str = ME) -> frozenset[int]:
    found = actions.exchange(session, [(token, sent)], [], now=LATER, lease=LEASE, actor=actor)
    assert not found.granted
    return found.settled


def everything(session: Session) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session.execute(select(*Action.__table__.columns))]


def _manual(session: Session, row: Action, token: str, reason: Reason) -> list[int]:
    return actions.settle_manual(session, token, row.id, reason=reason, detail="no", now=LATER, actor=ME)


TRANSITIONS: dict[ActionEvent, Callable[[Session, Action, str], object]] = {
    ActionEvent.CLAIM: lambda s, r, t: actions.claim_due(
        s, worker_name="w", now=LATER, limit=9, lease=LEASE, channels=["email"]
    ),
    ActionEvent.RELEASE: lambda s, r, t: actions.release(s, t, [r.id], now=LATER, actor=ME),
    ActionEvent.ACCEPT: lambda s, r, t: accept(s, SentAction(r.id, "id", "s", "t"), t),
    ActionEvent.RETRY: lambda s, r, t: actions.settle_retry(
        s, t, r.id, due_at=LATER, detail="450 later", now=LATER, actor=ME
    ),
    ActionEvent.REJECT: lambda s, r, t: _manual(s, r, t, Reason.REJECTED),
    ActionEvent.EXHAUST: lambda s, r, t: _manual(s, r, t, Reason.RETRIES_EXHAUSTED),
    ActionEvent.LOSE: lambda s, r, t: _manual(s, r, t, Reason.UNCERTAIN),
    ActionEvent.NO_RECIPIENT: lambda s, r, t: _manual(s, r, t, Reason.SUPPRESSED),
    ActionEvent.SKIP: lambda s, r, t: actions.settle_skipped(s, t, [r.id], reason=Reason.PAID, now=LATER, actor=ME),
    ActionEvent.CANCEL: lambda s, r, t: actions.cancel_queued(s, r.workspace_id, r.campaign_id, now=LATER, actor=ME),
    ActionEvent.DELIVER: lambda s, r, t: actions.deliver(s, r.workspace_id, [r.id], now=LATER, actor=ME),
    ActionEvent.BOUNCE: lambda s, r, t: actions.bounce(s, r.workspace_id, r.id, detail="gone", now=LATER, actor=ME),
    ActionEvent.BOUNCE_PARTLY: lambda s, r, t: actions.bounce_partly(
        s, r.workspace_id, r.id, detail="gone", now=LATER, actor=ME
    ),
    ActionEvent.BOUNCE_LATE: lambda s, r, t: actions.bounce_late(
        s, r.workspace_id, r.id, detail="gone", now=LATER, actor=ME, reason=Reason.RETURNED
    ),
    ActionEvent.DOUBT: lambda s, r, t: actions.cancel_queued(s, r.workspace_id, r.campaign_id, now=LATER, actor=ME),
    ActionEvent.SEND: lambda s, r, t: actions.send_manual(s, r.workspace_id, [r.id], now=LATER, user_id=r.owner_id),
    ActionEvent.IGNORE: lambda s, r, t: actions.ignore(s, r.workspace_id, [r.id], now=LATER, user_id=r.owner_id),
    ActionEvent.UNDO_IGNORE: lambda s, r, t: actions.undo_ignore(
        s, r.workspace_id, [r.id], now=LATER, user_id=r.owner_id
    ),
    ActionEvent.SETTLE: lambda s, r, t: actions.settle_late(
        s, SentAction(r.id, "id", "s", "t"), message_id=r.message_id, now=LATER, actor=ME
    ),
}

NEEDS_HANDOFF = {ActionEvent.ACCEPT, ActionEvent.SETTLE}


def make(build: Builder, state: ActionState, event: ActionEvent) -> Action:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    values = {"handed_off_at": NOW} if event in NEEDS_HANDOFF and state is not ActionState.QUEUED else {}
    return build.action(campaign, state=state, unanswered=event is ActionEvent.DOUBT, **values)


def test_every_event_leaves_every_state_that_it_does_not_belong_to_untouched(db: Database, build: Builder) -> None:
    assert set(TRANSITIONS) == set(ActionEvent)
    for event, apply in TRANSITIONS.items():
        for state in ActionState:
            if (state, event) in ACTION_TRANSITIONS:
                continue
            row = make(build, state, event)
            with db.write() as session:
                before = everything(session)
                apply(session, row, row.claim_token or "none")
                assert everything(session) == before, (state, event)
                session.rollback()
            assert history(db, row) == []
            with db.write() as session:
                session.delete(session.get_one(Action, row.id))


@pytest.mark.parametrize(("pair", "after"), ACTION_TRANSITIONS.items(), ids=lambda v: str(v))
def test_every_event_of_the_table_moves_writes_history_and_touches_the_message(
    db: Database, build: Builder, pair: tuple[ActionState, ActionEvent], after: ActionState
) -> None:
    before, event = pair
    row = make(build, before, event)
    with db.write() as session:
        TRANSITIONS[event](session, row, row.claim_token or "none")
    assert reread(db, row).state == after.value
    written = history(db, row)
    assert [(h[0], h[1], h[2]) for h in written] == [(event.value, before.value, after.value)]
    with db.read() as session:
        query = select(Notification.version).where(Notification.campaign_id == row.campaign_id)
        # of what was accepted, the worker tells the message twice a second
        assert session.scalar(query) == (1 if event is ActionEvent.ACCEPT else 2)


def test_claims_only_what_is_due_in_campaigns_that_are_sending_oldest_first(db: Database, build: Builder) -> None:
    alice = build.user()
    sending = build.campaign(alice, state=CampaignState.SENDING)
    second = build.action(sending, due_at=NOW - timedelta(minutes=1))
    first = build.action(sending, due_at=NOW - timedelta(minutes=2))
    build.action(sending, due_at=NOW + timedelta(seconds=1))
    build.action(sending, channel="sms")
    for state in (CampaignState.SCHEDULED, CampaignState.PAUSED, CampaignState.CANCELLED, CampaignState.COMPLETED):
        build.action(build.campaign(alice, state=state))
    claimed = claim(db)
    assert [c.id for c in claimed] == [first.id, second.id]
    assert claimed[0].recipients[0]["email"] == "payer@example.com"
    row = reread(db, first)
    assert (row.state, row.claimed_by, row.lease_until) == ("sending", "w", NOW + LEASE)
    assert history(db, first) == [("claim", "queued", "sending", "claimed", "worker:w")]
    assert claim(db) == []


def test_workers_claiming_at_once_share_the_rows_without_overlap(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    expected = sorted(build.action(campaign).id for _ in range(12))
    got: list[int] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        while batch := claim(db, limit=2):
            got.extend(c.id for c in batch)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got.extend(c.id for c in claim(db))  # what another one was just locking when a worker looked
    assert sorted(got) == expected


def test_hands_off_once_and_counts_the_attempt(db: Database, build: Builder) -> None:
    row = build.action(build.campaign(build.user(), state=CampaignState.SENDING))
    [claimed] = claim(db)
    assert hand_off(db, claimed) == {row.id}
    assert hand_off(db, claimed) == set()
    assert (reread(db, row).attempts, reread(db, row).handed_off_at) == (1, NOW)


def test_a_handoff_found_after_a_lost_answer_holds_for_a_whole_lease_again(db: Database, build: Builder) -> None:
    """The call has yet to begin: if its old lease ended meanwhile, a person could send it a second time."""
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    action, unasked = (build.action(campaign, due_at=NOW - timedelta(minutes=n)) for n in (2, 1))
    claimed, _ = claim(db)
    assert hand_off(db, claimed) == {action.id}
    late = NOW + LEASE - timedelta(seconds=1)
    with db.write() as session:
        assert actions.handed_off(session, "other", [action.id], now=late, lease=LEASE) == set()
        assert actions.handed_off(session, claimed.token, [unasked.id], now=late, lease=LEASE) == set()
        assert actions.release(session, claimed.token, [unasked.id], now=late, actor=ME) == [unasked.id]
        assert actions.handed_off(session, claimed.token, [action.id], now=late, lease=LEASE) == {action.id}
        assert actions.rescue_expired(session, now=NOW + LEASE + timedelta(minutes=1), actor=ME) == ([], [])
        assert actions.rescue_expired(session, now=late + LEASE + timedelta(seconds=1), actor=ME) == ([], [action.id])
        assert actions.handed_off(session, claimed.token, [action.id], now=late, lease=LEASE) == set()
    assert reread(db, action).attempts == 1


def test_hands_off_nothing_under_another_token_or_once_the_campaign_is_paused(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    build.action(campaign)
    [claimed] = claim(db)
    assert hand_off(db, claimed, "another") == set()
    with db.write() as session:
        row = session.get_one(Campaign, campaign.id)
        row.state, row.pause_reason = "paused", "by_person"
    assert hand_off(db, claimed) == set()


def test_settles_sent_with_what_was_sent_and_the_customer_as_contacted(db: Database, build: Builder) -> None:
    row = build.action(build.campaign(build.user(), state=CampaignState.SENDING))
    [claimed] = claim(db)
    hand_off(db, claimed)
    assert settle_sent(db, claimed, token="another") == frozenset()
    assert settle_sent(db, claimed) == {row.id}
    assert settle_sent(db, claimed) == frozenset()
    after = reread(db, row)
    assert (after.sent_at, after.provider_id, after.sent_subject, after.sent_text) == (
        LATER,
        "250 id-1",
        "Hello",
        "Dear Acme",
    )
    assert after.claim_token is None
    with db.read() as session:
        assert session.get_one(Customer, row.customer_id).last_contacted_at == LATER


def test_history_keeps_as_much_of_a_long_name_as_it_has_room_for(db: Database, build: Builder) -> None:
    row = build.action(build.campaign(build.user(), state=CampaignState.SENDING))
    [claimed] = claim(db)
    hand_off(db, claimed)
    settle_sent(db, claimed, actor="worker:" + "x" * 200)
    assert history(db, row)[-1][4] == "worker:" + "x" * 93


def test_a_partly_refused_message_is_sent_and_names_the_refused(db: Database, build: Builder) -> None:
    row = build.action(build.campaign(build.user(), state=CampaignState.SENDING))
    [claimed] = claim(db)
    hand_off(db, claimed)
    with db.write() as session:
        sent = SentAction(row.id, "id", "s", "t", refused="b@example.com: 550 no such user")
        assert not actions.settle_partly(session, "another", sent, now=LATER, actor=ME)
        assert actions.settle_partly(session, claimed.token, sent, now=LATER, actor=ME)
        assert not actions.settle_partly(session, claimed.token, sent, now=LATER, actor=ME)
    after = reread(db, row)
    assert (after.state, after.reason, after.detail) == ("sent", "partly_refused", "b@example.com: 550 no such user")


def test_a_revived_worker_can_not_settle_what_was_rescued(db: Database, build: Builder) -> None:
    row = build.action(build.campaign(build.user(), state=CampaignState.SENDING))
    [claimed] = claim(db)
    hand_off(db, claimed)
    with db.write() as session:
        rescued = actions.rescue_expired(session, now=NOW + LEASE + timedelta(seconds=1), actor="worker:rescue")
    assert rescued == ([], [row.id])
    assert settle_sent(db, claimed) == frozenset()
    after = reread(db, row)
    assert (after.state, after.reason) == ("manual", "uncertain")
    assert after.handed_off_at == NOW


def test_rescues_before_handoff_into_the_queue_and_leaves_live_leases_alone(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    dead = build.action(campaign, state=ActionState.SENDING, lease_until=NOW - timedelta(seconds=1))
    alive = build.action(campaign, state=ActionState.SENDING)
    with db.write() as session:
        assert actions.rescue_expired(session, now=NOW, actor="worker:rescue") == ([dead.id], [])
    assert (reread(db, dead).state, reread(db, dead).reason) == ("queued", "lease_expired")
    assert reread(db, alive).state == "sending"


@pytest.mark.parametrize("way", ["release", "retry", "rescue"])
def test_what_returns_to_the_queue_of_a_cancelled_campaign_is_cancelled(db: Database, build: Builder, way: str) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.CANCELLED)
    row = build.action(campaign, state=ActionState.SENDING)
    token = row.claim_token or ""
    with db.write() as session:
        if way == "release":
            actions.release(session, token, [row.id], now=NOW, actor=ME)
        elif way == "retry":
            actions.settle_retry(session, token, row.id, due_at=LATER, detail="450", now=NOW, actor=ME)
        else:
            actions.rescue_expired(session, now=NOW + LEASE * 2, actor=ME)
    assert (reread(db, row).state, reread(db, row).reason) == ("cancelled", "campaign_cancelled")


def test_what_was_left_waiting_in_a_cancelled_campaign_is_swept_up(db: Database, build: Builder) -> None:
    alice = build.user()
    stray = build.action(build.campaign(alice, state=CampaignState.CANCELLED))
    fine = build.action(build.campaign(alice, state=CampaignState.SENDING))
    rescue(db, name="rescue", now=NOW)
    assert (reread(db, stray).state, reread(db, fine).state) == ("cancelled", "queued")


def test_release_and_skip_leave_what_was_handed_off(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    row = build.action(campaign, state=ActionState.SENDING, handed_off_at=NOW)
    with db.write() as session:
        token = row.claim_token or ""
        assert actions.release(session, token, [row.id], now=NOW, actor=ME) == []
        assert actions.settle_skipped(session, token, [row.id], reason=Reason.PAID, now=NOW, actor=ME) == []


def test_what_is_denied_keeps_the_attempts_that_were_made(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    due = (NOW - timedelta(minutes=n) for n in (2, 1))
    noted, unasked = (build.action(campaign, due_at=at, attempts=3) for at in due)
    claimed, _ = claim(db)
    assert hand_off(db, claimed) == {noted.id}
    assert reread(db, noted).attempts == 4
    with db.write() as session:
        denied = actions.release_denied(session, claimed.token, [noted.id, unasked.id], now=NOW, actor=ME)
    assert sorted(denied) == [noted.id, unasked.id]
    for row in (reread(db, noted), reread(db, unasked)):
        assert (row.state, row.attempts, row.handed_off_at) == ("queued", 3, None)


def test_a_retry_waits_for_its_time_and_forgets_the_handoff(db: Database, build: Builder) -> None:
    row = build.action(build.campaign(build.user(), state=CampaignState.SENDING))
    [claimed] = claim(db)
    hand_off(db, claimed)
    with db.write() as session:
        actions.settle_retry(session, claimed.token, row.id, due_at=LATER, detail="450 busy", now=NOW, actor=ME)
    after = reread(db, row)
    assert (after.state, after.due_at, after.handed_off_at, after.detail) == ("queued", LATER, None, "450 busy")
    assert after.attempts == 1
    assert claim(db) == []


def test_a_persons_send_agrees_to_empty_values_where_they_were_why_it_waited(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    manual = {"state": ActionState.MANUAL}
    rows = [
        build.action(campaign, **manual, reason="empty_value"),
        build.action(campaign, **manual, reason="empty_value", in_spite_of=["promised"]),
        build.action(campaign, **manual, reason="rejected"),
    ]
    with db.write() as session:
        ids = [row.id for row in rows]
        assert actions.send_manual(session, rows[0].workspace_id, ids, now=LATER, user_id=rows[0].owner_id) == ids
    assert [reread(db, row).in_spite_of for row in rows] == [["empty_value"], ["promised", "empty_value"], []]


def test_a_persons_send_starts_afresh_with_the_recipients_given(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    row = build.action(campaign, state=ActionState.MANUAL, attempts=5, handed_off_at=NOW, in_spite_of=["paused"])
    fixed = [{"contact_id": None, "name": "New", "email": "new@example.com"}]
    with db.write() as session:
        sent = actions.send_manual(
            session, row.workspace_id, [row.id], now=LATER, user_id=row.owner_id, recipients=fixed
        )
    assert sent == [row.id]
    after = reread(db, row)
    assert (after.state, after.attempts, after.in_spite_of, after.handed_off_at) == ("queued", 0, ["paused"], None)
    assert (after.recipients, after.message_id, after.decided_by) == (fixed, row.message_id, row.owner_id)
    assert history(db, row)[-1] == ("send", "manual", "queued", "decided_send", f"user:{row.owner_id}")


def test_undoing_ignore_brings_back_why_it_was_manual(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    row = build.action(campaign, state=ActionState.SENDING)
    with db.write() as session:
        ids, who = [row.id], row.owner_id
        actions.settle_manual(
            session, row.claim_token or "", row.id, reason=Reason.REJECTED, detail="550 no", now=NOW, actor=ME
        )
        for _ in range(2):
            actions.ignore(session, row.workspace_id, ids, now=NOW, user_id=who)
            actions.undo_ignore(session, row.workspace_id, ids, now=LATER, user_id=who)
    after = reread(db, row)
    assert (after.state, after.reason, after.detail, after.decided_by) == ("manual", "rejected", "550 no", None)
    assert [h[0] for h in history(db, row)] == ["reject", "ignore", "undo_ignore", "ignore", "undo_ignore"]


def test_another_workspace_decides_nothing(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    row = build.action(campaign, state=ActionState.MANUAL)
    with db.write() as session:
        elsewhere = row.workspace_id + 1
        assert actions.send_manual(session, elsewhere, [row.id], now=NOW, user_id=row.owner_id) == []
        assert actions.ignore(session, elsewhere, [row.id], now=NOW, user_id=row.owner_id) == []
        assert actions.cancel_queued(session, elsewhere, row.campaign_id, now=NOW, actor=ME) == []
    assert reread(db, row).state == "manual"


def test_a_late_receipt_settles_only_the_call_that_is_still_open(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    rejected = build.action(campaign, state=ActionState.MANUAL)
    uncertain = build.action(campaign, state=ActionState.MANUAL, handed_off_at=NOW, reason="uncertain")
    with db.write() as session:
        for row in (rejected, uncertain):
            late = SentAction(row.id, "id", "s", "t")
            actions.settle_late(session, late, message_id="<another@example.com>", now=NOW, actor=ME)
            actions.settle_late(session, late, message_id=row.message_id, now=NOW, actor=ME)
    assert reread(db, rejected).state == "manual"
    assert (reread(db, uncertain).state, reread(db, uncertain).reason) == ("sent", "late_receipt")


def test_freezes_in_chunks_with_history_and_refuses_a_second_time(db: Database, build: Builder) -> None:
    alice = build.user()
    campaign = build.campaign(alice, state=CampaignState.SCHEDULED)
    customers = [build.customer(name=f"C{i}", overdue=None, email=None) for i in range(3)]

    def frozen(customer: Customer, state: ActionState, reason: Reason) -> FrozenAction:
        due = NOW if state is ActionState.QUEUED else None
        return FrozenAction(customer.id, state, reason, [], f"<{customer.id}@example.com>", due)

    of_all = FrozenCampaign(
        campaign.workspace_id, campaign.id, alice.id, "email", ["boss@example.com", "al@example.com"]
    )
    rows = [frozen(c, ActionState.QUEUED, Reason.FROZEN) for c in customers[:2]]
    rows.append(frozen(customers[2], ActionState.MANUAL, Reason.NO_CONTACT))
    with db.write() as session:
        assert actions.insert_frozen(session, of_all, rows, now=NOW, actor=ME) == 3
    with db.read() as session:
        made = session.scalars(select(Action).order_by(Action.id)).all()
    assert [a.state for a in made] == ["queued", "queued", "manual"]
    assert [(a.customer_id, a.owner_id, a.channel, a.cc) for a in made] == [
        (customer.id, alice.id, "email", ["boss@example.com", "al@example.com"]) for customer in customers
    ]
    assert history(db, made[2]) == [("freeze", None, "manual", "no_contact", ME)]
    with pytest.raises(IntegrityError), db.write() as session:
        actions.insert_frozen(session, of_all, rows[:1], now=NOW, actor=ME)
