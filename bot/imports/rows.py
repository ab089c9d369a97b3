"""From a row to what it says of a customer, a contact and an invoice; a row with a fault says nothing at all."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.folding import fold
from bot.imports.cells import Cells
from bot.imports.contacts import ContactReader
from bot.imports.dialect import Dialect
from bot.imports.faults import WHOLE_FILE, FileFault, RowFault
from bot.imports.fields import CUSTOM, FIELDS, LONGEST_CUSTOM
from bot.imports.invoices import InvoiceReader
from bot.imports.layout import Layout, RowSorter
from bot.imports.said import ContactSaid, CustomerSaid, InvoiceSaid, Place, Said, key_of
from bot.imports.sheets import Sheet, as_text

_NO_CUSTOMER = (
    "no column names the customer, and no row above the invoices does; say which column is it with "
    '--map customer.name="…" or --map customer.external_id="…"'
)


class RowReader:
    """Reads the rows of one sheet into `said`."""

    def __init__(self, sheet: Sheet, number: int, layout: Layout, dialect: Dialect, said: Said, currency: str) -> None:
        self._sheet, self._number, self._layout, self._said = sheet, number, layout, said
        self._sorter = RowSorter(layout)
        self._row = Cells(sheet, layout.columns, dialect)
        self._people = ContactReader(self._row)
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
        self._invoices.finish()
        if not self.entries:
            self._said.faults.append(
                RowFault(self._sheet.file, 1, WHOLE_FILE, "", "it has a header and no rows", self._sheet.name)
            )
        self._drop_varying()

    def _entry(self) -> None:
        if len(self._row.cells) > self._width and any(cell != "" for cell in self._row.cells[self._width :]):
            extra = as_text(next(cell for cell in self._row.cells[self._width :] if cell != ""))
            self._row.fault("the row", extra, "there are more cells than columns; check the quotes")
        customer = self._customer()
        contacts = self._contacts(customer) if customer else []
        invoice = self._invoices.read(customer[0]) if customer and self._has_invoices else None
        if self._row.faults:
            self._invoices.note_bad()
            for fault in self._row.faults:
                self._said.fault(self._row.place, fault)
            return
        if customer is not None:
            self._keep(customer, contacts, invoice)

    def _keep(
        self, customer: tuple[str, CustomerSaid], contacts: list[ContactSaid], invoice: InvoiceSaid | None
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
        for contact in contacts:
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
        if key is None and not self._row.has("customer.name", "customer.external_id"):
            raise FileFault(_NO_CUSTOMER)
        if key is None:
            field = "customer.name" if self._row.has("customer.name") else "customer.external_id"
            self._row.fault(self._row.heading(field), "", "is empty; fill it in")
            return None
        spare = None if name else self._spare_name()
        if not self._has_invoices and self._row.has("customer.name") and not name and not spare:
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
        return key, CustomerSaid(own, name, self._row.place, values, custom, spare)

    def _spare_name(self) -> str | None:
        """Return what to call a customer without a company's name: a person, as subscriptions have them."""
        first, last = self._row.text("contact.first_name") or "", self._row.text("contact.last_name") or ""
        return self._row.text("contact.name") or f"{first} {last}".strip() or self._row.text("contact.email")

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
    def read_as(self) -> list[tuple[str, str]]:
        """Return the signs of several currencies, and the one that each was taken for."""
        return sorted(self._invoices.read_as)

    @property
    def without_due(self) -> int:
        """Return how many invoices have no due date."""
        return self._invoices.without_due

    # -- contacts

    def _contacts(self, customer: tuple[str, CustomerSaid]) -> list[ContactSaid]:
        """Return the contact of the row, and one for each further address in its cell."""
        if not self._row.has_contacts():
            return []
        people = self._people.read()
        if not people and not self._has_invoices and not self._lists_customers() and not self._row.has("customer.name"):
            self._row.fault(self._row.heading("contact.email"), "", "a contact needs an email, an id or a name")
        main, positions = self._row.value("contact.main"), self._row.value("contact.positions")
        return [
            ContactSaid(customer[0], own, self._row.place, values, main if number == 0 else None, positions)
            for number, (own, values) in enumerate(people)
        ]


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
_LEFT_OUT = {
    "group": "rows that name the customer of those below",
    "section": "headings between the rows",
    "total": "totals and subtotals",
    "header": "repeated headers",
    "footer": "notes below the rows, such as when it was printed",
}
