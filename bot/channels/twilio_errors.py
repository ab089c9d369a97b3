"""Twilio's error codes in our words: one table, with what the person can do.

Source: https://www.twilio.com/docs/api/errors. A code that is not here is kept as it is, and means UNKNOWN.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.channels.base import AuthBroken, Rejected, SendError, Transient, Uncertain
from bot.domain.states import Reason


class Kind(StrEnum):
    """What an error means for the message and for those after it."""

    ADDRESS = "address"
    NOT_MOBILE = "not_mobile"
    OPTED_OUT = "opted_out"
    REFUSED = "refused"
    SETUP = "setup"
    """Nothing goes out before an admin has mended our own settings."""
    LATER = "later"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One code's kind, and what it means and how to mend it, in words."""

    kind: Kind
    words: str


_K = Kind
MEANINGS: dict[int, Meaning] = {
    20003: Meaning(_K.SETUP, "Twilio refused our login. Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."),
    20005: Meaning(_K.SETUP, "The Twilio account is suspended or closed. Look into the Twilio console."),
    20404: Meaning(_K.SETUP, "Twilio does not know this account. Check TWILIO_ACCOUNT_SID."),
    20429: Meaning(_K.LATER, "Twilio asks for patience: too many requests at once."),
    20503: Meaning(_K.LATER, "Twilio is not available just now."),
    14107: Meaning(_K.LATER, "Twilio asks for patience: too many messages at once."),
    21211: Meaning(_K.ADDRESS, "This is not a phone number. Correct it with Fix contact."),
    21212: Meaning(_K.SETUP, "The sender is not a number of this Twilio account. Check TWILIO_FROM."),
    21217: Meaning(_K.ADDRESS, "This is not a phone number. Correct it with Fix contact."),
    21408: Meaning(_K.REFUSED, "SMS to this country are off in Twilio. An admin allows them in Geo permissions."),
    21602: Meaning(_K.REFUSED, "The message is empty."),
    21603: Meaning(_K.SETUP, "The sender is missing. Check TWILIO_FROM."),
    21606: Meaning(_K.SETUP, "The sender can't send SMS. Check TWILIO_FROM."),
    21610: Meaning(_K.OPTED_OUT, "The recipient answered STOP and must not be written to."),
    21611: Meaning(_K.LATER, "Too many messages of this sender are waiting at Twilio."),
    21612: Meaning(_K.REFUSED, "Twilio has no way from our number to this one. Write to them by email or letter."),
    21614: Meaning(_K.NOT_MOBILE, "This number gets no SMS. Put in a mobile number with Fix contact."),
    21617: Meaning(_K.REFUSED, "The message is too long: an SMS holds 1,600 characters."),
    21659: Meaning(_K.SETUP, "The sender is not a number of this Twilio account. Check TWILIO_FROM."),
    21701: Meaning(_K.SETUP, "The messaging service is not there. Check TWILIO_MESSAGING_SERVICE_SID."),
    21703: Meaning(_K.SETUP, "The messaging service has no sender. Add one in the Twilio console."),
    30001: Meaning(_K.LATER, "Too many messages were waiting at Twilio. Send it again later."),
    30002: Meaning(_K.SETUP, "The Twilio account was suspended before this went out."),
    30003: Meaning(_K.REFUSED, "The phone could not be reached: switched off, or out of service. Try again later."),
    30004: Meaning(_K.REFUSED, "The carrier or the recipient blocks messages from us. Write by email or letter."),
    30005: Meaning(_K.ADDRESS, "The number is not in use any more. Correct it with Fix contact."),
    30006: Meaning(_K.NOT_MOBILE, "A landline, or out of reach of SMS. Put in a mobile number with Fix contact."),
    30007: Meaning(_K.REFUSED, "The carrier took it for spam. Write it differently, or by email or letter."),
    30008: Meaning(_K.REFUSED, "The carrier did not deliver it and did not say why. Try again, or write by email."),
}

_REASONS = {
    Kind.ADDRESS: Reason.INVALID_ADDRESS,
    Kind.NOT_MOBILE: Reason.NOT_MOBILE,
    Kind.OPTED_OUT: Reason.SUPPRESSED,
    Kind.REFUSED: Reason.REJECTED,
    Kind.UNKNOWN: Reason.UNKNOWN,
}


def meaning_of(code: int | None, words: str = "") -> Meaning:
    """Return what a code means; an unknown one keeps Twilio's own words."""
    said = f": {words}" if words else ""
    return MEANINGS.get(code or 0) or Meaning(Kind.UNKNOWN, f"Twilio gave a code that we do not know{said}.")


def detail_of(code: int | None, words: str = "") -> str:
    """Return what a person reads of a code: our words, and the raw code."""
    return f"{meaning_of(code, words).words} (Twilio {code or 'gave no code'})"


def error_of(status: int, code: int | None, words: str, retry_after: float | None) -> SendError:
    """Return the error for an HTTP answer other than success, in the channels' vocabulary."""
    meaning, detail = meaning_of(code, words), detail_of(code, words)
    if meaning.kind is Kind.SETUP or (meaning.kind is Kind.UNKNOWN and status == 401):
        return AuthBroken(detail)
    if meaning.kind is Kind.LATER or status in (429, 503):
        return Transient(detail, retry_after)
    if status >= 500:
        return Uncertain(f"Twilio failed while it had the message: {detail}")
    return Rejected(detail, reason=_REASONS[meaning.kind])
