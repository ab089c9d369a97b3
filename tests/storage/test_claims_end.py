"""How a claim ends: released, tried again, given to a person, rescued; and what a cancellation does to what waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.states import ActionState, CampaignState, Reason
from storage import actions
from storage.db import Database
from storage.models import Action, ActionHistory, Campaign
from tests.builders import NOW, Builder

ME = "worker:w"
DUE = NOW - timedelta(minutes=3)
LATER = NOW + timedelta(minutes=1)
STOPPED = "The worker stopped while it was handing this over."
CANCELLED = "The campaign was cancelled before an attempt had its answer."


def reread(db: Database, action: Action) -> Action:
    with db.read() as session:
        return session.scalars(select(Action).where(Action.id == action.id)).one()


def last_told(db: Database, action: Action) -> tuple[Any, ...]:
    with db.read() as session:
        query = select(ActionHistory).where(ActionHistory.action_id == action.id).order_by(ActionHistory.id.desc())
        row = session.scalars(query.limit(1)).one()
        return row.event, row.reason, row.at, row.actor, row.detail


def held(build: Builder, token: str = "mine", *, campaign: Campaign | None = None, **values: Any) -> Action:
    campaign = campaign or build.campaign(build.user(), state=CampaignState.SENDING)
    values = {"due_at": DUE, "updated_at": DUE, "attempts": 1} | values
    return build.action(campaign, state=ActionState.SENDING, claim_token=token, **values)


Ending = Callable[[Session, int], list[int]]
RETRIED = {"due_at": LATER, "detail": "450 busy", "now": NOW, "actor": ME}
ENDINGS: dict[str, tuple[Ending, bool, dict[str, Any], tuple[str, str, str | None]]] = {
    # how it ends, whether it was handed off before, what it becomes, and what history says
    "released": (
        lambda s, i: actions.release(s, "mine", [i], now=NOW, actor=ME),
        False,
        {"state": "queued", "due_at": DUE, "attempts": 1},
        ("release", "stopped", None),
    ),
    "released for later": (
        lambda s, i: actions.release(
            s, "mine", [i], now=NOW, actor=ME, reason=Reason.TRANSIENT, detail="server is down", due_at=LATER
        ),
        False,
        {"state": "queued", "due_at": LATER, "attempts": 1},
        ("release", "transient", "server is down"),
    ),
    "handed off, not called": (
        lambda s, i: actions.release_uncalled(s, "mine", [i], now=NOW, actor=ME),
        True,
        {"state": "queued", "due_at": DUE, "attempts": 0, "handed_off_at": None},
        ("release", "stopped", None),
    ),
    "claims lost": (
        lambda s, i: actions.release_claims(s, ["other", "mine"], now=NOW, actor=ME),
        False,
        {"state": "queued", "due_at": DUE, "attempts": 1},
        ("release", "stopped", None),
    ),
    "put off": (
        lambda s, i: actions.settle_retry(s, "mine", i, **RETRIED),
        True,
        {"state": "queued", "due_at": LATER, "attempts": 1, "handed_off_at": None, "unanswered": False},
        ("retry", "transient", "450 busy"),
    ),
    "not answered": (
        lambda s, i: actions.settle_retry(s, "mine", i, unanswered=True, **RETRIED),
        True,
        {"state": "queued", "due_at": LATER, "attempts": 1, "handed_off_at": None, "unanswered": True},
        ("retry", "unanswered", "450 busy"),
    ),
    "refused": (
        lambda s, i: actions.settle_manual(s, "mine", i, reason=Reason.REJECTED, detail="550 no", now=NOW, actor=ME),
        True,
        {"state": "manual", "handed_off_at": None},
        ("reject", "rejected", "550 no"),
    ),
    "uncertain": (
        lambda s, i: actions.settle_manual(s, "mine", i, reason=Reason.UNCERTAIN, detail="cut", now=NOW, actor=ME),
        True,
        {"state": "manual", "handed_off_at": DUE},
        ("lose", "uncertain", "cut"),
    ),
    "paid": (
        lambda s, i: actions.settle_skipped(s, "mine", [i], reason=Reason.PAID, now=NOW, actor=ME),
        False,
        {"state": "skipped", "attempts": 1},
        ("skip", "paid", None),
    ),
}


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(("end", "after_handoff", "expected", "told"), ENDINGS.values(), ids=ENDINGS)
def test_an_end_of_a_claim_says_why_and_when_and_leaves_no_claim(
    db: Database, build: Builder, end: Ending, after_handoff: bool, expected: dict[str, Any], told: tuple[str, ...]
) -> None:
    row = held(build, handed_off_at=DUE if after_handoff else None)
    another = held(build, "another", handed_off_at=DUE if after_handoff else None)
    with db.write() as session:
        assert end(session, row.id) == [row.id]
        assert end(session, row.id) == end(session, another.id) == []
    after = reread(db, row)
    expected |= {"reason": told[1], "detail": told[2], "updated_at": NOW}
    assert {name: getattr(after, name) for name in expected} == expected
    assert (after.claim_token, after.claimed_by, after.lease_until) == (None, None, None)
    assert last_told(db, row) == (told[0], told[1], NOW, ME, told[2])
    assert reread(db, another).state == "sending"


@pytest.mark.database("sqlite")
def test_lost_claims_leave_what_was_handed_off_and_what_is_no_claim_any_more(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    called = held(build, "mine", campaign=campaign, handed_off_at=DUE)
    first, second = held(build, "mine", campaign=campaign), held(build, "second", campaign=campaign)
    with db.write() as session:
        assert actions.release_claims(session, ["mine", "second"], now=NOW, actor=ME) == [first.id, second.id]
        assert actions.release_claims(session, ["mine", "second"], now=NOW, actor=ME) == []
    assert reread(db, called).state == "sending"


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("way", ["released for later", "handed off, not called", "claims lost", "put off"])
def test_what_comes_back_to_a_cancelled_campaign_is_cancelled_by_whom_it_came_from(
    db: Database, build: Builder, way: str
) -> None:
    end, after_handoff, *_ = ENDINGS[way]
    campaign = build.campaign(build.user(), state=CampaignState.CANCELLED)
    row = held(build, campaign=campaign, handed_off_at=DUE if after_handoff else None)
    with db.write() as session:
        assert end(session, row.id) == [row.id]
    after = reread(db, row)
    assert (after.state, after.reason, after.updated_at) == ("cancelled", "campaign_cancelled", NOW)
    assert last_told(db, row) == ("cancel", "campaign_cancelled", NOW, ME, None)


@pytest.mark.database("sqlite")
def test_a_rescue_tells_before_from_after_the_handoff_and_tries_again_where_that_is_harmless(
    db: Database, build: Builder
) -> None:
    """A lease still holds in its last moment; `repeatable` channels take a message only once."""
    alice = build.user()
    email = build.campaign(alice, state=CampaignState.SENDING)
    letters = build.campaign(alice, state=CampaignState.SENDING, channel="letter")
    over, on_time = {"lease_until": NOW - timedelta(microseconds=1)}, {"lease_until": NOW}
    waiting = held(build, campaign=email, **over)
    repeated = held(build, campaign=letters, handed_off_at=DUE, **over)
    lost = held(build, campaign=email, handed_off_at=DUE, **over)
    alive = [held(build, campaign=c, handed_off_at=at, **on_time) for c in (email, letters) for at in (None, DUE)]
    with db.write() as session:
        queued, manual = actions.rescue_expired(session, now=NOW, actor="worker:rescue", repeatable=["letter"])
    assert (sorted(queued), manual) == ([waiting.id, repeated.id], [lost.id])
    assert {reread(db, row).state for row in alive} == {"sending"}
    found = [reread(db, row) for row in (waiting, repeated, lost)]
    assert [(a.state, a.unanswered, a.handed_off_at, a.due_at) for a in found] == [
        ("queued", False, None, DUE),
        ("queued", True, None, DUE),
        ("manual", False, DUE, DUE),
    ]
    assert [(a.reason, a.detail, a.updated_at) for a in found] == [
        ("lease_expired", None, NOW),
        ("unanswered", STOPPED, NOW),
        ("uncertain", STOPPED, NOW),
    ]
    assert [last_told(db, row) for row in (waiting, repeated, lost)] == [
        ("release", "lease_expired", NOW, "worker:rescue", None),
        ("retry", "unanswered", NOW, "worker:rescue", STOPPED),
        ("lose", "uncertain", NOW, "worker:rescue", STOPPED),
    ]


@pytest.mark.database("sqlite")
def test_cancelling_gives_what_may_be_out_to_a_person_and_says_who_cancelled(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    certain, doubtful = build.action(campaign), build.action(campaign, unanswered=True)
    elsewhere = build.action(build.campaign(build.user(), state=CampaignState.SENDING))
    with db.write() as session:
        args = session, campaign.workspace_id, campaign.id
        assert (actions.count_queued(*args), actions.count_queued(session, 0, campaign.id)) == (2, 0)
        assert actions.cancel_queued(*args, now=LATER, actor="user:7") == [certain.id]
        assert actions.count_queued(*args) == 0
    after = reread(db, doubtful)
    assert (after.state, after.reason, after.detail) == ("manual", "uncertain", CANCELLED)
    assert last_told(db, doubtful) == ("doubt", "uncertain", LATER, "user:7", CANCELLED)
    assert last_told(db, certain) == ("cancel", "campaign_cancelled", LATER, "user:7", None)
    assert reread(db, elsewhere).state == "queued"


@pytest.mark.database("sqlite")
def test_strays_are_swept_up_some_at_a_time_from_campaigns_cancelled_since_a_moment(
    db: Database, build: Builder
) -> None:
    alice = build.user()
    old, new = (
        build.campaign(alice, state=CampaignState.CANCELLED, cancelled_at=NOW - timedelta(hours=h)) for h in (2, 1)
    )
    build.action(new, state=ActionState.SENT)  # found first, and no stray
    ids = [build.action(new).id for _ in range(3)]
    left = build.action(old)
    since = NOW - timedelta(hours=1)
    with db.write() as session:
        swept = [actions.cancel_strays(session, now=NOW, actor=ME, since=since, limit=2) for _ in range(3)]
        assert [len(some) for some in swept] == [2, 1, 0]
        assert sorted(swept[0] + swept[1]) == ids
        assert actions.cancel_strays(session, now=NOW, actor=ME) == [left.id]


@pytest.mark.database("sqlite")
def test_bringing_forward_makes_all_that_waits_in_the_campaign_due_now_and_nothing_else(
    db: Database, build: Builder
) -> None:
    alice = build.user()
    campaign, other = (build.campaign(alice, state=CampaignState.SENDING) for _ in range(2))
    late, due = build.action(campaign, due_at=LATER), build.action(campaign, due_at=DUE)
    sending = build.action(campaign, state=ActionState.SENDING, due_at=LATER)
    elsewhere = build.action(other, due_at=LATER)
    with db.write() as session:
        actions.bring_forward(session, campaign.workspace_id + 1, campaign.id, now=NOW)
    assert reread(db, late).due_at == LATER
    now = NOW + timedelta(seconds=5)
    with db.write() as session:
        actions.bring_forward(session, campaign.workspace_id, campaign.id, now=now)
    rows = [reread(db, row) for row in (late, due, sending, elsewhere)]
    assert [row.due_at for row in rows] == [now, DUE, LATER, LATER]
    assert [row.updated_at for row in rows] == [now, NOW, NOW, NOW]
