"""Addresses: whether one can be written to at all, and its normal form; nobody is asked over the network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.channels.postal import check_postal
from bot.domain.channels import EMAIL, SMS, AddressKind
from bot.domain.folding import fold_address
from bot.domain.recipients import Check, Checked
from bot.domain.states import Reason

_ATOM = r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")


def is_valid_email(text: str) -> bool:
    """Say whether `text` is one email address by its syntax (RFC 5321); no DNS is asked."""
    local, _, domain = text.rpartition("@")
    if len(local) <= 64 and len(text) <= 254 and _PLAIN.fullmatch(local):  # then its domain decides, and many share one
        return _is_valid(f"x@{domain}")
    return _is_valid(text)


@lru_cache(maxsize=65_536)
def _is_valid(text: str) -> bool:
    # here, like the tables of phone numbers: a start waits for neither
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def check_email(text: str, _country: str | None = None) -> Checked:
    """Check an email address; it stays as it was written."""
    return Checked(text) if is_valid_email(text) else Checked(text, Reason.INVALID_ADDRESS, text)


@lru_cache(maxsize=65_536)
def check_phone(text: str, country: str | None = None) -> Checked:
    """Read a phone number as one that takes SMS; the normal form is E.164.

    A number without a country code is read in `country`. Numbers that may be fixed or mobile (as in the US) pass;
    landlines, free and premium numbers do not: https://github.com/google/libphonenumber/blob/master/FAQ.md
    """
    import phonenumbers  # here, so that an install without SMS does not load its tables at start

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        unknown = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        why = "its country is not known; write it like +49 151 12345678" if unknown else "it is no phone number"
        return Checked(text, Reason.INVALID_ADDRESS, f"{text}: {why}")
    if not phonenumbers.is_valid_number(number):
        return Checked(text, Reason.INVALID_ADDRESS, f"{text}: there is no such number")
    normal = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    kind = phonenumbers.number_type(number)
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if kind not in mobile:
        landline = kind == phonenumbers.PhoneNumberType.FIXED_LINE
        why = "a landline, which gets no SMS" if landline else "no mobile number, so it gets no SMS"
        return Checked(normal, Reason.NOT_MOBILE, f"{text}: {why}")
    return Checked(normal)


@lru_cache(maxsize=65_536)
def country_of(number: str) -> str | None:
    """Return the country (ISO 3166) of a number in E.164; None where it has none or is no number."""
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None


CHECKS: dict[AddressKind, Check] = {
    AddressKind.EMAIL: check_email,
    AddressKind.PHONE: check_phone,
    AddressKind.POSTAL: check_postal,
}
"""How the addresses of each kind are read."""


@dataclass(frozen=True, slots=True)
class Reached:
    """An address and the channel that reaches it, in the form of bot.domain.folding.fold_address."""

    channel: str
    address: str


def read_any(text: str, country: str | None = None) -> Reached:
    """Return an email address or a phone number (a landline, too); raise ValueError for what is neither.

    A number without a country code is read in `country`.
    """
    kind = EMAIL if "@" in text else SMS
    checked = CHECKS[kind.address](text.strip(), country)
    if checked.fault is Reason.INVALID_ADDRESS:
        raise ValueError("neither an email address nor a phone number like +49 151 12345678")
    return Reached(kind.name, fold_address(str(checked.address)))
