"""Addresses as each channel reads them: what passes, its normal form, and what is said of the rest."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.addresses import check_email, check_phone, is_valid_email
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


LABELS = st.lists(st.text("aB1-", min_size=1, max_size=4), min_size=1, max_size=3)


@settings(max_examples=300)
@given(st.text("aB1._+-", min_size=1, max_size=6), LABELS, st.sampled_from(["example", "DE", "local", "arpa", "c1"]))
def test_an_address_is_judged_as_by_every_rule_of_the_library(local: str, labels: list[str], top: str) -> None:
    text = f"{local}@{'.'.join(labels)}.{top}"
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        assert not is_valid_email(text)
    else:
        assert is_valid_email(text)


@pytest.mark.parametrize(("text", "valid"), [
    ("pat@acme.example", True),
    ("Pat.O-Neil+a_b@mail.acme-2.co.uk", True),
    ("pat@" + "a" * 63 + ".example", True),
    ("p" * 64 + "@acme.example", True),
    ("jürgen@müller.example", True),
    ("pat@" + "a" * 64 + ".example", False),
    ("pat@" + ".".join(["a" * 60] * 4) + ".example", False),
    ("pat@acme.local", False),
    ("pat@xn--a.example", False),
    ("pat@-acme.example", False),
    ("pat@acme-.example", False),
    ("pat..o@acme.example", False),
    (".pat@acme.example", False),
    ("pat@acme", False),
    ("pat@acme.example\n", False),
    ("a@b@acme.example", False),
])  # fmt: skip
def test_what_is_an_email_address(text: str, valid: bool) -> None:
    assert is_valid_email(text) is valid


def test_an_email_address_stays_as_it_was_written() -> None:
    assert check_email("Pat@Example.com") == Checked("Pat@Example.com")
    assert check_email("pat@", "DE") == Checked("pat@", Reason.INVALID_ADDRESS, "pat@")
