"""Campaigns move as the table of transitions says, and in no other way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.states import CAMPAIGN_TRANSITIONS, ActionState, CampaignEvent, CampaignState, PauseReason
from storage import campaign_states, campaigns
from storage.db import Database
from storage.models import Campaign
from tests.builders import NOW, Builder

LONG_AGO = NOW - timedelta(hours=1)
Move = Callable[[Session, Campaign], object]

MOVES: dict[CampaignEvent, Move] = {
    CampaignEvent.LAUNCH: lambda s, c: campaigns.launch(s, c, version=c.version, starts_at=NOW, now=NOW),
    CampaignEvent.DISCARD: lambda s, c: campaigns.discard(s, c, now=NOW),
    CampaignEvent.START: lambda s, c: campaign_states.start_due(s, now=NOW, not_before=LONG_AGO),
    CampaignEvent.PAUSE: lambda s, c: campaign_states.pause(
        s, c.workspace_id, c.id, reason=PauseReason.BY_PERSON, now=NOW
    ),
    CampaignEvent.RESUME: lambda s, c: campaign_states.resume(s, c.workspace_id, c.id, now=NOW),
    CampaignEvent.RESUME_LATER: lambda s, c: campaign_states.resume(
        s, c.workspace_id, c.id, now=NOW - timedelta(minutes=1)
    ),
    CampaignEvent.CANCEL: lambda s, c: campaign_states.cancel(s, c.workspace_id, c.id, now=NOW),
    CampaignEvent.COMPLETE: lambda s, c: campaign_states.complete_finished(s, now=NOW),
    CampaignEvent.REOPEN: lambda s, c: campaign_states.reopen(s, c.workspace_id, c.id, now=NOW),
}


@pytest.mark.parametrize("event", list(CampaignEvent))
@pytest.mark.parametrize("state", list(CampaignState))
def test_every_event_in_every_state(db: Database, build: Builder, state: CampaignState, event: CampaignEvent) -> None:
    campaign_id = build.campaign(build.user(), state=state).id
    with db.write() as session:
        row = session.scalars(select(Campaign).where(Campaign.id == campaign_id)).one()
        done = MOVES[event](session, row)
    with db.read() as session:
        after = session.scalars(select(Campaign.state).where(Campaign.id == campaign_id)).one()
    expected = CAMPAIGN_TRANSITIONS.get((state, event))
    assert after == (expected or state).value
    assert bool(done) == (expected is not None)


def test_nothing_starts_before_it_is_frozen_or_due(db: Database, build: Builder) -> None:
    creator = build.user()
    build.campaign(creator, state=CampaignState.SCHEDULED, frozen_at=None)
    build.campaign(creator, state=CampaignState.SCHEDULED, starts_at=NOW + timedelta(seconds=1))
    with db.write() as session:
        assert campaign_states.start_due(session, now=NOW, not_before=LONG_AGO) == []


@pytest.mark.parametrize("state", [ActionState.QUEUED, ActionState.SENDING])
def test_a_campaign_with_open_actions_does_not_complete(db: Database, build: Builder, state: ActionState) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    build.action(campaign, state=state)
    build.action(campaign, state=ActionState.MANUAL)
    with db.write() as session:
        assert campaign_states.complete_finished(session, now=NOW) == []


def test_another_workspace_is_out_of_reach(db: Database, build: Builder) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    other = build.workspace()
    with db.write() as session:
        assert not campaign_states.cancel(session, other.id, campaign.id, now=NOW)
        assert campaigns.launched(session, other.id, campaign.id) is None
