"""Where a recipient's clock stands, and which days are holidays there: what the sending hours are reckoned with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache

from bot.channels.addresses import country_of
from bot.domain.channels import AddressKind, ChannelKind
from bot.domain.sending_hours import SendingHours, next_open

MOST_ZONES = 8
"""A number may be in several zones (an Australian mobile is); one that may be in more says nothing of its place."""
_ROUNDS = 20


@lru_cache(maxsize=65_536)
def zones_of_number(number: str) -> tuple[str, ...]:
    """Return the zones that a number in E.164 may be in; none where that says nothing."""
    import phonenumbers
    from phonenumbers.timezone import time_zones_for_number

    try:
        found = time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    known = tuple(zone for zone in found if "/" in zone and not zone.startswith("Etc/"))
    return known if len(known) <= MOST_ZONES else ()


def holidays_in(country: str | None) -> Callable[[date], bool]:
    """Return what says whether a day is a public holiday of a whole country; in an unknown one, no day is."""
    return lambda day: country is not None and day in _holidays(country, day.year)


@lru_cache(maxsize=1024)
def _holidays(country: str, year: int) -> frozenset[date]:
    from holidays import country_holidays  # here: it costs a quarter of a second of the start

    try:
        return frozenset(country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def opening(
    hours: SendingHours,
    kind: ChannelKind,
    address: str,
    at: datetime,
    *,
    zone: str | None,
    country: str | None,
    workspace_zone: str,
) -> datetime:
    """Return when a message may go to a recipient, `at` or later: by the customer's zone and country where known.

    Else the number's zone and country count (of several zones, all must be open), else the workspace's zone.
    """
    by_phone = kind.address is AddressKind.PHONE
    zones = (zone,) if zone else (zones_of_number(address) if by_phone else ()) or (workspace_zone,)
    place = country or (country_of(address) if by_phone else None)
    return _opening(hours, zones, place, at)


@lru_cache(maxsize=4096)
def _opening(hours: SendingHours, zones: tuple[str, ...], country: str | None, at: datetime) -> datetime:
    is_holiday = holidays_in(country)
    moment = at
    for _ in range(_ROUNDS):
        latest = max(next_open(hours, zone, moment, is_holiday) for zone in zones)
        if latest - moment < timedelta(seconds=1):
            return moment
        moment = latest
    return next_open(hours, zones[0], at, is_holiday)  # zones so far apart that they are never open together
