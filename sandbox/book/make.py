"""Writes the sample book as CSV files. The same day gives the same files; amounts, names and dates are made up."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from sandbox.book.places import COUNTRIES, IN_JAPANESE, place_of

CUSTOMERS = 300
ACCOUNT_MANAGERS = ("camille@example.com", "jonas@example.com")

_PLACES = (
    ("DE", "de", "EUR", "Europe/Berlin", ("Bremen", "Essen", "Jena", "Kassel", "Mainz"), "GmbH"),
    ("FR", "fr", "EUR", "Europe/Paris", ("Brest", "Dijon", "Lille", "Nantes", "Tours"), "SARL"),
    ("ES", "es", "EUR", "Europe/Madrid", ("Bilbao", "Cádiz", "León", "Murcia", "Soria"), "SL"),
    ("GB", "en", "GBP", "Europe/London", ("Bath", "Derby", "Leeds", "Ripon", "York"), "Ltd"),
    ("US", "en", "USD", "America/Chicago", ("Akron", "Boise", "Dover", "Fargo", "Tulsa"), "Inc"),
    ("CH", "de", "CHF", "Europe/Zurich", ("Aarau", "Basel", "Chur", "Thun", "Zug"), "AG"),
    ("JP", "en", "JPY", "Asia/Tokyo", ("Chiba", "Kobe", "Nara", "Osaka", "Sendai"), "KK"),
    ("KW", "en", "KWD", "Asia/Kuwait", ("Hawally", "Jahra", "Mangaf", "Salmiya", "Surra"), "WLL"),
)
_GREECE = ("GR", "en", "EUR", "Europe/Athens", tuple(COUNTRIES["GR"].towns), "ΑΕ")
_GREEKS = (45, 165, 245)
"""Customers who are Greek in place of what their number would make them."""
_TRADES = tuple(
    "Bakery Books Cycles Dental Flowers Foods Garden Glass Hotels Logistics Music "
    "Optics Paper Pharma Plumbing Printing Solar Steel Textiles Tools Travel Wines".split()
)
_FIRST = (
    "Ana",
    "Ben",
    "Clara",
    "David",
    "Elif",
    "Franz",
    "Grace",
    "Hugo",
    "Ines",
    "Jan",
    "Kaya",
    "Louis",
    "Maya",
    "Nils",
)
_LAST = ("Abel", "Braun", "Costa", "Dubois", "Evans", "Ferrer", "Garnier", "Haas", "Ito", "Jones", "Keller", "Lopez")
_MOBILE = {
    "DE": "+4915123456",
    "FR": "+33612345",
    "ES": "+34612345",
    "GB": "+447400123",
    "US": "+12015550",
    "CH": "+41781234",
    "JP": "+819012345",
    "KW": "+96550012",
    "GR": "+306912345",
}
"""Mobile numbers but for their last three digits."""
_DIGITS = {"JPY": 0, "KWD": 3}


def write_book(folder: Path, today: date) -> list[Path]:
    """Write customers.csv, contacts.csv and invoices.csv into `folder` and return their paths."""
    chance = random.Random(20_260_101)
    customers = [_customer(chance, n, today) for n in range(1, CUSTOMERS + 1)]
    contacts = [row for customer in customers for row in _contacts(chance, customer)]
    invoices = [row for customer in customers for row in _invoices(chance, customer, today)]
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder / "customers.csv", customers),
        _write(folder / "contacts.csv", contacts),
        _write(folder / "invoices.csv", invoices),
    ]


def _customer(chance: random.Random, n: int, today: date) -> dict[str, str]:
    country, language, currency, zone, cities, kind = _GREECE if n in _GREEKS else _PLACES[n % len(_PLACES)]
    city, trade = chance.choice(cities), chance.choice(_TRADES)
    name = f"{city} {trade} {kind}" if n != 13 else 'Bits & *Bytes* <!channel> "Söhne"'
    return {
        "external_id": f"C-{1000 + n}",
        "name": f"{name} {n // 40 + 1}" if n >= 40 and n != 13 else name,
        "group": f"{trade} Holding" if chance.random() < 0.2 else "",
        "language": language,
        "currency": currency,
        "country": country,
        "time_zone": zone,
        "paused_until": (today + timedelta(days=20)).isoformat() if n % 29 == 0 else "",
        "account_managers": chance.choice((*ACCOUNT_MANAGERS, "")),
        "Segment": chance.choice("ABC"),
    }


def _contacts(chance: random.Random, customer: dict[str, str]) -> Iterable[dict[str, str]]:
    n = int(customer["external_id"][2:])
    place = place_of(n, customer["country"], customer["name"].split()[0])
    if n % 37 == 0:  # nobody to write to
        return
    for rank in range(1 if chance.random() < 0.6 else 2):
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        email = f"{first}.{last}@c{n}.example.com".lower()
        if n % 41 == 0:
            email = chance.choice(("not-an-address", "x@@example.com", "a b@example.com"))
        if n % IN_JAPANESE == 0 and customer["country"] == "JP":
            first, last = "花子", "伊藤"
        yield {
            "customer_external_id": customer["external_id"],
            "external_id": f"P-{n}-{rank}",
            "email": email,
            "phone": _phone(n, customer["country"]) if rank == 0 else "",
            "first_name": first if n % 17 else "",
            "last_name": last,
            "positions": ("Payer", "Accountant", "Purchaser; Sales")[(n + rank) % 3],
            "main": "yes" if rank == 0 else "no",
            **place,
        }


def _phone(n: int, country: str) -> str:
    """Return a mobile number; every 24th customer has a landline."""
    last = f"{n % 1000:03}"
    return f"030 901{last}" if n % 24 == 0 else f"{_MOBILE[country]}{last}"


def _invoices(chance: random.Random, customer: dict[str, str], today: date) -> Iterable[dict[str, str]]:
    n = int(customer["external_id"][2:])
    for rank in range(chance.choice((1, 2, 3, 4, 5))):
        due = today - timedelta(days=chance.choice((-25, -10, 5, 12, 20, 33, 48, 75, 120)))
        digits = _DIGITS.get(customer["currency"], 2)
        total = chance.randrange(80, 9_000) * 10**digits + chance.randrange(10**digits)
        status = "paid" if chance.random() < 0.12 else "disputed" if chance.random() < 0.06 else "open"
        owed = 0 if status == "paid" else total // 2 if chance.random() < 0.15 else total
        promised = status == "open" and due < today and chance.random() < 0.05
        yield {
            "customer_external_id": customer["external_id"],
            "number": f"INV-{n}-{rank + 1}",
            "issue_date": (due - timedelta(days=30)).isoformat(),
            "due_date": due.isoformat(),
            "total": _amount(total, digits),
            "outstanding": _amount(owed, digits),
            "currency": customer["currency"],
            "status": status,
            "promised_on": (today + timedelta(days=6)).isoformat() if promised else "",
        }


def _amount(minor: int, digits: int) -> str:
    return f"{minor // 10**digits}.{minor % 10**digits:0{digits}d}" if digits else str(minor)


def _write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
