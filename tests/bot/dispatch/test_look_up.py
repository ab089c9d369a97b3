"""Asking the provider what became of SMS with an unknown outcome: when, for what, and what its answer settles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.base import Rejected, Sighting, Transient
from bot.dispatch.look_up import AT_ONCE, LookUp, judge
from bot.dispatch.receipts import SmsReport, report
from bot.domain.states import ActionState, CampaignState
from storage import actions
from storage.db import Database
from storage.models import Action, ActionHistory, Campaign
from tests.builders import NOW, Builder

pytestmark = pytest.mark.database("sqlite")
PHONE = "+4915123456789"
GONE = "The number is not in use any more. Correct it with Fix contact. (Twilio 30005)"
HALF_A_MINUTE, QUARTER, HOUR = timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=1)
EARLY = timedelta(minutes=2)


@dataclass
class Provider:
    """A provider that can be asked; remembers what for, and whether the way to it was closed."""

    has: Sequence[Sighting] = ()
    fails: bool = False
    refuses: str = ""
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    def open(self) -> Provider:
        self.opened += 1
        return self

    def close(self) -> None:
        self.closed += 1

    def look_up(self, to: str, since: datetime, until: datetime) -> Sequence[Sighting]:
        self.asked.append((to, since, until))
        if self.fails:
            raise Transient("busy")
        if to == self.refuses:
            raise Rejected("no such number")
        return self.has


class Ground:
    def __init__(self, db: Database, build: Builder) -> None:
        self.db, self.build, self.alice = db, build, build.user()

    def uncertain(self, ago: timedelta, state: CampaignState = CampaignState.SENDING, **values: Any) -> Action:
        campaign = self.build.campaign(self.alice, state=state, channel="sms")
        customer = self.build.customer(email=None, phone=PHONE)
        made = {"reason": "uncertain", "handed_off_at": NOW - ago, "sent_text": "please pay", "attempts": 1}
        return self.build.action(campaign, customer, state=ActionState.MANUAL, **(made | values))

    def row(self, action: Action) -> Action:
        with self.db.read() as session:
            return session.scalars(select(Action).where(Action.id == action.id)).one()

    def told(self, action: Action) -> list[tuple[str, str, str, datetime]]:
        with self.db.read() as session:
            query = select(ActionHistory).where(ActionHistory.action_id == action.id).order_by(ActionHistory.id)
            return [(h.event, h.reason, h.actor, h.at) for h in session.scalars(query)]

    def campaign(self, action: Action) -> str:
        with self.db.read() as session:
            return session.scalars(select(Campaign.state).where(Campaign.id == action.campaign_id)).one()


@pytest.fixture
def ground(db: Database, build: Builder) -> Ground:
    return Ground(db, build)


def seen(text: str = "please pay", *, sid: str = "SM1", **values: Any) -> Sighting:
    return Sighting(sid, text, NOW - HALF_A_MINUTE, **values)


@pytest.mark.parametrize(("status", "code", "state", "reason", "detail"), [
    ("queued", None, "sent", "late_receipt", None),
    ("delivered", None, "delivered", "delivered", None),
    ("read", None, "delivered", "delivered", None),
    ("undelivered", None, "manual", "bounced", "Twilio gave a code that we do not know. (Twilio gave no code)"),
    ("failed", 30005, "manual", "bounced", GONE),
])  # fmt: skip
def test_what_the_provider_has_went_out_and_goes_on_as_it_says(
    ground: Ground, status: str, code: int | None, state: str, reason: str, detail: str | None
) -> None:
    action, provider = ground.uncertain(HALF_A_MINUTE), Provider([seen(status=status, error_code=code)])
    assert LookUp(ground.db, provider).settle(now=NOW) == 1
    row = ground.row(action)
    assert (row.state, row.reason, row.provider_id, row.sent_at) == (state, reason, "SM1", NOW)
    assert ground.told(action)[0] == ("settle", "late_receipt", "provider:twilio", NOW)
    assert row.detail == detail
    at = NOW - HALF_A_MINUTE
    assert provider.asked == [(PHONE, at - timedelta(minutes=2), at + timedelta(minutes=10))]
    assert (provider.opened, provider.closed) == (1, 1)
    assert LookUp(ground.db, provider).settle(now=NOW) == 0


@pytest.mark.parametrize("state", [CampaignState.COMPLETED, CampaignState.SENDING])
def test_what_it_surely_never_got_is_queued_anew_and_its_campaign_goes_on(ground: Ground, state: CampaignState) -> None:
    action = ground.uncertain(QUARTER, state)
    assert LookUp(ground.db, Provider()).settle(now=NOW) == 1
    row = ground.row(action)
    assert (row.state, row.reason, row.due_at, row.handed_off_at) == ("queued", "not_taken", NOW, None)
    assert ground.told(action) == [("send", "not_taken", "worker:look-up", NOW)]
    assert ground.campaign(action) == "sending"


def test_nothing_is_queued_anew_in_a_cancelled_campaign(ground: Ground) -> None:
    action = ground.uncertain(QUARTER, CampaignState.CANCELLED)
    assert LookUp(ground.db, Provider()).settle(now=NOW) == 0
    assert (ground.row(action).state, ground.campaign(action)) == ("manual", "cancelled")


def test_while_a_call_may_be_under_way_or_somebody_else_wrote_it_stays_a_persons(ground: Ground) -> None:
    early, other = ground.uncertain(timedelta(minutes=12)), ground.uncertain(QUARTER)
    assert LookUp(ground.db, Provider()).settle(now=NOW) == 1  # the other one alone
    assert ground.row(early).state == "manual"
    other = ground.uncertain(QUARTER)
    assert LookUp(ground.db, Provider([seen("something else")])).settle(now=NOW) == 0
    assert ground.row(other).state == "manual"


def test_a_message_of_another_action_is_not_taken_for_this_one(ground: Ground) -> None:
    """Two SMS with the same words to one number: the provider has the first alone."""
    ground.uncertain(HOUR)
    assert LookUp(ground.db, Provider([seen(sid="SM1")])).settle(now=NOW) == 1
    second = ground.uncertain(QUARTER)
    assert LookUp(ground.db, Provider([seen(sid="SM1"), seen(sid="SM2")])).settle(now=NOW) == 1
    assert ground.row(second).provider_id == "SM2"
    third = ground.uncertain(QUARTER)
    assert LookUp(ground.db, Provider([seen(sid="SM1")])).settle(now=NOW) == 1
    assert ground.row(third).state == "queued"


def test_one_that_came_back_and_was_sent_again_is_asked_for_too(ground: Ground) -> None:
    found, lost = ground.uncertain(QUARTER, provider_id="SM1"), ground.uncertain(QUARTER, provider_id="SM2")
    assert report(ground.db, SmsReport("SM1", "undelivered", 30003), now=NOW)
    provider = Provider([seen(sid="SM1"), seen(sid="SM2"), seen(sid="SM3")])
    assert LookUp(ground.db, provider).settle(now=NOW) == 2
    assert (ground.row(found).state, ground.row(found).provider_id) == ("sent", "SM3")
    assert (ground.row(lost).state, ground.row(lost).reason) == ("queued", "not_taken")


def test_what_was_reported_while_it_was_ignored_is_its_own_and_not_sent_again(ground: Ground) -> None:
    """A person ignores it, the provider reports it, which moves nothing then, and the person undoes the Ignore."""
    action, who = ground.uncertain(QUARTER), {"now": NOW, "user_id": ground.alice.id}
    lost = {"event": "lose", "from_state": "sending", "to_state": "manual", "reason": "uncertain", "actor": "worker:w"}
    ground.build.save(ActionHistory(workspace_id=action.workspace_id, action_id=action.id, at=NOW - QUARTER, **lost))
    with ground.db.write() as session:
        assert actions.ignore(session, action.workspace_id, [action.id], **who)
    assert report(ground.db, SmsReport("SM1", "sent", ref=action.message_id), now=NOW)
    with ground.db.write() as session:
        assert actions.undo_ignore(session, action.workspace_id, [action.id], **who)
    assert LookUp(ground.db, Provider([seen(sid="SM1", status="delivered")])).settle(now=NOW) == 1
    assert (ground.row(action).state, ground.row(action).provider_id) == ("delivered", "SM1")


def test_it_is_asked_after_a_while_and_for_a_day_only(ground: Ground) -> None:
    at_once, a_day, certain = timedelta(seconds=20), timedelta(days=1), {"reason": "rejected"}
    for ago, values in ((at_once, {}), (a_day, {}), (HOUR, certain)):
        ground.uncertain(ago, **values)
    provider = Provider()
    assert LookUp(ground.db, provider).settle(now=NOW) == 0
    assert (provider.opened, provider.asked) == (0, [])
    for ago in (at_once + timedelta(seconds=1), a_day - timedelta(seconds=1)):
        ground.uncertain(ago)
    LookUp(ground.db, provider).settle(now=NOW)
    assert len(provider.asked) == 2


def test_those_that_nobody_decided_for_a_day_keep_no_newer_one_from_being_asked_for(ground: Ground) -> None:
    campaign = ground.build.campaign(ground.alice, state=CampaignState.COMPLETED, channel="sms")
    for _ in range(AT_ONCE):
        ground.build.action(
            campaign, state=ActionState.MANUAL, reason="uncertain", handed_off_at=NOW - timedelta(days=2)
        )
    action = ground.uncertain(HALF_A_MINUTE)
    assert LookUp(ground.db, Provider([seen()])).settle(now=NOW) == 1
    assert ground.row(action).state == "sent"


def test_it_is_asked_for_some_at_a_time_the_oldest_first_and_after_the_last_the_first_again(ground: Ground) -> None:
    """As many as are asked for at once were handed over at one moment, and none of them can be settled."""
    for n in range(AT_ONCE + 2):
        ago = QUARTER - timedelta(seconds=max(n - AT_ONCE, 0))
        ground.uncertain(ago, recipients=[{"phone": f"+49151{n}"}])
    provider = Provider(has=[seen("something else")])
    asking = LookUp(ground.db, provider)
    for turn in (range(AT_ONCE), [AT_ONCE, AT_ONCE + 1, *range(AT_ONCE - 2)]):
        provider.asked.clear()
        asking.settle(now=NOW)
        assert [to for to, _, _ in provider.asked] == [f"+49151{n}" for n in turn]
    provider.asked.clear()
    ground.uncertain(HALF_A_MINUTE - timedelta(days=2))
    asking.settle(now=NOW + timedelta(days=2))  # the others are over a day old
    assert [to for to, _, _ in provider.asked] == [PHONE]


def test_a_provider_that_can_not_say_is_asked_again_another_time_for_what_comes_after(ground: Ground) -> None:
    action, _ = ground.uncertain(HOUR), ground.uncertain(QUARTER)
    provider = Provider(fails=True)
    asking = LookUp(ground.db, provider)
    assert asking.settle(now=NOW) == 0
    assert (ground.row(action).state, provider.closed, len(provider.asked)) == ("manual", 1, 1)
    provider.fails, provider.refuses = False, PHONE
    asking.settle(now=NOW)
    assert [since for _, since, _ in provider.asked[1:]] == [NOW - QUARTER - EARLY, NOW - HOUR - EARLY]


def test_a_number_that_the_provider_does_not_take_keeps_no_other_from_being_asked_for(ground: Ground) -> None:
    action = ground.uncertain(HOUR, recipients=[{"phone": "+49"}])
    ground.uncertain(QUARTER)
    provider = Provider(refuses="+49")
    assert LookUp(ground.db, provider).settle(now=NOW) == 1  # the other one
    assert [to for to, _, _ in provider.asked] == ["+49", PHONE]
    assert (ground.row(action).state, provider.closed) == ("manual", 1)


def test_of_several_with_our_words_the_first_is_ours_and_without_words_nothing_is_certain() -> None:
    late, early = Sighting("SM1", " please pay\n", NOW), Sighting("SM2", "please pay ", NOW - HALF_A_MINUTE)
    assert judge([late, early], "\nplease pay", NOW, NOW).found == early
    for text in (None, ""):
        answer = judge([late], text, NOW - HOUR, NOW)
        assert (answer.found, answer.surely_not) == (None, False)
        assert not judge([], text, NOW - HOUR, NOW).surely_not
    limit = timedelta(minutes=12)
    assert not judge([], "please pay", NOW - limit, NOW).surely_not
    assert judge([], "please pay", NOW - limit - timedelta(seconds=1), NOW).surely_not
