"""Cancelling what waits in cancelled campaigns: a part at a time, those of the last hour or all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.dispatch.rescue import cancel_waiting
from bot.domain.states import CampaignState
from storage.models import Action, ActionHistory, Campaign
from tests.bot.dispatch.conftest import Book


@pytest.mark.parametrize(("ago", "within_the_hour"), [(59, 2), (61, 0)])
def test_what_waits_in_a_cancelled_campaign_is_cancelled(book: Book, ago: int, within_the_hour: int) -> None:
    for n in range(2):
        book.action(f"c{n}@acme.example")
    now = book.db.now()
    with book.db.write() as session:
        cancelled = {"state": CampaignState.CANCELLED.value, "cancelled_at": now - timedelta(minutes=ago)}
        session.execute(update(Campaign).values(**cancelled))
    assert cancel_waiting(book.db, name="w0", now=now) == within_the_hour
    assert cancel_waiting(book.db, name="w0", now=now, within=None) == 2 - within_the_hour
    assert cancel_waiting(book.db, name="w0") == 0
    with book.db.read() as session:
        assert session.scalars(select(Action.state)).all() == ["cancelled"] * 2
        history = session.execute(select(ActionHistory.actor, ActionHistory.at)).all()
    assert history == [("worker:w0", now)] * 2
