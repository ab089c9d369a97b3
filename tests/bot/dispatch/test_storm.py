"""A small storm over the engine; `make storm` raises the big ones."""

from __future__ import annotations

import pytest

from tests.storm.storm import Plan, play


def test_kills_repeat_nothing_and_lose_nothing(database_url: str) -> None:
    outcome = play(database_url, Plan(mails=400, kills=4, threads=4, lease=2.0), deadline=110)
    assert outcome.is_clean, outcome
    assert (outcome.kills, outcome.campaign) == (4, "completed")


@pytest.mark.database("postgresql")
def test_freezes_kills_and_groups_among_several_workers(database_url: str) -> None:
    plan = Plan(mails=400, kills=2, stops=2, workers=2, threads=3, group=4, lease=2.0, seed=3)
    outcome = play(database_url, plan, deadline=110)
    assert outcome.is_clean, outcome
    assert outcome.campaign == "completed"


def test_a_server_that_hangs_up_before_and_after_the_message(database_url: str) -> None:
    drops = {"drop_before": 0.03, "drop_unheard": 0.03, "drop_unanswered": 0.03}
    outcome = play(database_url, Plan(mails=200, kills=0, threads=4, lease=2.0, drops=drops), deadline=110)
    assert outcome.is_clean, outcome
    assert outcome.uncertain == outcome.most_uncertain > 0
    assert 0 < outcome.uncertain_arrived < outcome.uncertain
