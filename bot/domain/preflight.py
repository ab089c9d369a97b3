"""Why a customer is left out at Send, and what of a customer's invoices may be collected."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class LeftOut(StrEnum):
    """Why nothing is sent to a selected customer; in the order in which they are looked at, the first one counts."""

    PAUSED = "paused"
    NOTHING_OVERDUE = "nothing_overdue"
    ALL_DISPUTED = "all_disputed"
    PROMISED = "promised"
    CONTACTED_RECENTLY = "contacted_recently"


def left_out_text(reason: LeftOut, recent_days: int) -> str:
    """Return a left-out reason in words."""
    return {
        LeftOut.PAUSED: "paused: do not contact yet",
        LeftOut.NOTHING_OVERDUE: "nothing overdue",
        LeftOut.ALL_DISPUTED: "everything overdue is disputed",
        LeftOut.PROMISED: "payment is promised",
        LeftOut.CONTACTED_RECENTLY: f"contacted in the last {recent_days} days",
    }[reason]


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer on one day, as far as leaving out goes; the numbers count overdue invoices with something to pay.

    `undisputed` are those not disputed; `collectible` those neither disputed nor promised for today or later.
    """

    overdue: int
    undisputed: int
    collectible: int
    paused_until: date | None = None
    last_contacted_at: datetime | None = None


def reasons_to_leave_out(standing: Standing, *, today: date, now: datetime, recent_days: int) -> tuple[LeftOut, ...]:
    """Return every reason to leave the customer out, in order; none when a message may go.

    `paused_until` is exclusive: on that very day the customer is written to again.
    """
    found = []
    if standing.paused_until is not None and standing.paused_until > today:
        found.append(LeftOut.PAUSED)
    if standing.overdue == 0:
        found.append(LeftOut.NOTHING_OVERDUE)
    elif standing.undisputed == 0:
        found.append(LeftOut.ALL_DISPUTED)
    elif standing.collectible == 0:
        found.append(LeftOut.PROMISED)
    last = standing.last_contacted_at
    if last is not None and last > now - timedelta(days=recent_days):
        found.append(LeftOut.CONTACTED_RECENTLY)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comes of a customer's reasons: the one that counts, and whether a message goes all the same."""

    reason: LeftOut | None
    goes: bool
    in_spite_of: tuple[LeftOut, ...] = ()
    """Every reason that was put back, where a message goes."""

    @property
    def is_put_back(self) -> bool:
        """Say whether the message goes only because the creator put the customer's group back."""
        return self.goes and self.reason is not None


_GOES = Verdict(None, goes=True)


def judge(reasons: tuple[LeftOut, ...], put_back: Collection[str]) -> Verdict:
    """Decide by the first reason that was not put back; a group put back frees nobody of another reason."""
    if not reasons:
        return _GOES
    for reason in reasons:
        if reason.value not in put_back:
            return Verdict(reason, goes=False)
    return Verdict(reasons[0], goes=True, in_spite_of=reasons)


def day_in(time_zone: str, now: datetime) -> date:
    """Return the date that the moment `now` falls on in an IANA time zone."""
    return now.astimezone(ZoneInfo(time_zone)).date()
