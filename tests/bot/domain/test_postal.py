"""Postal addresses: the place in one line, the lines of the envelope, and what is stored of them."""

from __future__ import annotations

import pytest

from bot.domain.postal import PostalAddress

FULL = PostalAddress("Acme  GmbH", " Pat Payer ", "Hof 3\n\n Hauptstr.\t5 ", "10115", "Berlin", "BE", "DE")


@pytest.mark.parametrize(("address", "line"), [
    (FULL, "Hof 3, Hauptstr. 5, 10115 Berlin, BE, DE"),
    (PostalAddress("Acme", "Pat", country="DE"), ""),  # it says who, not where
    (PostalAddress(city=" Berlin "), "Berlin"),
    (PostalAddress(postcode="10115", country="DE"), "10115, DE"),
    (PostalAddress(), ""),
])  # fmt: skip
def test_as_text_it_says_where(address: PostalAddress, line: str) -> None:
    assert str(address) == line


def test_the_envelope_has_a_line_for_each_that_is_said() -> None:
    assert (FULL.names, FULL.streets) == (("Acme GmbH", "Pat Payer"), ("Hof 3", "Hauptstr. 5"))
    assert PostalAddress("Pat  Payer", "Pat Payer").names == ("Pat Payer",)
    assert (PostalAddress(name="Pat").names, PostalAddress().streets) == (("Pat",), ())


def test_what_is_missing_is_not_stored() -> None:
    assert PostalAddress(street="Main 1", postcode="1").to_json() == {"street": "Main 1", "postcode": "1"}
    assert PostalAddress.from_json({"street": "Main 1", "postcode": 1, "city": None, "x": "y"}) == PostalAddress(
        street="Main 1", postcode="1"
    )
    assert PostalAddress.from_json(FULL.to_json()) == FULL
