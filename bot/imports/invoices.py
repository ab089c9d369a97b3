"""What a row says of an invoice, whatever columns there are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bot.imports import words
from bot.imports.amounts import SHARED, Amount
from bot.imports.cells import Cells
from bot.imports.fields import BUCKET, LINE_TOTAL
from bot.imports.lines import LineSums
from bot.imports.said import InvoiceSaid, Said

_ONLY_LINES = "lines of invoices that were read already"
_STRONGEST: tuple[words.Status, ...] = ("void", "draft", "paid", "disputed", "open")
"""Which state counts where two columns have one, as of the document and of its payment."""
_NO_INVOICES = "credit notes, payments and other documents that are no invoices"


class InvoiceReader:
    """Reads the invoices of one sheet.

    `named` is the currency that its header or a title names, `usual` the workspace's.
    """

    def __init__(self, row: Cells, said: Said, named: str | None, usual: str) -> None:
        self._row, self._said, self._named, self._usual = row, said, named, usual
        self.assumed_currency = False
        """Whether any amount was read in the workspace's currency for want of another."""
        self.read_as: set[tuple[str, str]] = set()
        """Signs of several currencies, and the one that each was taken for."""
        self._silent = frozenset(self._not_mentioned())
        self._sums = LineSums(said) if row.has(LINE_TOTAL) else None
        self.without_due = 0
        """Invoices that have no due date: they count as due on their own date."""

    def read(self, customer: str) -> InvoiceSaid | None:
        """Return the invoice of the row at hand; None for a row that is none or is wrong (a fault is then noted)."""
        document = self._row.text("invoice.kind")
        if (document and not words.is_invoice(document)) or self._is_credit():
            self._said.counts[_NO_INVOICES] += 1
            return None
        state = self._state()
        if state == "draft":
            self._said.counts["drafts"] += 1
            return None
        number = self._row.text("invoice.number")
        if number is None:
            self._row.fault(self._row.heading("invoice.number"), "", "is empty; fill it in")
            return None
        if state == "void":
            self._said.gone[number] = self._row.place
            self._said.counts["void, cancelled or written off invoices"] += 1
            return None
        return self._made(customer, number, state)

    def _is_credit(self) -> bool:
        """Say whether a mark beside the amounts, or a minus, says that we owe: its state then does not matter."""
        if self._row.value("invoice.side"):
            return True
        if self._sums is not None:
            return False  # a discount is a line below zero
        sums = [self._row.value(field) for field in ("invoice.total", "invoice.outstanding")]
        return any(amount is not None and amount.value < 0 for amount in sums)

    def note_bad(self) -> None:
        """Note that the row at hand is bad, whatever of it is."""
        number = self._row.text("invoice.number")
        if self._sums is not None and number:
            self._sums.note_bad(number)

    def finish(self) -> None:
        """Settle what can be told once all rows are read."""
        less = self._sums.finish(self._row.place.sheet) if self._sums is not None else 0
        if less:
            self._said.counts[_NO_INVOICES] += less

    def _made(self, customer: str, number: str, state: words.Status | None) -> InvoiceSaid | None:
        issued: date | None = self._row.value("invoice.issue_date")
        due: date | None = self._row.value("invoice.due_date")
        paid_on = self._row.value("invoice.paid_on")
        sums = self._amounts(customer)
        if due is None and issued is None and not self._row.faults:
            self._row.fault(self._row.heading("invoice.due_date"), "", "is empty; fill it in")
        if sums is None or self._row.faults:
            return None
        total, owed, currency = sums
        if self._sums is None and (total < 0 or (owed is not None and owed < 0)):
            self._said.counts[_NO_INVOICES] += 1
            return None
        self.without_due += due is None and number not in self._said.invoices
        due = due or issued
        assert due is not None
        if issued is not None and due < issued:
            self._row.fault(self._row.heading("invoice.due_date"), due.isoformat(), "is before the issue date")
        status, outstanding = self._standing(state, total, owed, paid_on)
        said = InvoiceSaid(
            customer, number, self._row.place, issued or due, due, total, outstanding, currency, status,
            self._row.value("invoice.promised_on"), self._silent,
        )  # fmt: skip
        return self._once(said)

    def _once(self, said: InvoiceSaid) -> InvoiceSaid | None:
        """Return the invoice, unless an earlier row had it: the lines of one invoice say the same of it."""
        if self._sums is not None:
            return self._added(self._sums, said)
        earlier = self._said.invoices.get(said.number)
        if earlier is None:
            return said
        if self._row.has("invoice.line") and earlier.place.sheet == said.place.sheet and earlier.same(said):
            self._said.counts[_ONLY_LINES] += 1
            return None
        self._row.fault(self._row.heading("invoice.number"), said.number, "is there twice")
        return None

    def _added(self, sums: LineSums, said: InvoiceSaid) -> InvoiceSaid | None:
        heading = self._row.heading("invoice.number")
        try:
            return sums.add(said, self._row.at_fault(heading, said.number, "another row of this invoice is wrong"))
        except ValueError as error:
            self._row.fault(heading, said.number, str(error))
            return None

    def _standing(
        self, state: words.Status | None, total: int, owed: int | None, paid_on: date | None
    ) -> tuple[str, int]:
        """Return status and outstanding from whatever the row says of them."""
        outstanding = total if owed in (None, total) else owed  # one number where they are equal: there are many
        assert outstanding is not None
        disputed = self._row.value("invoice.disputed") or state == "disputed"
        paid = state == "paid" or (state is None and ((paid_on is not None and not owed) or (owed == 0 and total > 0)))
        heading = self._row.heading("invoice.outstanding")
        if paid:
            if owed and self._paid() is None:
                self._row.fault(heading, self._row.shown("invoice.outstanding"), "a paid invoice has nothing left")
            return "paid", 0
        if outstanding > total and self._sums is None:
            self._row.fault(heading, self._row.shown("invoice.outstanding"), "is more than the total")
        return "disputed" if disputed else "open", outstanding

    def _amounts(self, customer: str) -> tuple[int, int | None, str] | None:
        """Return total, outstanding (None where nothing says it) and currency; None with faults noted."""
        total: Amount | None = self._row.value(LINE_TOTAL if self._sums is not None else "invoice.total")
        owed: Amount | None = self._row.value("invoice.outstanding")
        buckets = [self._row.one(BUCKET, i) for i in self._row.fields.get(BUCKET, ())]
        if buckets and owed is None and not self._row.faults:  # a report by age: its total is what is owed
            known = [each for each in buckets if each is not None]
            owed = total if total is not None else Amount(sum((b.value for b in known), Decimal(0))) if known else None
            total = total or owed
        total = total if total is not None else owed
        if total is None:
            if not self._row.faults:
                self._row.fault(self._row.heading("invoice.total"), "", "is empty; fill it in")
            return None
        paid = self._paid()
        currency = self._currency_of(total, customer)
        if self._row.faults:
            return None
        minor = self._minor("invoice.total", total, currency)
        left = None if owed is None else self._minor("invoice.outstanding", owed, currency)
        is_first = self._sums is None or (self._row.text("invoice.number") or "") not in self._said.invoices
        if owed is None and paid is not None and minor is not None and is_first:
            left = minor - abs(self._minor("invoice.paid_amount", paid, currency) or 0)
        return None if minor is None or self._row.faults else (minor, left, currency)

    def _currency_of(self, total: Amount, customer: str) -> str:
        found: str | None = (
            self._row.value("invoice.currency") or self._row.value("customer.currency") or total.currency or self._named
        )
        if found is None:
            known = self._said.customers.get(customer)
            found = known.values.get("currency") if known else None
        if found is None and total.symbol is not None:
            found = self._of_symbol(total.symbol)
        self.assumed_currency = self.assumed_currency or found is None
        return found or self._usual

    def _of_symbol(self, symbol: str) -> str:
        """Return the currency that a sign of several stands for: the workspace's where it has that sign."""
        several = SHARED[symbol]
        currency = self._usual if self._usual in several else several[0]
        if not currency:
            self._row.fault(
                self._row.heading("invoice.total"), symbol, "is the sign of several currencies; add a column Currency"
            )
        self.read_as.add((symbol, currency))
        return currency

    def _paid(self) -> Amount | None:
        """Return what was paid; a column that says yes or no is a state, not an amount (see `_state`)."""
        if words.is_yes_or_no(self._row.shown("invoice.paid_amount")):
            return None
        paid: Amount | None = self._row.value("invoice.paid_amount")
        return paid

    def _state(self) -> words.Status | None:
        state: words.Status | None = self._row.first_of("invoice.status", _STRONGEST)
        mark = self._row.shown("invoice.paid_amount")
        if state is None and mark and words.is_yes_or_no(mark) and mark not in ("0", "-"):
            return "paid" if words.yes_or_no(mark) else "open"
        return state

    def _minor(self, field: str, amount: Amount, currency: str) -> int | None:
        try:
            return amount.minor(currency)
        except ValueError as error:
            self._row.fault(
                self._row.heading(field),
                self._row.shown(field),
                f"is no amount such as 1234.50 in {currency}: it {error}",
            )
            return None

    def _not_mentioned(self) -> set[str]:
        silent = set()
        if not self._row.has("invoice.promised_on"):
            silent.add("promised_on")
        if not self._row.has("invoice.issue_date"):
            silent.add("issue_date")
        if not self._row.has("invoice.status") and not self._row.has("invoice.disputed"):
            silent.add("disputed")
        return silent
