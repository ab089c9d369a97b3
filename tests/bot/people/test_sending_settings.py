"""Admins say how messages leave: hours by channel, what SMS cost and say; what waits is reckoned anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.domain.access import Caller
from bot.domain.states import CampaignState
from bot.errors import FieldErrors, NotAllowed
from bot.people import sending_settings
from bot.people.sending_settings import SendingSettings, SmsTerms
from storage.db import Database
from storage.models import Action, Setting
from tests.builders import NOW, Builder

DEFAULTS = {"email": "", "sms": "08:00-20:00 Mon-Sat"}


@pytest.fixture
def admin(build: Builder) -> Caller:
    return build.caller(role="admin")


def test_defaults_are_hours_for_sms_alone(db: Database, admin: Caller) -> None:
    found = sending_settings.read(db, admin)
    assert {name: found.hours[name] for name in DEFAULTS} == DEFAULTS
    assert found.sms == SmsTerms("", opt_out=False)


def test_settings_are_kept_in_their_normal_form_and_by_workspace(db: Database, build: Builder, admin: Caller) -> None:
    wanted = SendingSettings({"sms": " 9:00 – 17:30 fri,mon "}, SmsTerms(" EUR DE 0.09 ", opt_out=True))
    sending_settings.change(db, admin, wanted)
    found = sending_settings.read(db, admin)
    assert (found.hours["email"], found.hours["sms"]) == ("", "09:00-17:30 Mon,Fri")
    assert found.sms == SmsTerms("EUR DE 0.09", opt_out=True)
    build.workspace(name="Other")
    assert sending_settings.read(db, build.caller(role="admin")).hours["sms"] == "08:00-20:00 Mon-Sat"


def test_what_is_not_named_stays(db: Database, admin: Caller) -> None:
    sending_settings.change(db, admin, SendingSettings({"sms": ""}, SmsTerms("EUR DE 0.09", opt_out=True)))
    sending_settings.change(db, admin, SendingSettings({"email": "8:00-18:00"}, None))
    found = sending_settings.read(db, admin)
    assert (found.hours["email"], found.hours["sms"]) == ("08:00-18:00 Mon-Sun", "")
    assert found.sms == SmsTerms("EUR DE 0.09", opt_out=True)


def test_every_fault_is_named_at_once_and_then_nothing_changes(db: Database, admin: Caller) -> None:
    wanted = SendingSettings({"email": "20:00-08:00", "sms": "8-20"}, SmsTerms("0.09", opt_out=True))
    with pytest.raises(FieldErrors) as refused:
        sending_settings.change(db, admin, wanted)
    assert refused.value.fields == {
        "hours_email": "The hours must lie within one day, the first before the second, like 08:00-20:00.",
        "hours_sms": "Write hours and days like 08:00-20:00 Mon-Sat.",
        "sms_prices": "Begin with the currency: EUR DE 0.0925, FR 0.0798, other 0.10.",
    }
    with pytest.raises(FieldErrors, match="At most 2,000 characters"):
        sending_settings.change(db, admin, SendingSettings({}, SmsTerms("EUR " + "DE 0.1 " * 400, opt_out=False)))
    with db.read() as session:
        assert session.scalars(select(Setting)).all() == []


def test_members_are_refused(db: Database, build: Builder) -> None:
    member = build.caller()
    with pytest.raises(NotAllowed):
        sending_settings.read(db, member)
    with pytest.raises(NotAllowed):
        sending_settings.change(db, member, SendingSettings({"sms": ""}, None))


def test_who_waits_for_the_hours_is_reckoned_anew_but_not_before_the_start(db: Database, build: Builder) -> None:
    admin, tomorrow = build.caller(role="admin"), NOW + timedelta(days=1)
    creator = build.user()
    sending = build.campaign(creator, state=CampaignState.SENDING, channel="sms")
    later = build.campaign(creator, state=CampaignState.SCHEDULED, channel="sms", starts_at=NOW + timedelta(hours=5))
    mails = build.campaign(creator, state=CampaignState.SENDING)
    for campaign, reason in (
        (sending, "outside_hours"),
        (sending, "transient"),
        (later, "outside_hours"),
        (mails, "outside_hours"),
    ):
        build.action(campaign, build.customer(phone="+4915123456789"), due_at=tomorrow, reason=reason)
    build.workspace(name="Other")
    other = build.campaign(build.user(), state=CampaignState.SENDING, channel="sms")
    build.action(other, build.customer(phone="+4915123456789"), due_at=tomorrow, reason="outside_hours")

    sending_settings.change(db, admin, SendingSettings({"sms": "06:00-22:00"}, None), now=NOW)
    with db.read() as session:
        due = session.scalars(select(Action.due_at).order_by(Action.id)).all()
    assert due == [NOW, tomorrow, datetime(2026, 3, 10, 14, 0, tzinfo=UTC), tomorrow, tomorrow]
