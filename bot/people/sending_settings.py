"""How messages may leave a workspace: in which local hours each channel sends, and what SMS cost and say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.access import Caller, require_admin
from bot.domain.channels import CHANNELS
from bot.domain.sending_hours import parse_hours
from bot.domain.sms_prices import LONGEST, parse_prices
from bot.errors import FieldErrors
from storage import outbox, settings
from storage.db import Database


@dataclass(frozen=True, slots=True)
class SmsTerms:
    """What SMS cost and say: `prices` of a segment as written (empty: none), and whether each tells how to opt out."""

    prices: str
    opt_out: bool


@dataclass(frozen=True, slots=True)
class SendingSettings:
    """`hours` by channel, as written (empty: at any time); `sms` None leaves what SMS cost and say as it is."""

    hours: Mapping[str, str]
    sms: SmsTerms | None


def read(db: Database, caller: Caller) -> SendingSettings:
    """Return the settings of every channel; admins only."""
    require_admin(caller)
    with db.read() as session:
        stored = settings.sending_hours(session, caller.workspace_id)
        return SendingSettings(
            hours={channel: stored.get(channel, "") for channel in CHANNELS},
            sms=SmsTerms(
                prices=settings.sms_prices(session, caller.workspace_id),
                opt_out=settings.sms_opt_out(session, caller.workspace_id),
            ),
        )


def change(db: Database, caller: Caller, wanted: SendingSettings, *, now: datetime | None = None) -> None:
    """Store the settings, hours in their normal form; admins only. Channels that are not named keep their hours.

    Messages that wait for the hours of a named channel fall due, so that they are reckoned anew by the new hours.
    Raises FieldErrors naming every wrong one (`hours_<channel>`, `sms_prices`), and then changes none.
    """
    require_admin(caller)
    hours, faults = _normal(wanted.hours)
    if wanted.sms is not None:
        faults |= _price_faults(wanted.sms.prices)
    if faults:
        raise FieldErrors(faults)
    with db.write() as session:
        if hours:
            settings.set_sending_hours(session, caller.workspace_id, hours)
            outbox.reckon_hours_anew(session, caller.workspace_id, hours, now=now or db.now())
        if wanted.sms is not None:
            terms = wanted.sms
            settings.set_sms(session, caller.workspace_id, prices=terms.prices.strip(), opt_out=terms.opt_out)


def _normal(written: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the hours in their normal form, and what is wrong with the others."""
    hours, faults = {}, {}
    for channel, text in written.items():
        try:
            parsed = parse_hours(text)
            hours[channel] = str(parsed) if parsed else ""
        except ValueError as error:
            faults[f"hours_{channel}"] = str(error)
    return hours, faults


def _price_faults(prices: str) -> dict[str, str]:
    if len(prices) > LONGEST:
        return {"sms_prices": f"At most {LONGEST:,} characters."}
    try:
        parse_prices(prices)
    except ValueError as error:
        return {"sms_prices": str(error)}
    return {}
