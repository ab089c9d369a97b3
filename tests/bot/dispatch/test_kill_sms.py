"""A worker killed while it sends SMS: Twilio is asked, so nothing goes twice, nothing is lost, nobody is asked."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.channels.sms import SmsChannel, TwilioAccount
from bot.dispatch import look_up
from bot.dispatch.dispatcher import LEASE, Dispatcher
from bot.dispatch.rescue import rescue
from bot.domain.states import CampaignState
from sandbox import SmsCatcher
from storage.db import Database, utcnow
from storage.models import Action, Setting, User
from tests.bot.dispatch.conftest import wait_until
from tests.builders import Builder

TAKEN, LOST = "+4915199999901", "+4915199999902"
MANY = 60


@pytest.fixture
def sms() -> Iterator[SmsCatcher]:
    with SmsCatcher() as running:
        yield running


def rows(db: Database) -> list[Action]:
    with db.read() as session:
        return list(session.scalars(select(Action).order_by(Action.id)))


def fill(build: Builder, alice: User, numbers: list[str]) -> None:
    campaign = build.campaign(alice, state=CampaignState.SENDING, channel="sms", body="{{customer.name}}: please pay.")
    start = utcnow() - timedelta(hours=1)
    for n, number in enumerate(numbers):
        customer = build.customer(f"Customer {n}", overdue=None, email=None, phone=number)
        build.invoice(customer, today=utcnow().date())
        build.action(campaign, customer, due_at=start + timedelta(seconds=n))


def test_killed_in_the_call(build: Builder, db: Database, sms: SmsCatcher, database_url: str) -> None:
    build.save(Setting(workspace_id=build.workspace_id, key="sending_hours", value={"sms": ""}))
    others = [f"+49151{n:08}" for n in range(MANY)]
    fill(build, build.user(), [*others[:10], TAKEN, LOST, *others[10:]])
    sms.hang(TAKEN, taken=True)
    sms.hang(LOST, taken=False)
    login = [sms.url, sms.account_sid, sms.auth_token, sms.number]
    command = [sys.executable, "-m", "tests.bot.dispatch.sms_worker", database_url, *login]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as worker:
        try:
            wait_until(lambda: sms.held == 2 and len(sms.messages) >= 15, 40)
        finally:
            worker.kill()
    sms.heal()

    account = TwilioAccount(sms.account_sid, sms.account_sid, sms.auth_token, sender=sms.number, api_url=sms.url)
    channel = SmsChannel(account)
    rescue(db, name="rescue", now=utcnow() + LEASE + timedelta(minutes=1))
    uncertain = [row for row in rows(db) if row.reason == "uncertain"]
    assert 2 <= len(uncertain) <= 3  # one a connection

    # while a call may still be under way, only what Twilio has is settled
    look_up.LookUp(db, channel).settle(now=utcnow() + timedelta(minutes=1))
    left = [row for row in rows(db) if row.reason == "uncertain"]
    assert LOST in str([row.recipients for row in left])
    assert TAKEN not in str([row.recipients for row in left])

    look_up.LookUp(db, channel).settle(now=utcnow() + LEASE + timedelta(minutes=3))
    with db.write() as session:
        session.execute(update(Action).where(Action.state == "queued").values(due_at=utcnow()))
    dispatcher = Dispatcher(db, {"sms": channel}, name="next", connections=2)
    dispatcher.start()
    try:
        wait_until(lambda: {row.state for row in rows(db)} == {"sent"}, 40)
    finally:
        dispatcher.stop()
    assert Counter(one.to for one in sms.messages) == Counter([*others, TAKEN, LOST])
    by_id = {one.sid: one.to for one in sms.messages}
    assert {by_id[row.provider_id or ""] for row in rows(db)} == {*others, TAKEN, LOST}
