"""Postal addresses: what countries want of them, and how they stand on the envelope."""

from __future__ import annotations

import pytest

from bot.channels.postal import check_postal, envelope
from bot.domain.folding import fold_address
from bot.domain.postal import PostalAddress
from bot.domain.states import Reason


def to(street: str, postcode: str, city: str, country: str, region: str = "") -> PostalAddress:
    return PostalAddress("Acme", "Pat Payer", street, postcode, city, region, country)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (to("Hauptstr. 5", "D-10115", "Berlin", "DE"), ("Hauptstr. 5", "10115 BERLIN", "GERMANY")),
        (to("1 Main St", "94043", "Mountain View", "us"), ("1 Main St", "MOUNTAIN VIEW, CA 94043", "UNITED STATES")),
        (to("3\n\n1 Main St", "94043", "X", "US", "California"), ("3", "1 Main St", "X, CA 94043", "UNITED STATES")),
        (to("1 High St", "sw1a 1aa", "London", "GB"), ("1 High St", "LONDON", "SW1A 1AA", "UNITED KINGDOM")),
        (to("Calle 1", "08001", "Barcelona", "ES"), ("Calle 1", "08001 BARCELONA", "SPAIN")),
        (to("Οδός 1", "104 31", "Αθήνα", "GR"), ("Οδός 1", "104 31 ΑΘΗΝΑ", "GREECE")),
        (to("1-1", "100-0001", "Chiyoda-ku", "JP", "Tokyo"), ("1-1", "CHIYODA-KU, TOKYO", "100-0001", "JAPAN")),
        (to("1 Quay Street", "D02 XY45", "Dublin", "IE"), ("1 Quay Street", "Dublin", "D02 XY45")),
    ],
)  # fmt: skip
def test_stands_on_the_envelope_as_its_country_writes_it_seen_from_ireland(
    address: PostalAddress, lines: tuple[str, ...]
) -> None:
    checked = check_postal(address)
    assert (checked.fault, checked.detail) == (None, None)
    assert isinstance(checked.address, PostalAddress)
    assert envelope(checked.address, "IE") == ("Acme", "Pat Payer", *lines)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (to("", "", "Berlin", "DE"), "Berlin, DE: no street and no postcode"),
        (to("Main 1", "1234", "Berlin", "DE"), "Main 1, 1234 Berlin, DE: 1234 is no postcode of DE, like 26133"),
        (to("M 1", "1", "B", "XX"), "M 1, 1 B, XX: there is no country XX; write it as two letters such as DE"),
        (to("M 1", "1", "B", ""), "M 1, 1 B: its country is missing; write it as two letters such as DE"),
        (PostalAddress("", "", "M 1", "10115", "Berlin", "", "DE"), "M 1, 10115 Berlin, DE: no name"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_named(address: PostalAddress, said: str) -> None:
    checked = check_postal(address)
    assert (checked.fault, checked.detail) == (Reason.INVALID_ADDRESS, said)


def test_the_customers_country_stands_in_where_the_address_has_none() -> None:
    assert str(check_postal(to("Hauptstr. 5", "10115", "Berlin", ""), "DE").address) == "Hauptstr. 5, 10115 Berlin, DE"


def test_a_country_is_written_in_the_language_of_ours() -> None:
    address = to("1 High St", "SW1A 1AA", "London", "GB")
    assert envelope(address, "DE")[-1] == "VEREINIGTES KÖNIGREICH"
    assert envelope(address, "FR")[-1] == "ROYAUME-UNI"
    assert envelope(address, "JP")[-1] == "UNITED KINGDOM"  # no fonts for Japanese
    assert envelope(address, "GB")[-1] == "SW1A 1AA"


def test_one_place_is_one_suppressed_address_however_it_is_written() -> None:
    written = fold_address("Hauptstr. 5, 10115 Berlin, DE")
    assert written == fold_address(" hauptstr 5 10115  BERLIN, de") == fold_address(written)
    assert fold_address("Pat+x@Acme.Example ") == "pat+x@acme.example"
