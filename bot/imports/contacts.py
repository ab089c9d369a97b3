"""What a row says of people: names, addresses, and several emails in one cell."""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import Any

from bot.domain.folding import fold_address
from bot.imports.addresses import split_address, split_name
from bot.imports.cells import Cells
from bot.imports.fields import FIELDS
from bot.imports.sheets import as_text

_ADDRESS = ("street", "postcode", "city", "region", "country")
_PHONE_KIND = re.compile(
    r"^(?:phone|tel|telephone|mobile|work|main|office|telefon|telefono|portable|movil)[.:]+ *", re.I
)
_BETWEEN = re.compile(r"\s+/\s+|[;,|\s]+|/(?=[^/\s]+@)")


class ContactReader:
    """Reads the people of a sheet's rows: for each an id within the customer, and what there are columns for."""

    def __init__(self, row: Cells) -> None:
        self._row = row

    def read(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the row's contacts, the one it is about first; none where it names nobody."""
        values = {FIELDS[f].attribute: self._row.value(f) for f in _CONTACT if f in self._row.fields}
        emails = split_emails(values.get("email") or "")
        if emails:
            values["email"] = emails[0][1]
        if values.get("phone"):
            values["phone"] = _PHONE_KIND.sub("", values["phone"])
        self._add_name(values, emails[0][0] if emails else "")
        self._add_address(values)
        own = self._row.text("contact.external_id") or self._own_id(values)
        if own is None:
            return []
        others = [(fold_address(email), {**_nobody(values, name), "email": email}) for name, email in emails[1:]]
        return [(own, values), *others]

    def _add_name(self, values: dict[str, Any], beside: str) -> None:
        """Add first and last name from a column of whole names, or from beside the address: Pat Lee <pat@a.example>."""
        first, last = values.get("first_name") or "", values.get("last_name") or ""
        whole = self._row.text("contact.name") or ("" if first or last else beside)
        parts = split_name(whole) if whole else ("", "")
        values |= {"first_name": first or parts[0], "last_name": last or parts[1]}

    def _add_address(self, values: dict[str, Any]) -> None:
        lines = self._lines() if self._row.has("contact.street") else []
        if self._row.has("contact.street"):
            values["street"] = ", ".join(lines) or None
        whole = self._row.text("contact.address") if self._row.has("contact.address") else None
        if whole is None and len(lines) > 1 and not self._row.has("contact.city", "contact.postcode"):
            whole, values["street"] = "\n".join(lines), None
        if self._row.has("contact.address") or whole:
            found = split_address(whole or "")
            values |= {name: value for name, value in found.items() if not values.get(name)}
        given = any(values.get(name) for name in _ADDRESS)
        if given and not values.get("country") and self._row.has("customer.country"):
            values["country"] = self._row.value("customer.country")

    def _lines(self) -> list[str]:
        """Return the lines of an address that has several columns; too long a one is a fault."""
        cells, indexes = self._row.cells, self._row.fields["contact.street"]
        lines = [text for i in indexes if i < len(cells) and (text := as_text(cells[i]).strip())]
        most, street = FIELDS["contact.street"].most, ", ".join(lines)
        if len(street) > most:
            self._row.fault(self._row.heading("contact.street"), street, f"is longer than {most} characters")
        return lines

    def _own_id(self, values: dict[str, Any]) -> str | None:
        """Return what a contact without an id is known by: its address, else its name, else that it has an address."""
        if values.get("email"):
            return fold_address(values["email"])
        name = f"{values['first_name']} {values['last_name']}".strip()
        return name or ("address" if any(value for value in values.values()) else None)


def split_emails(text: str) -> list[tuple[str, str]]:
    """Return the addresses in a cell, each with the name beside it; a text that is none stays whole, to be mended."""
    text = text.removeprefix("mailto:").strip()
    if "<" in text:
        found = [(name.strip(), email.strip()) for name, email in getaddresses([text.replace(";", ",")])]
        return found if found and all("@" in email for _, email in found) else [("", text)]
    parts = [part.removeprefix("mailto:") for part in _BETWEEN.split(text) if part]
    if len(parts) < 2 or not all("@" in part for part in parts):
        return [("", text)] if text else []
    return [("", part) for part in dict.fromkeys(parts)]


def _nobody(values: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a contact of whom nothing but an address, and perhaps a name, is known, with the same columns."""
    first, last = split_name(name) if name else ("", "")
    return {**dict.fromkeys(values), "first_name": first, "last_name": last}


_CONTACT = (
    "contact.first_name",
    "contact.last_name",
    "contact.email",
    "contact.phone",
    "contact.postcode",
    "contact.city",
    "contact.region",
    "contact.country",
)
