"""Where the made-up customers are: streets, towns with their postcodes, and what imports have wrong with addresses."""

from __future__ import annotations

from dataclasses import dataclass

NO_POSTCODE = 31
"""Every so many customers have no postcode, which most countries want."""
IN_JAPANESE = 11
"""Of the Japanese customers, every so many have a contact whose name no usual font has."""


@dataclass(frozen=True)
class Country:
    """One country: `street` has a place for the house number, `towns` their postcode and state."""

    street: str
    towns: dict[str, tuple[str, str]]


COUNTRIES = {
    "DE": Country(
        "Hauptstraße {}",
        {
            "Bremen": ("28195", ""),
            "Essen": ("45127", ""),
            "Jena": ("07743", ""),
            "Kassel": ("34117", ""),
            "Mainz": ("55116", ""),
        },
    ),
    "FR": Country(
        "{} rue de la Gare",
        {
            "Brest": ("29200", ""),
            "Dijon": ("21000", ""),
            "Lille": ("59000", ""),
            "Nantes": ("44000", ""),
            "Tours": ("37000", ""),
        },
    ),
    "ES": Country(
        "Calle Mayor {}",
        {
            "Bilbao": ("48001", ""),
            "Cádiz": ("11001", ""),
            "León": ("24001", ""),
            "Murcia": ("30001", ""),
            "Soria": ("42001", ""),
        },
    ),
    "GB": Country(
        "{} High Street",
        {
            "Bath": ("BA1 1AA", ""),
            "Derby": ("DE1 1AA", ""),
            "Leeds": ("LS1 1AA", ""),
            "Ripon": ("HG4 1AA", ""),
            "York": ("YO1 7AA", ""),
        },
    ),
    "US": Country(
        "{} Main Street",
        {
            "Akron": ("44301", "OH"),
            "Boise": ("83702", "ID"),
            "Dover": ("19901", "DE"),
            "Fargo": ("58102", "ND"),
            "Tulsa": ("74103", "OK"),
        },
    ),
    "CH": Country(
        "Bahnhofstrasse {}",
        {
            "Aarau": ("5000", ""),
            "Basel": ("4001", ""),
            "Chur": ("7000", ""),
            "Thun": ("3600", ""),
            "Zug": ("6300", ""),
        },
    ),
    "JP": Country(
        "{}-2-3 Chuo-ku",
        {
            "Chiba": ("260-0001", "Chiba"),
            "Kobe": ("650-0001", "Hyogo"),
            "Nara": ("630-8001", "Nara"),
            "Osaka": ("530-0001", "Osaka"),
            "Sendai": ("980-0001", "Miyagi"),
        },
    ),
    "KW": Country(
        "Block 4, Street {}",
        {
            "Hawally": ("32001", ""),
            "Jahra": ("01001", ""),
            "Mangaf": ("52001", ""),
            "Salmiya": ("22001", ""),
            "Surra": ("45701", ""),
        },
    ),
    "GR": Country(
        "Ερμού {}",
        {
            "Αθήνα": ("105 63", ""),
            "Βόλος": ("382 21", ""),
            "Λαμία": ("351 00", ""),
            "Πάτρα": ("262 21", ""),
            "Χανιά": ("731 00", ""),
        },
    ),
}


def place_of(n: int, country: str, city: str) -> dict[str, str]:
    """Return the columns of customer number `n`'s postal address; the first town stands in for one we know not."""
    of = COUNTRIES[country]
    town = city if city in of.towns else next(iter(of.towns))
    postcode, region = of.towns[town]
    return {
        "street": of.street.format(n % 97 + 1),
        "postcode": "" if n % NO_POSTCODE == 0 else postcode,
        "city": town,
        "region": region,
        "country": country,
    }
