"""From a row to what it says of a customer, a contact and an invoice; a row with a fault says nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.domain.folding import fold, fold_address
from bot.imports.addresses import split_address, split_name
from bot.imports.cells import Cells
from bot.imports.dialect import Dialect
from bot.imports.faults import RowFault
from bot.imports.fields import CUSTOM, FIELDS, LONGEST_CUSTOM
from bot.imports.invoices import InvoiceReader
from bot.imports.layout import Layout, RowSorter
from bot.imports.said import ContactSaid, CustomerSaid, InvoiceSaid, Place, Said, key_of
from bot.imports.sheets import Sheet, as_text

_ADDRESS = ("street", "postcode", "city", "region", "country")


class RowReader:
    """Reads the rows of one sheet into `said`."""

    def __init__(self, sheet: Sheet, number: int, layout: Layout, dialect: Dialect, said: Said, currency: str) -> None:
        self._sheet, self._number, self._layout, self._said = sheet, number, layout, said
        self._sorter = RowSorter(layout)
        self._row = Cells(sheet, layout.columns, dialect)
        self._invoices = InvoiceReader(self._row, said, layout.columns.currency or layout.currency, currency)
        self._custom = [(f[len(CUSTOM) :], i[0]) for f, i in self._row.fields.items() if f.startswith(CUSTOM)]
        self._has_invoices, self._width = layout.columns.has_invoices, len(layout.columns.columns)
        self._varying: set[str] = set()
        self.entries = 0

    def read(self, *, told: Callable[[int], None] | None = None) -> None:
        """Read every row; `told` hears now and then which row it is."""
        for row, cells in self._sheet.rows():
            if row <= self._layout.header_row:
                continue
            kind = self._sorter.kind(cells)
            if kind != "entry":
                self._said.counts[_LEFT_OUT[kind]] += 1
                continue
            self._row.at(Place(self._number, row), cells)
            self.entries += 1
            self._entry()
            if told is not None and self.entries % 1000 == 0:
                told(row)
        if not self.entries:
            self._said.faults.append(
                RowFault(self._sheet.file, 1, "the file", "", "it has a header and no rows", self._sheet.name)
            )
        self._drop_varying()

    def _entry(self) -> None:
        if len(self._row.cells) > self._width and any(cell != "" for cell in self._row.cells[self._width :]):
            extra = as_text(next(cell for cell in self._row.cells[self._width :] if cell != ""))
            self._row.fault("the row", extra, "there are more cells than columns; check the quotes")
        customer = self._customer()
        contact = self._contact(customer[0]) if customer else None
        invoice = self._invoices.read(customer[0]) if customer and self._has_invoices else None
        if self._row.faults:
            for fault in self._row.faults:
                self._said.fault(self._row.place, fault)
            return
        if customer is not None:
            self._keep(customer, contact, invoice)

    def _keep(
        self, customer: tuple[str, CustomerSaid], contact: ContactSaid | None, invoice: InvoiceSaid | None
    ) -> None:
        key, says = customer
        if self._has_invoices and invoice is None:
            return
        known = self._said.customers.get(key)
        if known is None:
            self._said.customers[key] = says
        else:
            self._note_varying(known, says)
            known.add(says)
        if contact is not None:
            earlier = self._said.contacts.setdefault((key, contact.external_id), contact)
            if earlier is not contact:
                earlier.add(contact)
        if invoice is not None:
            self._said.invoices[invoice.number] = invoice

    # -- customers

    def _customer(self) -> tuple[str, CustomerSaid] | None:
        own = self._row.text("customer.external_id")
        name = self._row.text("customer.name")
        if own is None and name is None:
            own, name = self._sorter.group_id, self._sorter.group
        key = key_of(own, name)
        if key is None:
            field = "customer.name" if self._row.has("customer.name") else "customer.external_id"
            self._row.fault(self._row.heading(field), "", "is empty; fill it in")
            return None
        if not self._has_invoices and self._row.has("customer.name") and not name:
            self._row.fault(self._row.heading("customer.name"), "", "is empty; fill it in")
        if (
            self._lists_customers()
            and key in self._said.customers
            and self._said.customers[key].place.sheet == self._number
        ):
            field = "customer.external_id" if own else "customer.name"
            self._row.fault(self._row.heading(field), own or name or "", "is there twice in this file")
        self._check_name(key, name)
        values = {FIELDS[f].attribute: self._row.value(f) for f in _CUSTOMER if f in self._row.fields}
        custom = {heading: self._custom_text(heading, index) for heading, index in self._custom}
        return key, CustomerSaid(own, name, self._row.place, values, custom)

    def _check_name(self, key: str, name: str | None) -> None:
        """Refuse two names for one number in one sheet: then the column holds no customer numbers, or one is wrong."""
        known = self._said.customers.get(key)
        if known is None or known.place.sheet != self._number or not name or not known.name:
            return
        if fold(known.name) != fold(name):
            reason = f"row {known.place.row} has another name for the same customer number"
            self._row.fault(self._row.heading("customer.name"), name, reason)

    def _lists_customers(self) -> bool:
        return not self._has_invoices and self._row.has("customer.name") and not self._row.has_contacts()

    def _custom_text(self, heading: str, index: int) -> str:
        text = as_text(self._row.cells[index]) if index < len(self._row.cells) else ""
        if len(text) > LONGEST_CUSTOM:
            self._row.fault(heading, text, f"is longer than {LONGEST_CUSTOM} characters")
        return text

    def _note_varying(self, known: CustomerSaid, says: CustomerSaid) -> None:
        """Find the columns that differ from invoice to invoice: they are no fields of the customer."""
        if self._has_invoices and known.place.sheet == self._number:
            for heading, text in says.custom.items():
                if text and known.custom.get(heading) and text != known.custom[heading]:
                    self._varying.add(heading)

    def _drop_varying(self) -> None:
        for customer in self._said.customers.values() if self._varying else ():
            if customer.place.sheet == self._number:
                for heading in self._varying:
                    customer.custom.pop(heading, None)

    @property
    def varying(self) -> frozenset[str]:
        """Return the unknown headings that were left out as they differ from invoice to invoice."""
        return frozenset(self._varying)

    @property
    def assumed_currency(self) -> bool:
        """Say whether amounts were read in the workspace's currency for want of another."""
        return self._invoices.assumed_currency

    @property
    def without_due(self) -> int:
        """Return how many invoices have no due date."""
        return self._invoices.without_due

    # -- contacts

    def _contact(self, customer: str) -> ContactSaid | None:
        if not self._row.has_contacts():
            return None
        values = {FIELDS[f].attribute: self._row.value(f) for f in _CONTACT if f in self._row.fields}
        if self._row.has("contact.street"):
            values["street"] = self._street()
        if self._row.has("contact.name"):
            first, last = split_name(self._row.text("contact.name") or "")
            values = {
                **values,
                "first_name": values.get("first_name") or first,
                "last_name": values.get("last_name") or last,
            }
        if self._row.has("contact.address"):
            values |= {
                n: v for n, v in split_address(self._row.text("contact.address") or "").items() if not values.get(n)
            }
        given = {name for name, value in values.items() if value}
        if given & set(_ADDRESS) and "country" not in values and self._row.has("customer.country"):
            values["country"] = self._row.value("customer.country")
        for name in ("first_name", "last_name"):
            values[name] = values.get(name) or ""
        own = self._row.text("contact.external_id") or self._own_id(values, given)
        main, positions = self._row.value("contact.main"), self._row.value("contact.positions")
        if own is None:
            if not self._has_invoices and not self._lists_customers() and not self._row.has("customer.name"):
                self._row.fault(self._row.heading("contact.email"), "", "a contact needs an email, an id or a name")
            return None
        return ContactSaid(customer, own, self._row.place, values, main, positions)

    def _own_id(self, values: dict[str, Any], given: set[str]) -> str | None:
        if values.get("email"):
            return fold_address(values["email"])
        name = f"{values['first_name']} {values['last_name']}".strip()
        return name or ("address" if given else None)

    def _street(self) -> str | None:
        parts = [as_text(self._row.cells[i]) for i in self._row.fields["contact.street"] if i < len(self._row.cells)]
        street = ", ".join(part for part in parts if part)
        if len(street) > FIELDS["contact.street"].most:
            self._row.fault(
                self._row.heading("contact.street"),
                street,
                f"is longer than {FIELDS['contact.street'].most} characters",
            )
        return street or None


_CUSTOMER = (
    "customer.group",
    "customer.language",
    "customer.currency",
    "customer.country",
    "customer.time_zone",
    "customer.paused_until",
    "customer.account_managers",
    "customer.last_contacted",
)
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
_LEFT_OUT = {
    "group": "rows that name the customer of those below",
    "section": "headings between the rows",
    "total": "totals and subtotals",
    "header": "repeated headers",
}
