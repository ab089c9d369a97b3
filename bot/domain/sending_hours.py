"""When a message may go out: the recipient's local hours, on chosen days of the week, never on a public holiday.

Everything is reckoned on the wall clock of the recipient's zone, so days with a change to or from summer time come out
right: an hour that does not exist opens nothing, one that comes twice counts twice.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WHOLE_DAY = 24 * 60
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})(?:\s+(\S.*))?")
_FARTHEST = 366
"""Days looked ahead; no country has so many holidays in a row."""

IsHoliday = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class SendingHours:
    """From `opens` until before `closes` (minutes of the day), on these days of the week (Monday is 0)."""

    opens: int
    closes: int
    days: frozenset[int]

    def __str__(self) -> str:
        return f"{_clock(self.opens)}-{_clock(self.closes)} {_days_text(self.days)}"


def parse_hours(text: str) -> SendingHours | None:
    """Read "08:00-20:00 Mon-Sat" or "9:00-17:00 Mon,Wed,Fri"; None for an empty text, which means at any time.

    Raises ValueError saying how it is written.
    """
    if not text.strip():
        return None
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise ValueError("Write hours and days like 08:00-20:00 Mon-Sat.")
    opens, closes = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if not 0 <= opens < closes <= _WHOLE_DAY or int(match[2]) > 59 or int(match[4]) > 59:
        raise ValueError("The hours must lie within one day, the first before the second, like 08:00-20:00.")
    return SendingHours(opens, closes, _days(match[5]) if match[5] else frozenset(range(7)))


def is_open(hours: SendingHours, zone: str, at: datetime, is_holiday: IsHoliday) -> bool:
    """Say whether a message may go out at this moment."""
    local = at.astimezone(ZoneInfo(zone))
    if local.weekday() not in hours.days or not hours.opens <= local.hour * 60 + local.minute < hours.closes:
        return False
    return not is_holiday(local.date())


def next_open(hours: SendingHours, zone: str, at: datetime, is_holiday: IsHoliday) -> datetime:
    """Return `at` where a message may go out then, else the earliest later moment at which it may, in UTC."""
    if is_open(hours, zone, at, is_holiday):
        return at
    local = ZoneInfo(zone)
    first = at.astimezone(local).date()
    for n in range(_FARTHEST):
        day = first + timedelta(days=n)
        later = sorted(moment for moment in _moments(hours, local, day) if moment > at)
        found = next((moment for moment in later if is_open(hours, zone, moment, is_holiday)), None)
        if found is not None:
            return found
    raise ValueError("These sending hours never open.")


def _moments(hours: SendingHours, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    """Yield every moment of a day at which the hours may open: their beginning, and a change of the clock."""
    for fold in (0, 1):
        yield datetime.combine(day, time(hours.opens // 60, hours.opens % 60, fold=fold), zone).astimezone(UTC)
    yield _change(zone, _midnight(zone, day), _midnight(zone, day + timedelta(days=1)))


def _midnight(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _change(zone: ZoneInfo, begin: datetime, end: datetime) -> datetime:
    """Return the second between two others at which the clock changes, or `end`; no zone changes it twice in a day."""
    before = begin.astimezone(zone).utcoffset()
    seconds = range((end - begin) // timedelta(seconds=1))
    after = bisect(seconds, False, key=lambda n: (begin + timedelta(seconds=n)).astimezone(zone).utcoffset() != before)
    return begin + timedelta(seconds=after)


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in re.split(r"[\s,;]+", text.strip()):
        first, _, last = part.replace("–", "-").partition("-")
        begin, end = _day(first), _day(last or first)
        found |= set(range(begin, end + 1)) if begin <= end else {*range(begin, 7), *range(end + 1)}
    return frozenset(found)


def _day(word: str) -> int:
    short = word[:3].capitalize()
    if short not in DAYS or word.casefold() not in (short.casefold(), _NAMES[DAYS.index(short)]):
        raise ValueError(f"{word} is no day of the week. Write days like Mon-Sat or Mon,Wed,Fri.")
    return DAYS.index(short)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days_text(days: frozenset[int]) -> str:
    ordered = sorted(days)
    if ordered == list(range(ordered[0], ordered[-1] + 1)) and len(ordered) > 2:
        return f"{DAYS[ordered[0]]}-{DAYS[ordered[-1]]}"
    return ",".join(DAYS[day] for day in ordered)
