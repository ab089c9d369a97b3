"""What every channel does alike, through the real engine: a channel is done when it passes these.

A channel's test module subclasses `Conformance` and gives it a `stand`: a local server that misbehaves on demand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.campaigns import decide
from bot.channels.base import Channel
from bot.dispatch.dispatcher import Dispatcher
from bot.dispatch.prepare import Rechecked, prepare
from bot.domain.channels import CHANNELS
from bot.domain.states import ActionState, CampaignState
from bot.errors import UserError
from storage import suppressions
from storage.actions import Claimed
from storage.db import Database, utcnow
from storage.models import Action, Campaign, Notification, Setting, User
from tests.bot.dispatch.conftest import wait_until
from tests.builders import Builder


class Stand(Protocol):
    """A channel, and the local server that stands in for its provider."""

    name: str
    address: str
    """An address of the channel's kind."""
    refusal: str
    """What the detail of a refused message holds."""
    patience: timedelta
    """What a throttled message waits at least."""
    recipient: dict[str, Any]
    """The address as it is frozen into an action."""

    @property
    def channel(self) -> Channel: ...
    @property
    def arrived(self) -> int: ...
    def refuse(self) -> None: ...
    def put_off(self) -> None: ...
    def throttle(self) -> None: ...
    def hang(self) -> None: ...
    def break_auth(self) -> None: ...
    def too_large(self) -> str: ...


class Desk:
    """A campaign on the stand's channel that is sending, and its one action."""

    def __init__(self, db: Database, build: Builder, stand: Stand) -> None:
        self.db, self.build, self.stand = db, build, stand
        build.save(Setting(workspace_id=build.workspace_id, key="sending_hours", value={"sms": ""}))  # at any time
        self.admin: User = build.user("Ada Admin", role="admin")
        self.alice: User = build.user()
        self.campaign: Campaign = build.campaign(
            self.alice, state=CampaignState.SENDING, channel=stand.name, body="Dear {{customer.name}}, please pay."
        )
        self._running: list[Dispatcher] = []

    def action(self, **values: Any) -> Action:
        customer = self.build.customer(overdue=None, email=None)
        self.build.invoice(customer, today=utcnow().date())
        recipients = [{"contact_id": None, "name": "Pat Payer", **self.stand.recipient}]
        due_at = utcnow() - timedelta(seconds=1)
        return self.build.action(self.campaign, customer, **({"recipients": recipients, "due_at": due_at} | values))

    def start(self, **options: Any) -> None:
        channels = {self.stand.name: self.stand.channel}
        dispatcher = Dispatcher(self.db, channels, name="w", connections=1, **options)
        dispatcher.start()
        self._running.append(dispatcher)

    def stop(self) -> None:
        for dispatcher in self._running:
            dispatcher.stop()

    def now(self, action: Action) -> Action:
        with self.db.read() as session:
            return session.scalars(select(Action).where(Action.id == action.id)).one()

    def settled(self, action: Action, good: Callable[[Action], bool] | None = None) -> Action:
        def is_settled(row: Action) -> bool:
            fresh = row.state == "queued" and row.reason == "frozen"
            return not fresh and row.state != "sending"

        wait_until(lambda: (good or is_settled)(self.now(action)))
        return self.now(action)


