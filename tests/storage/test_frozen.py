"""Freezing many at once: what PostgreSQL knows of the table while it grows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from bot.domain.states import ActionState, CampaignState, Reason
from storage import frozen
from storage.db import Database
from storage.frozen import FrozenAction, FrozenCampaign
from storage.models import Customer
from tests.builders import Builder

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CUSTOMERS = 6_000


@pytest.mark.database("postgresql")
def test_the_first_large_campaign_of_a_new_database_is_not_looked_through_for_each_of_its_rows(
    db: Database, build: Builder
) -> None:
    alice = build.user()
    campaign = build.campaign(alice, state=CampaignState.SCHEDULED)
    of = {"workspace_id": alice.workspace_id, "currency": "EUR", "custom": {}}
    books = [{**of, "external_id": str(n), "name": str(n), "name_folded": str(n)} for n in range(CUSTOMERS)]
    with db.write() as session:
        ids = list(session.scalars(insert(Customer).returning(Customer.id), books))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))  # which finds no action at all
    rows = (
        FrozenAction(customer_id, ActionState.QUEUED, Reason.FROZEN, [], f"<{customer_id}@example.com>", NOW)
        for customer_id in ids
    )
    of_all = FrozenCampaign(alice.workspace_id, campaign.id, alice.id, "email", [])
    with db.write() as session:
        assert frozen.insert_frozen(session, of_all, rows, now=NOW, actor="worker:freeze") == CUSTOMERS
        read = session.scalar(text("SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'actions'"))
    # one row of history looks for one action; through all that is there it would be 18 million
    assert read is not None and read < 6_000_000
