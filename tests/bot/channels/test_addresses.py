"""Addresses as each channel reads them: what passes, its normal form, and what is said of the rest."""

from __future__ import annotations

import pytest

from bot.channels.addresses import check_email, check_phone
from bot.domain.recipients import Checked
from bot.domain.states import Reason


@pytest.mark.parametrize(("text", "country", "normal"), [
    ("0151 23456789", "DE", "+4915123456789"),
    ("+49 (0)151 234-567-89", None, "+4915123456789"),
    ("0049 151 23456789", "DE", "+4915123456789"),
    ("06 12 34 56 78", "FR", "+33612345678"),
    ("(415) 555-2671", "US", "+14155552671"),
    ("+44 7911 123456", "DE", "+447911123456"),
])  # fmt: skip
def test_a_mobile_number_is_read_with_its_country(text: str, country: str | None, normal: str) -> None:
    assert check_phone(text, country) == Checked(normal)


@pytest.mark.parametrize(("text", "country", "fault", "said"), [
    ("030 901820", "DE", Reason.NOT_MOBILE, "030 901820: a landline, which gets no SMS"),
    ("0800 3301000", "DE", Reason.NOT_MOBILE, "0800 3301000: no mobile number, so it gets no SMS"),
    ("0151 23456789", None, Reason.INVALID_ADDRESS,
     "0151 23456789: its country is not known; write it like +49 151 12345678"),
    ("0151 2", "DE", Reason.INVALID_ADDRESS, "0151 2: there is no such number"),
    ("call Pat", "DE", Reason.INVALID_ADDRESS, "call Pat: it is no phone number"),
])  # fmt: skip
def test_what_gets_no_sms_is_named_with_why(text: str, country: str | None, fault: Reason, said: str) -> None:
    found = check_phone(text, country)
    assert (found.fault, found.detail) == (fault, said)


def test_an_email_address_stays_as_it_was_written() -> None:
    assert check_email("Pat@Example.com") == Checked("Pat@Example.com")
    assert check_email("pat@", "DE") == Checked("pat@", Reason.INVALID_ADDRESS, "pat@")
