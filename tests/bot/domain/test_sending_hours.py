"""Sending hours: open and next opening in every zone, on days when the clock changes, and around holidays."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.sending_hours import SendingHours, is_open, next_open, parse_hours

DAYTIME = SendingHours(8 * 60, 20 * 60, frozenset(range(6)))
ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})


def no_holiday(_day: date) -> bool:
    return False


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "at", "opens"), [
    ("Europe/Berlin", "2026-03-10 12:00", "2026-03-10 12:00"),  # open now
    ("Europe/Berlin", "2026-03-10 19:00", "2026-03-11 07:00"),  # 20:00 there: closed, until the next morning
    ("Europe/Berlin", "2026-03-10 06:59", "2026-03-10 07:00"),
    ("Europe/Berlin", "2026-03-14 19:30", "2026-03-16 07:00"),  # Saturday evening: until Monday
    ("Europe/Berlin", "2026-03-28 19:30", "2026-03-30 06:00"),  # summer time began on that Sunday
    ("Europe/Berlin", "2026-10-24 18:30", "2026-10-26 07:00"),  # and ended
    ("America/Los_Angeles", "2026-03-10 07:00", "2026-03-10 15:00"),
    ("Pacific/Auckland", "2026-03-10 20:00", "2026-03-10 20:00"),  # 09:00 on the next day there
    ("Asia/Kathmandu", "2026-03-10 00:00", "2026-03-10 02:15"),
])  # fmt: skip
def test_the_next_opening(zone: str, at: str, opens: str) -> None:
    assert next_open(DAYTIME, zone, utc(at), no_holiday) == utc(opens)


def test_a_holiday_is_passed_over() -> None:
    christmas = {date(2026, 12, 25), date(2026, 12, 26)}
    found = next_open(DAYTIME, "Europe/Berlin", utc("2026-12-24 22:00"), christmas.__contains__)
    assert found == utc("2026-12-28 07:00")  # a Sunday comes after them


@pytest.mark.parametrize(("hours", "zone", "at", "opens"), [
    ("18:00-22:00", "Pacific/Honolulu", "2026-03-11 02:00", "2026-03-11 04:00"),  # 16:00 there, still on the 10th
    # the clock goes from 02:00 to 03:00
    ("02:30-10:00", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 01:00"),
    ("00:00-24:00 Sun", "Europe/Berlin", "2026-03-28 22:00", "2026-03-28 23:00"),  # at midnight, before it does
    # and from 03:00 back to 02:00: hours that end or begin within the hour that comes twice open again
    ("01:00-02:30", "Europe/Berlin", "2026-10-25 00:45", "2026-10-25 01:00"),
    ("02:30-03:00", "Europe/Berlin", "2026-10-25 01:10", "2026-10-25 01:30"),
    ("01:00-02:30", "Pacific/Auckland", "2026-04-04 13:45", "2026-04-04 14:00"),
    ("22:00-23:30", "Asia/Beirut", "2026-10-24 20:45", "2026-10-24 21:00"),  # there from midnight back to 23:00
])  # fmt: skip
def test_the_next_opening_of_hours_of_their_own(hours: str, zone: str, at: str, opens: str) -> None:
    read = parse_hours(hours)
    assert read is not None
    assert not is_open(read, zone, utc(at), no_holiday)
    found = next_open(read, zone, utc(at), no_holiday)
    assert found == utc(opens)
    assert found.tzinfo is UTC


def test_hours_that_never_open_are_told() -> None:
    with pytest.raises(ValueError, match=r"^These sending hours never open\.$"):
        next_open(DAYTIME, "Europe/Berlin", utc("2026-03-10 19:00"), lambda _day: True)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(946_684_800, 2_114_380_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),  # 2000 to 2036
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.frozensets(st.integers(0, 6), min_size=1),
)
@example("Pacific/Apia", utc("2011-12-29 23:00"), 480, 720, frozenset(range(7)))  # the 30th did not exist there
@example("Australia/Lord_Howe", utc("2026-04-04 14:00"), 100, 60, frozenset(range(7)))  # half an hour of summer time
@example("Africa/Cairo", utc("2023-04-27 20:00"), 0, 60, frozenset(range(7)))  # the clock changes at midnight
def test_the_opening_is_open_and_nothing_before_it_is(
    zone: str, at: datetime, opens: int, length: int, days: frozenset[int]
) -> None:
    hours = SendingHours(opens, min(opens + length, 1440), days)
    found = next_open(hours, zone, at, no_holiday)
    assert found >= at
    assert is_open(hours, zone, found, no_holiday)
    if found > at:
        assert not is_open(hours, zone, at, no_holiday)
        # every quarter of an hour before, and the last minutes, counted on the wall clock of the zone
        steps = range(15, min(int((found - at).total_seconds() // 60), 60 * 24 * 8), 15)
        before = [at + timedelta(minutes=n) for n in steps] + [found - timedelta(seconds=n) for n in (1, 60, 600)]
        assert [b for b in before if at <= b < found and is_open(hours, zone, b, no_holiday)] == []


@pytest.mark.parametrize(("text", "shown"), [
    ("08:00-20:00 Mon-Sat", "08:00-20:00 Mon-Sat"),
    ("9:00 – 17:30 Mon,Wed, Fri", "09:00-17:30 Mon,Wed,Fri"),
    ("00:00-24:00 Sat-Mon", "00:00-24:00 Mon,Sat,Sun"),
    ("09:30-12:05", "09:30-12:05 Mon-Sun"),
    ("07:59-23:59", "07:59-23:59 Mon-Sun"),
    ("10:00-12:00 Tuesday–thursday", "10:00-12:00 Tue-Thu"),
    ("10:00-12:00 Fri;Sat", "10:00-12:00 Fri,Sat"),
])  # fmt: skip
def test_hours_are_read_as_people_write_them(text: str, shown: str) -> None:
    assert str(parse_hours(text)) == shown
    assert parse_hours(shown) == parse_hours(text)


HOW = "Write hours and days like 08:00-20:00 Mon-Sat."
ORDER = "The hours must lie within one day, the first before the second, like 08:00-20:00."


@pytest.mark.parametrize(("text", "says"), [
    ("8-20", HOW), ("noon", HOW), ("20:00-08:00", ORDER), ("08:00-08:00", ORDER), ("08:00-25:00", ORDER),
    ("08:60-10:00", ORDER), ("08:00-09:60", ORDER),
    ("08:00-20:00 Montag", "Montag is no day of the week. Write days like Mon-Sat or Mon,Wed,Fri."),
])  # fmt: skip
def test_wrong_hours_say_how_they_are_written(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        parse_hours(text)


def test_no_text_means_any_time() -> None:
    assert parse_hours("  ") is None
