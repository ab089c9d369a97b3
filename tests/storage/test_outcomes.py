"""What became of messages that had left: delivered, come back, settled late or never taken; and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.domain.states import ActionEvent, ActionState, CampaignState, Reason
from storage import actions, outcomes
from storage.actions import SentAction
from storage.db import Database
from storage.models import Action, ActionHistory, Customer, Notification
from storage.transitions import Cause, Moved, in_workspace, move
from tests.builders import NOW, Builder

pytestmark = pytest.mark.database("sqlite")
ME, LATER = "provider:x", NOW + timedelta(hours=1)
UNCERTAIN = {"reason": "uncertain", "handed_off_at": NOW, "attempts": 1}

Apply = Callable[[Session, Action, int], list[int]]
AFTER: dict[str, tuple[ActionState, dict[str, Any], Apply, dict[str, Any], tuple[str, str, str | None]]] = {
    # where it stood, what is said of it in which workspace, what it becomes, and what history says
    "delivered": (
        ActionState.SENT,
        {},
        lambda s, a, w: actions.deliver(s, w, [a.id], now=LATER, actor=ME),
        {"state": "delivered", "handed_off_at": NOW, "sent_at": NOW},
        ("deliver", "delivered", None),
    ),
    "come back": (
        ActionState.SENT,
        {},
        lambda s, a, w: actions.bounce(s, w, a.id, detail="550 gone", now=LATER, actor=ME),
        {"state": "manual", "handed_off_at": None},
        ("bounce", "bounced", "550 gone"),
    ),
    "returned": (
        ActionState.DELIVERED,
        {},
        lambda s, a, w: actions.bounce_late(s, w, a.id, detail="moved", now=LATER, actor=ME, reason=Reason.RETURNED),
        {"state": "manual", "handed_off_at": None},
        ("bounce_late", "returned", "moved"),
    ),
    "partly come back": (
        ActionState.SENT,
        {},
        lambda s, a, w: actions.bounce_partly(s, w, a.id, detail="b: 550", now=LATER, actor=ME),
        {"state": "sent", "handed_off_at": NOW, "sent_at": NOW},
        ("bounce_partly", "partly_refused", "b: 550"),
    ),
    "never taken": (
        ActionState.MANUAL,
        UNCERTAIN,
        lambda s, a, w: actions.send_unsent(s, w, a.id, handed_off_at=NOW, now=LATER, actor=ME),
        {"state": "queued", "handed_off_at": None, "due_at": LATER},
        ("send", "not_taken", None),
    ),
}


def row(db: Database, action: Action) -> Action:
    with db.read() as session:
        return session.scalars(select(Action).where(Action.id == action.id)).one()


def told(db: Database, action: Action) -> list[tuple[Any, ...]]:
    with db.read() as session:
        query = select(ActionHistory).where(ActionHistory.action_id == action.id)
        return [(h.event, h.reason, h.detail, h.actor, h.at) for h in session.scalars(query)]


def contacted(db: Database, action: Action) -> Any:
    with db.read() as session:
        return session.scalars(select(Customer.last_contacted_at).where(Customer.id == action.customer_id)).one()


@pytest.mark.parametrize(("before", "values", "apply", "expected", "says"), AFTER.values(), ids=AFTER)
def test_what_is_said_of_a_message_moves_it_once_in_its_own_workspace(
    db: Database,
    build: Builder,
    before: ActionState,
    values: dict[str, Any],
    apply: Apply,
    expected: dict[str, Any],
    says: tuple[str, str, str | None],
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    action, other = (build.action(campaign, state=before, **values) for _ in range(2))
    with db.write() as session:
        assert apply(session, action, action.workspace_id + 1) == []
        assert apply(session, action, action.workspace_id) == [action.id]
    after = row(db, action)
    expected = expected | {"reason": says[1], "detail": says[2], "updated_at": LATER}
    assert {name: getattr(after, name) for name in expected} == expected
    assert told(db, action) == [(*says, ME, LATER)]
    assert (row(db, other).state, told(db, other)) == (before.value, [])


def test_a_late_receipt_keeps_what_was_sent_and_notes_the_customer_as_contacted(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    action = build.action(campaign, state=ActionState.MANUAL, **UNCERTAIN)
    over = build.action(campaign, state=ActionState.MANUAL, reason="rejected")
    sent = SentAction(action.id, "x" * 300, "Hello", "Dear Acme", refused="b@example.com: 550")
    with db.write() as session:
        for given in ({"message_id": "<other@example.com>"}, {"message_id": action.message_id}):
            actions.settle_late(session, sent, now=LATER, actor=ME, **given)
        none = SentAction(over.id, "id", "s", "t")
        assert actions.settle_late(session, none, message_id=over.message_id, now=LATER, actor=ME) == []
    after = row(db, action)
    assert (after.state, after.sent_at, after.detail) == ("sent", LATER, "b@example.com: 550")
    assert (after.provider_id, after.sent_subject, after.sent_text) == ("x" * 255, "Hello", "Dear Acme")
    assert told(db, action) == [("settle", "late_receipt", "b@example.com: 550", ME, LATER)]
    assert (contacted(db, action), contacted(db, over)) == (LATER, None)
    assert (row(db, over).provider_id, row(db, over).sent_text) == (None, None)


@pytest.mark.parametrize("values", [{"reason": "rejected"}, {"handed_off_at": LATER}], ids=["decided", "sent again"])
def test_only_the_handoff_that_was_asked_about_is_queued_anew(
    db: Database, build: Builder, values: dict[str, Any]
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    action = build.action(campaign, state=ActionState.MANUAL, **(UNCERTAIN | values))
    with db.write() as session:
        args = {"handed_off_at": NOW, "now": LATER, "actor": ME}
        assert actions.send_unsent(session, action.workspace_id, action.id, **args) == []


def test_a_customer_was_contacted_when_it_was_last_contacted(db: Database, build: Builder) -> None:
    """Notes come in any order; none takes a later contact back, or goes to another customer."""
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    action, other = build.action(campaign), build.action(campaign)
    for moment, expected in ((NOW, NOW), (LATER, LATER), (NOW, LATER)):
        with db.write() as session:
            outcomes.note_contacted(session, [action.id], moment)
        assert contacted(db, action) == expected
    assert contacted(db, other) is None


def test_what_a_person_does_is_drawn_at_once_and_what_a_worker_does_at_slacks_pace(
    db: Database, build: Builder
) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    first, second = (build.action(campaign) for _ in range(2))
    pace = LATER + timedelta(minutes=1)
    with db.write() as session:
        session.execute(update(Notification).values(due_at=pace))
        for action, actor, due_at, version in ((first, ME, pace, 2), (second, "user:7", LATER, 3)):
            cause = Cause(Reason.CAMPAIGN_CANCELLED, LATER, actor)
            moved = move(session, ActionEvent.CANCEL, in_workspace(action.workspace_id, [action.id]), cause)
            assert moved == [Moved(action.id, campaign.id)]
            row = session.scalars(select(Notification).execution_options(populate_existing=True)).one()
            assert (row.due_at, row.version) == (due_at, version)
