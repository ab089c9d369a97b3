"""What an import comes to, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.money import Money


@dataclass(slots=True)
class ImportResult:
    """How many rows are new, changed, closed, and as they were already; what was and is outstanding in the book."""

    customers_new: int = 0
    customers_changed: int = 0
    contacts_new: int = 0
    contacts_changed: int = 0
    invoices_new: int = 0
    invoices_changed: int = 0
    invoices_closed: int = 0
    unchanged: int = 0
    before: tuple[Money, ...] = field(default=(), compare=False)
    after: tuple[Money, ...] = field(default=(), compare=False)

    @property
    def changes(self) -> int:
        """Return how many rows are to be written."""
        counts = (
            self.customers_new, self.customers_changed, self.contacts_new, self.contacts_changed,
            self.invoices_new, self.invoices_changed, self.invoices_closed,
        )  # fmt: skip
        return sum(counts)

    @property
    def changes_anything(self) -> bool:
        """Say whether anything is to be written."""
        return self.changes > 0
