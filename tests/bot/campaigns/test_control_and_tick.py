"""Undo, pause, resume, cancel, and what time alone brings about."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.campaigns import control, summarize, tick
from bot.campaigns.freeze import freeze_due
from bot.dispatch.rescue import cancel_waiting
from bot.domain.states import ActionState, CampaignState
from bot.errors import NotAllowed, NotFound
from handlers.blocks.notices import notice_text
from storage.db import Database
from storage.models import Action, Campaign, Notification
from tests.bench import book
from tests.builders import NOW, Builder


def states(db: Database, campaign_id: int) -> tuple[str, list[str]]:
    with db.read() as session:
        campaign = session.scalars(select(Campaign.state).where(Campaign.id == campaign_id)).one()
        actions = session.scalars(select(Action.state).where(Action.campaign_id == campaign_id).order_by(Action.id))
        return campaign, list(actions)


def notices(db: Database, campaign_id: int) -> list[str]:
    with db.read() as session:
        rows = session.scalars(select(Notification.kind).where(Notification.campaign_id == campaign_id))
        return sorted(rows)


def test_undo_sends_nothing_and_keeps_what_was_written(db: Database, build: Builder) -> None:
    creator = build.user()
    campaign = build.campaign(creator, state=CampaignState.SCHEDULED, body="Kept {{customer.name}}")
    build.action(campaign)
    result = control.undo(db, build.caller(creator), campaign.id, now=NOW)
    assert (result.state, result.changed) == (CampaignState.CANCELLED, True)
    assert states(db, campaign.id) == ("cancelled", ["cancelled"])
    with db.read() as session:
        draft = session.scalars(select(Campaign).where(Campaign.id == result.draft_id)).one()
        assert (draft.state, draft.body, draft.creator_id) == ("draft", "Kept {{customer.name}}", creator.id)
    again = control.undo(db, build.caller(creator), campaign.id, now=NOW)
    assert (again.changed, again.text) == (False, "It is too late for Undo: it is cancelled.")


def test_undo_comes_too_late_once_it_is_sending(db: Database, build: Builder) -> None:
    creator = build.user()
    campaign = build.campaign(creator, state=CampaignState.SENDING)
    build.action(campaign)
    result = control.undo(db, build.caller(creator), campaign.id, now=NOW)
    assert result.text == "It is too late for Undo: it is being sent; you can pause or cancel it."
    assert states(db, campaign.id) == ("sending", ["queued"])


def test_pause_and_resume(db: Database, build: Builder) -> None:
    creator = build.user()
    caller = build.caller(creator)
    campaign = build.campaign(creator, state=CampaignState.SENDING)
    build.action(campaign)
    assert control.pause(db, caller, campaign.id, now=NOW).changed
    assert not control.pause(db, caller, campaign.id, now=NOW).changed
    assert tick.tick(db, now=NOW) == 0
    assert control.resume(db, caller, campaign.id, now=NOW).state is CampaignState.SENDING
    assert control.resume(db, caller, campaign.id, now=NOW).text == (
        "It can't be resumed: it is being sent; you can pause or cancel it."
    )


def test_resume_waits_for_the_chosen_time(db: Database, build: Builder) -> None:
    creator = build.user()
    later = NOW + timedelta(days=1)
    campaign = build.campaign(creator, state=CampaignState.PAUSED, starts_at=later)
    assert control.resume(db, build.caller(creator), campaign.id, now=NOW).state is CampaignState.SCHEDULED


def test_cancel_keeps_what_went_out(db: Database, build: Builder) -> None:
    creator = build.user()
    campaign = build.campaign(creator, state=CampaignState.SENDING)
    for state in (ActionState.SENT, ActionState.QUEUED, ActionState.SENDING, ActionState.MANUAL):
        build.action(campaign, state=state)
    result = control.cancel(db, build.caller(creator), campaign.id, now=NOW)
    assert result.text == "Cancelled. Not sent any more: 1."
    assert states(db, campaign.id) == ("cancelled", ["sent", "cancelled", "sending", "manual"])


@pytest.mark.parametrize("use", [control.undo, control.pause, control.resume, control.cancel])
def test_others_may_not_and_other_workspaces_find_nothing(db: Database, build: Builder, use: object) -> None:
    creator = build.user()
    campaign = build.campaign(creator, state=CampaignState.SENDING)
    with pytest.raises(NotAllowed):
        use(db, build.caller(), campaign.id, now=NOW)  # type: ignore[operator]
    use(db, build.caller(role="admin"), campaign.id, now=NOW)  # type: ignore[operator]
    build.workspace()
    with pytest.raises(NotFound):
        use(db, build.caller(role="admin"), campaign.id, now=NOW)  # type: ignore[operator]
    draft = build.campaign(creator)
    with pytest.raises(NotFound):
        use(db, build.caller(creator), draft.id, now=NOW)  # type: ignore[operator]


def test_due_campaigns_start_and_finished_ones_complete(db: Database, build: Builder) -> None:
    creator = build.user()
    due = build.campaign(creator, state=CampaignState.SCHEDULED)
    early = build.campaign(creator, state=CampaignState.SCHEDULED, starts_at=NOW + timedelta(seconds=1))
    done = build.campaign(creator, state=CampaignState.SENDING)
    build.action(due)
    build.action(early)
    build.action(done, state=ActionState.SENT)
    assert tick.tick(db, now=NOW) == 2
    assert [states(db, c.id)[0] for c in (due, early, done)] == ["sending", "scheduled", "completed"]


@pytest.mark.parametrize(
    ("state", "frozen", "starts_in", "action", "is_due"),
    [
        (CampaignState.SCHEDULED, True, 0, ActionState.QUEUED, True),
        (CampaignState.SCHEDULED, True, -7200, ActionState.QUEUED, True),
        (CampaignState.SCHEDULED, True, 1, ActionState.QUEUED, False),
        (CampaignState.SCHEDULED, False, 0, None, False),
        (CampaignState.PAUSED, True, 0, ActionState.QUEUED, False),
        (CampaignState.SENDING, True, 0, ActionState.QUEUED, False),
        (CampaignState.SENDING, True, 0, ActionState.SENDING, False),
        (CampaignState.SENDING, True, 0, ActionState.MANUAL, True),
        (CampaignState.SENDING, True, 0, None, True),
        (CampaignState.SENDING, False, 0, None, False),
        (CampaignState.COMPLETED, True, 0, ActionState.SENT, False),
    ],
)
def test_time_is_said_to_move_what_it_moves(
    db: Database,
    build: Builder,
    state: CampaignState,
    frozen: bool,
    starts_in: int,
    action: ActionState | None,
    is_due: bool,
) -> None:
    starts_at, frozen_at = NOW + timedelta(seconds=starts_in), NOW if frozen else None
    campaign = build.campaign(build.user(), state=state, starts_at=starts_at, frozen_at=frozen_at)
    if action is not None:
        build.action(campaign, state=action)
    assert tick.is_due(db, now=NOW) is is_due
    assert tick.tick(db, now=NOW) == int(is_due)
    assert not tick.is_due(db, now=NOW)


def test_a_start_missed_by_over_an_hour_asks_its_creator(db: Database, build: Builder) -> None:
    creator = build.user()
    missed = build.campaign(creator, state=CampaignState.SCHEDULED, starts_at=NOW - timedelta(hours=1, seconds=1))
    near = build.campaign(creator, state=CampaignState.SCHEDULED, starts_at=NOW - timedelta(hours=1))
    for campaign in (missed, near):
        build.action(campaign)
    tick.tick(db, now=NOW)
    tick.tick(db, now=NOW)
    assert states(db, missed.id) == ("paused", ["queued"])
    assert states(db, near.id) == ("sending", ["queued"])
    assert notices(db, missed.id) == ["campaign", "missed_schedule"]


def test_creators_are_told_once_of_messages_over_ten_minutes_late(db: Database, build: Builder) -> None:
    creator = build.user()
    old = NOW - timedelta(minutes=11)
    late = build.campaign(creator, state=CampaignState.SENDING, updated_at=old)
    fine = build.campaign(creator, state=CampaignState.SENDING, updated_at=old)
    build.action(late, due_at=old)
    build.action(fine, due_at=NOW - timedelta(minutes=9))
    assert tick.tell_delays(db, now=NOW) == 1
    assert tick.tell_delays(db, now=NOW) == 0
    assert notices(db, late.id) == ["campaign", "delayed"]
    assert notices(db, fine.id) == ["campaign"]


def test_a_campaign_that_no_worker_starts_is_late_too(db: Database, build: Builder) -> None:
    creator = build.user()
    stuck = build.campaign(creator, state=CampaignState.SCHEDULED, starts_at=NOW - timedelta(minutes=11))
    build.campaign(creator, state=CampaignState.SCHEDULED, starts_at=NOW - timedelta(minutes=9))
    assert tick.tell_delays(db, now=NOW) == 1
    assert tick.tell_delays(db, now=NOW) == 0
    assert notices(db, stuck.id) == ["campaign", "delayed"]


def test_what_a_provider_keeps_putting_off_is_late_too(db: Database, build: Builder) -> None:
    creator = build.user()
    old = NOW - timedelta(minutes=11)
    down = build.campaign(creator, state=CampaignState.SENDING, updated_at=old, starts_at=old)
    soon = NOW + timedelta(minutes=4)
    build.action(down, due_at=soon, attempts=3, reason="transient", detail="The mail server can't be reached.")
    young = build.campaign(creator, state=CampaignState.SENDING, updated_at=NOW, starts_at=NOW)
    build.action(young, due_at=soon, attempts=1, reason="transient", detail="451 later")
    assert tick.tell_delays(db, now=NOW) == 1
    assert notices(db, down.id) == ["campaign", "delayed"]
    view = summarize.campaign_message(db, creator.workspace_id, down.id)
    assert (view.put_off, view.put_off_detail) == (1, "The mail server can't be reached.")
    assert "1 message is put off by the mail server, which last said: The mail server can't be reached. They" in (
        notice_text("delayed", view)
    )


def test_send_now_starts_what_was_scheduled_for_later(db: Database, build: Builder) -> None:
    creator = build.user()
    later = NOW + timedelta(hours=5)
    campaign = build.campaign(creator, state=CampaignState.SCHEDULED, starts_at=later, send_at=later)
    action = build.action(campaign, due_at=later)
    result = control.send_now(db, build.caller(creator), campaign.id, now=NOW)
    assert (result.state, result.changed) == (CampaignState.SCHEDULED, True)
    with db.read() as session:
        assert session.scalars(select(Campaign.starts_at).where(Campaign.id == campaign.id)).one() == NOW
        assert session.scalars(select(Action.due_at).where(Action.id == action.id)).one() == NOW
    tick.tick(db, now=NOW)
    assert states(db, campaign.id) == ("sending", ["queued"])
    again = control.send_now(db, build.caller(creator), campaign.id, now=NOW)
    assert again.text == "It does not wait for a time any more: it is being sent; you can pause or cancel it."
    other = build.user("Bob Berg")
    with pytest.raises(NotAllowed):
        control.send_now(db, build.caller(other), campaign.id, now=NOW)


def test_what_is_too_much_for_a_click_is_cancelled_by_a_worker(db: Database, build: Builder) -> None:
    creator = build.user()
    book.fill(db, creator, 2_001, invoices=1)
    campaign = book.launched(db, build, creator)
    assert freeze_due(db) == 1
    result = control.cancel(db, build.caller(creator), campaign.id)
    assert result.text == "Cancelled. Not sent any more: 2,001."
    assert states(db, campaign.id) == ("cancelled", ["queued"] * 2_001)
    shown = summarize.campaign_message(db, campaign.workspace_id, campaign.id)
    assert (shown.waiting, shown.not_sent) == (0, 2_001)
    assert cancel_waiting(db, name="w") == 2_001
    assert cancel_waiting(db, name="w") == 0
    assert states(db, campaign.id) == ("cancelled", ["cancelled"] * 2_001)
