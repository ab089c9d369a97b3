"""Postal addresses that stand in one column, as people and programs in many countries write them."""

from __future__ import annotations

import pytest

from bot.imports.addresses import split_address, split_name
from bot.imports.contacts import split_emails

Parts = tuple[str | None, str | None, str | None, str | None, str | None]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", (None, None, None, None, None)),
        ("Hauptstr. 5, 04109 Leipzig, Deutschland", ("Hauptstr. 5", "04109", "Leipzig", None, "DE")),
        ("Hauptstr. 5, 04109 Leipzig, DE", ("Hauptstr. 5", "04109", "Leipzig", None, "DE")),
        ("Hauptstraße 12a 80331 München", ("Hauptstraße 12a", "80331", "München", None, None)),
        ("Müller AG\nz. Hd. Frau Y\nWeg 5\nD-04109 Leipzig", ("Müller AG, z. Hd. Frau Y, Weg 5", "04109", "Leipzig", None, None)),
        ("Ring 1, 1010 Wien, Österreich", ("Ring 1", "1010", "Wien", None, "AT")),
        ("Bahnhofstrasse 1 8001 Zürich", ("Bahnhofstrasse 1", "8001", "Zürich", None, None)),
        ("12 rue de la Paix\r\n75002 Paris\r\nFrance", ("12 rue de la Paix", "75002", "Paris", None, "FR")),
        ("12 rue de la Paix 75002 Paris Cedex 02", ("12 rue de la Paix", "75002", "Paris Cedex 02", None, None)),
        ("3 place du Marché - 69001 Lyon", ("3 place du Marché", "69001", "Lyon", None, None)),
        ("Rue de la Loi 16, 1000 Bruxelles, Belgique", ("Rue de la Loi 16", "1000", "Bruxelles", None, "BE")),
        ("2 rue Neuve L-1234 Luxembourg", ("2 rue Neuve", "1234", "Luxembourg", None, None)),
        ("Calle Mayor, 5, 28013 Madrid (Madrid), España", ("Calle Mayor, 5", "28013", "Madrid", "Madrid", "ES")),
        ("Damrak 1, 1012 LG Amsterdam, Nederland", ("Damrak 1", "1012 LG", "Amsterdam", None, "NL")),
        ("Storgatan 1, 111 22 Stockholm, Sweden", ("Storgatan 1", "111 22", "Stockholm", None, "SE")),
        ("ul. Prosta 1, 00-838 Warszawa, Poland", ("ul. Prosta 1", "00-838", "Warszawa", None, "PL")),
        ("1 High St, Leeds LS1 4AP, UK", ("1 High St", "LS1 4AP", "Leeds", None, "GB")),
        ("1 High Street, Leeds, West Yorkshire, LS1 4AP", ("1 High Street", "LS1 4AP", "Leeds", "West Yorkshire", None)),
        ("1 High Street London SW1A 1AA United Kingdom", ("1 High Street", "SW1A 1AA", "London", None, "GB")),
        ("Apt 4, 12 Grafton Street, Dublin 2, D02 X285, Ireland", ("Apt 4, 12 Grafton Street", "D02 X285", "Dublin 2", None, "IE")),
        ("4581 Finch St., Bayshore, CA 94326", ("4581 Finch St.", "94326", "Bayshore", "CA", None)),
        ("4581 Finch St., Bayshore, CA, 94326-1234, USA", ("4581 Finch St.", "94326-1234", "Bayshore", "CA", "US")),
        ("65 Ocean Dr. Half Moon Bay CA 94213", ("65 Ocean Dr.", "94213", "Half Moon Bay", "CA", None)),
        ("5 Elm St, Wilmington, DE", ("5 Elm St", None, "Wilmington", "DE", None)),
        ("123 Main St, Toronto ON M5V 2T6, Canada", ("123 Main St", "M5V 2T6", "Toronto", "ON", "CA")),
        ("1 King St, Sydney NSW 2000, Australia", ("1 King St", "2000", "Sydney", "NSW", "AU")),
        ("PO Box 3354, Auckland 1001, New Zealand", ("PO Box 3354", "1001", "Auckland", None, "NZ")),
        ("MG Road, Bengaluru 560001, India", ("MG Road", "560001", "Bengaluru", None, "IN")),
        ("Acme Ltd, PO Box 3354", ("Acme Ltd, PO Box 3354", None, None, None, None)),
        ("Postfach 1234", ("Postfach 1234", None, None, None, None)),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(text: str, parts: Parts) -> None:
    found = split_address(text)
    assert (found["street"], found["postcode"], found["city"], found["region"], found["country"]) == parts


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("", []),
        ("a@acme.example", [("", "a@acme.example")]),
        ("not an address", [("", "not an address")]),
        ("a@acme.example; b@acme.example", [("", "a@acme.example"), ("", "b@acme.example")]),
        ("a@acme.example,b@acme.example\na@acme.example", [("", "a@acme.example"), ("", "b@acme.example")]),
        ("a@acme.example / b@acme.example", [("", "a@acme.example"), ("", "b@acme.example")]),
        ("mailto:a@acme.example", [("", "a@acme.example")]),
        ('Jo Doe <jo@acme.example>; "Lee, Al" <al@acme.example>', [("Jo Doe", "jo@acme.example"), ("Lee, Al", "al@acme.example")]),
        ("a@acme.example or call", [("", "a@acme.example or call")]),
    ],
)  # fmt: skip
def test_several_addresses_in_a_cell_are_several_people(text: str, people: list[tuple[str, str]]) -> None:
    assert split_emails(text) == people


def test_a_whole_name_is_taken_apart() -> None:
    assert split_name("Pat van Payer") == ("Pat van", "Payer")
    assert split_name("Payer, Pat") == ("Pat", "Payer")
    assert split_name("Payer") == ("", "Payer")
