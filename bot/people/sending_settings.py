"""How messages may leave a workspace: by local hours of each channel, what SMS cost and say, our letterhead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.channels.postal import check_postal
from bot.domain.access import Caller, require_admin
from bot.domain.channels import CHANNELS
from bot.domain.letter_prices import parse_letter_prices
from bot.domain.letterhead import Letterhead
from bot.domain.postal import PostalAddress
from bot.domain.sending_hours import parse_hours
from bot.domain.sms_prices import LONGEST, parse_prices
from bot.errors import FieldErrors
from bot.rendering.glyphs import unprintable
from storage import outbox, settings
from storage.db import Database

MOST_LINES = 8
LONGEST_PAYMENT = 600


@dataclass(frozen=True, slots=True)
class SmsTerms:
    """What SMS cost and say: `prices` of a segment as written (empty: none), and whether each tells how to opt out."""

    prices: str
    opt_out: bool


@dataclass(frozen=True, slots=True)
class SendingSettings:
    """`hours` by channel, as written (empty: at any time); None for `sms` or `letters` leaves those as they are."""

    hours: Mapping[str, str]
    sms: SmsTerms | None
    letters: Letterhead | None = None


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
            letters=Letterhead.from_json(settings.letters(session, caller.workspace_id)),
        )


def change(db: Database, caller: Caller, wanted: SendingSettings, *, now: datetime | None = None) -> None:
    """Store the settings, hours in their normal form; admins only. Channels that are not named keep their hours.

    Messages that wait for the hours of a named channel fall due, so that they are reckoned anew by the new hours.
    Raises FieldErrors naming every wrong one (`hours_<channel>`, `sms_prices`, `letter_prices`, `letter_address`,
    `letter_payment`), and then changes none.
    """
    require_admin(caller)
    hours, faults = _normal(wanted.hours)
    if wanted.sms is not None:
        faults |= _price_faults(wanted.sms.prices)
    letters = wanted.letters and replace(wanted.letters, address=_ours(wanted.letters.address))
    if letters is not None:
        faults |= _letter_faults(letters)
    if faults:
        raise FieldErrors(faults)
    with db.write() as session:
        if letters is not None:
            settings.set_letters(session, caller.workspace_id, letters.to_json())
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


def _ours(address: PostalAddress) -> PostalAddress:
    """Return our address in its normal form, as far as it has one; empty where nobody wrote more than a country."""
    if not str(address):
        return PostalAddress()
    found = check_postal(replace(address, company=address.company or "-"))
    assert isinstance(found.address, PostalAddress)
    return replace(found.address, company=address.company)


def _letter_faults(letters: Letterhead) -> dict[str, str]:
    faults = {}
    if str(letters.address):
        checked = check_postal(replace(letters.address, company=letters.address.company or "-"))
        if checked.detail:
            faults["letter_address"] = f"{checked.detail}."
    try:
        parse_letter_prices(letters.prices)
    except ValueError as error:
        faults["letter_prices"] = str(error)
    shown = "\n".join((letters.contact, letters.payment, *letters.address.to_json().values()))
    if len(letters.payment) > LONGEST_PAYMENT or letters.payment.count("\n") >= MOST_LINES:
        faults["letter_payment"] = f"At most {MOST_LINES} lines, and {LONGEST_PAYMENT} characters in all."
    elif missing := unprintable(shown):
        faults["letter_payment"] = f"Our fonts for letters have no {' '.join(missing)}."
    return faults


def _price_faults(prices: str) -> dict[str, str]:
    if len(prices) > LONGEST:
        return {"sms_prices": f"At most {LONGEST:,} characters."}
    try:
        parse_prices(prices)
    except ValueError as error:
        return {"sms_prices": str(error)}
    return {}
