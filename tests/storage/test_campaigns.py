"""Queries on campaigns that no scenario walks by itself."""

from __future__ import annotations

from bot.domain.states import ActionState, CampaignState
from storage import campaigns
from storage.db import Database
from tests.builders import Builder


def test_a_message_is_known_by_either_id_and_only_in_its_workspace(db: Database, build: Builder) -> None:
    user = build.user()
    campaign = build.campaign(user, state=CampaignState.SENDING, name="Spring")
    sent = build.action(campaign, build.customer("Acme"), state=ActionState.SENT, provider_id="SM1")
    asked = [sent.message_id, "SM1", "SM2"]
    with db.read() as session:
        found = campaigns.names_of(session, user.workspace_id, asked)
        elsewhere = campaigns.names_of(session, user.workspace_id + 1, asked)
        nothing = campaigns.names_of(session, user.workspace_id, [])
    assert {one: found.get(one) for one in asked} == {sent.message_id: "Spring", "SM1": "Spring", "SM2": None}
    assert elsewhere == nothing == {}
