"""Whose clock and whose holidays count: the customer's, else the number's, else the workspace's."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.channels.local_time import holidays_in, opening, zones_of_number
from bot.domain.channels import EMAIL, SMS
from bot.domain.sending_hours import SendingHours

DAYTIME = SendingHours(8 * 60, 20 * 60, frozenset(range(6)))
NIGHT = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(("number", "zone", "workspace", "opens"), [
    ("+4915123456789", None, "Asia/Tokyo", "07:00"),  # Berlin, by the number
    ("+4915123456789", "Europe/Lisbon", "Asia/Tokyo", "08:00"),  # the customer's own
    ("+61412345678", None, "Asia/Tokyo", "03:00"),  # an Australian mobile: open from Perth to Sydney
    ("+18005550000", None, "Asia/Tokyo", "03:00"),  # it may be anywhere: noon in the workspace
])  # fmt: skip
def test_the_zone_is_the_customers_else_the_numbers_else_the_workspaces(
    number: str, zone: str | None, workspace: str, opens: str
) -> None:
    found = opening(DAYTIME, SMS, number, NIGHT, zone=zone, country=None, workspace_zone=workspace)
    assert f"{found:%d %H:%M}" == f"10 {opens}"


def test_in_several_zones_all_must_be_open() -> None:
    evening = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)  # 21:00 in Sydney, 18:00 in Perth
    found = opening(DAYTIME, SMS, "+61412345678", evening, zone=None, country=None, workspace_zone="UTC")
    assert found == datetime(2026, 3, 11, 1, 30, tzinfo=UTC)  # 08:00 on the Cocos Islands, the latest of them


def test_an_email_says_nothing_of_a_place() -> None:
    found = opening(DAYTIME, EMAIL, "pat@acme.example", NIGHT, zone=None, country=None, workspace_zone="Asia/Tokyo")
    assert found == NIGHT


def test_the_holidays_of_the_country_are_left_out() -> None:
    unity_day = datetime(2025, 10, 3, 10, 0, tzinfo=UTC)  # a Friday
    found = opening(DAYTIME, SMS, "+4915123456789", unity_day, zone=None, country=None, workspace_zone="UTC")
    assert found == datetime(2025, 10, 4, 6, 0, tzinfo=UTC)
    french = opening(DAYTIME, SMS, "+4915123456789", unity_day, zone=None, country="FR", workspace_zone="UTC")
    assert french == unity_day


def test_an_unknown_country_has_no_holidays() -> None:
    assert not holidays_in("XX")(date(2026, 1, 1))
    assert not holidays_in(None)(date(2026, 1, 1))
    assert holidays_in("DE")(date(2026, 1, 1))


def test_numbers_of_a_whole_continent_have_no_zone() -> None:
    assert zones_of_number("+18005550000") == ()
    assert zones_of_number("nonsense") == ()
    assert zones_of_number("+4915123456789") == ("Europe/Berlin",)