class Conformance:
    @pytest.fixture
    def stand(self) -> Stand:
        raise AssertionError("a channel's tests give their own stand")

    @pytest.fixture
    def desk(self, db: Database, build: Builder, stand: Stand) -> Iterator[Desk]:
        desk = Desk(db, build, stand)
        yield desk
        desk.stop()

    def test_accepted(self, desk: Desk, stand: Stand) -> None:
        action = desk.action()
        desk.start()
        row = desk.settled(action)
        assert (row.state, row.reason, row.attempts) == ("sent", "accepted", 1)
        assert row.provider_id
        assert row.sent_text is not None
        assert row.sent_text.strip() == "Dear Acme GmbH, please pay."
        assert stand.arrived == 1

    def test_rejected_for_good(self, desk: Desk, stand: Stand) -> None:
        stand.refuse()
        action = desk.action()
        desk.start()
        row = desk.settled(action)
        assert row.state == "manual"
        assert row.reason in ("rejected", "invalid_address")
        assert stand.refusal in (row.detail or "")
        assert row.handed_off_at is None
        assert stand.arrived == 0

    def test_transient(self, desk: Desk, stand: Stand) -> None:
        stand.put_off()
        action = desk.action()
        desk.start()
        row = desk.settled(action)
        assert (row.state, row.reason, row.handed_off_at) == ("queued", "transient", None)
        assert row.due_at is not None
        assert row.due_at > utcnow() + timedelta(seconds=30)

    def test_throttled_waits_as_long_as_was_asked_for(self, desk: Desk, stand: Stand) -> None:
        stand.throttle()
        action = desk.action()
        before = utcnow()
        desk.start()
        row = desk.settled(action)
        assert (row.state, row.reason) == ("queued", "transient")
        assert row.due_at is not None
        assert row.due_at >= before + stand.patience

    def test_no_answer_in_time_is_uncertain_and_never_sent_again(self, desk: Desk, stand: Stand) -> None:
        stand.hang()
        action = desk.action()
        desk.start()
        row = desk.settled(action)
        if CHANNELS[stand.name].is_repeatable:
            self._is_taken_once(desk, stand, row)
            return
        assert (row.state, row.reason) == ("manual", "uncertain")
        assert row.handed_off_at is not None

    def test_a_broken_login_pauses_the_campaign_and_tells_creator_and_admins(self, desk: Desk, stand: Stand) -> None:
        stand.break_auth()
        action = desk.action()
        desk.start()
        wait_until(lambda: self._campaign(desk).state == "paused")
        assert self._campaign(desk).pause_reason == "sender_login"
        wait_until(lambda: desk.now(action).state == "queued")
        with desk.db.read() as session:
            told = session.scalars(select(Notification.user_id).where(Notification.kind == "sender_login"))
            assert set(told) == {desk.alice.id, desk.admin.id}
        assert stand.arrived == 0

    def test_a_suppressed_address_is_never_handed_over(self, desk: Desk, stand: Stand) -> None:
        desk.build.suppression(stand.address, channel=stand.name)
        actions = [desk.action(), desk.action(in_spite_of=["nothing_overdue"])]
        desk.start()
        for action in actions:
            row = desk.settled(action)
            assert (row.state, row.reason, row.detail) == ("manual", "suppressed", stand.address)
        assert stand.arrived == 0

    def test_suppressed_after_the_recheck_it_is_not_handed_over_either(self, desk: Desk, stand: Stand) -> None:
        def too_late(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Rechecked]:
            checked = prepare(session, claimed, now)
            suppressions.add(session, desk.campaign.workspace_id, stand.name, stand.address, cause="by_admin", now=now)
            return checked

        action = desk.action()
        desk.start(prepare=too_late)
        row = desk.settled(action, lambda row: row.state == "manual")
        assert (row.reason, row.handed_off_at, stand.arrived) == ("suppressed", None, 0)

    def test_suppressed_before_its_second_try_it_is_a_persons(self, desk: Desk, stand: Stand) -> None:
        stand.put_off()
        action = desk.action()
        desk.start()
        desk.settled(action)
        with desk.db.write() as session:
            workspace_id = desk.campaign.workspace_id
            suppressions.add(session, workspace_id, stand.name, stand.address, cause="by_admin", now=utcnow())
            session.get_one(Action, action.id).due_at = utcnow()
        row = desk.settled(action, lambda row: row.state == "manual")
        assert (row.reason, row.attempts, stand.arrived) == ("suppressed", 1, 0)

    def test_a_persons_send_does_not_reach_a_suppressed_address(self, desk: Desk, stand: Stand) -> None:
        caller = desk.build.caller(desk.alice)
        before, after = (
            desk.action(state=ActionState.MANUAL, due_at=None),
            desk.action(state=ActionState.MANUAL, due_at=None),
        )
        decide.send(desk.db, caller, before.id)
        desk.build.suppression(stand.address, channel=stand.name)
        with pytest.raises(UserError, match="must not be contacted"):
            decide.send(desk.db, caller, after.id)
        assert decide.bulk(desk.db, caller, desk.campaign.id, None, what="send").changed == 0
        desk.start()
        row = desk.settled(before, lambda row: row.state == "manual")
        assert (row.reason, stand.arrived, desk.now(after).state) == ("suppressed", 0, "manual")

    def test_without_an_address_a_person_decides(self, desk: Desk, stand: Stand) -> None:
        action = desk.action(recipients=[])
        desk.start()
        row = desk.settled(action)
        assert (row.state, row.reason) == ("manual", "no_contact")

    def test_a_message_that_is_too_large_is_a_persons(self, desk: Desk, stand: Stand) -> None:
        body = stand.too_large()
        with desk.db.write() as session:
            session.get_one(Campaign, desk.campaign.id).body = body
        action = desk.action()
        desk.start()
        row = desk.settled(action)
        assert (row.state, row.reason) == ("manual", "rejected")
        assert stand.arrived == 0

    def _is_taken_once(self, desk: Desk, stand: Stand, row: Action) -> None:
        """A channel that takes a message only once is tried again, and again nothing goes out twice."""
        assert (row.state, row.reason, row.unanswered, row.attempts) == ("queued", "unanswered", True, 1)
        with desk.db.write() as session:
            session.get_one(Action, row.id).due_at = utcnow()
        row = desk.settled(row, lambda row: row.state == "sent")
        assert (row.attempts, stand.arrived) == (2, 1)

    @staticmethod
    def _campaign(desk: Desk) -> Campaign:
        with desk.db.read() as session:
            return session.get_one(Campaign, desk.campaign.id)
