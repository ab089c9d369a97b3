"""Letters a second, from a customer's facts to a PDF, beside Typst alone with everything made ready for it.

Both set different letters in type, so that neither finds the other's work in Typst's cache, and take turns: a busy
machine slows both. Every tenth letter has three pages. `make bench-letters`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import typst

from bot.domain.channels import EMAIL
from bot.domain.merge import ContactFacts, CustomerFacts, InvoiceFacts, MergeFacts, OrganisationFacts, SenderFacts
from bot.rendering.content import TEMPLATES, Content, compile_content
from bot.rendering.letter import letter_of, letter_pdf
from bot.rendering.letter_facts import Letter, Stationery, facts_of
from bot.rendering.typesetter import TYPESETTER

TODAY = date(2026, 11, 25)
ROUND = 100
BODY = (
    "Dear {{contact.name}},\n\nour records show that *{{amounts.overdue}}* is overdue in {{invoices.overdue_count}} "
    "invoices. The oldest of them, {{oldest.number}}, was due on {{oldest.due_date}}.\n\n{{invoices.table}}\n\n"
    "Please pay within ten days, or see [our page](https://pay.example.com/{{customer.external_id}}).\n\nKind regards"
)
OURS = Stationery(
    sender=("Northwind Ltd", "12 Harbour Street", "Bristol BS1 4QD"),
    contact=("+44 117 496 0123", "accounts@northwind.example"),
    payment=("Account holder: Northwind Ltd", "IBAN: GB33 BUKB 2020 1555 5555 55", "BIC: BUKBGB22"),
)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=1000)
    print("\n".join(measure(parser.parse_args().letters)))


def measure(letters: int = 1000) -> list[str]:
    """Return the measured speeds as a table, and what memory the typesetter had at its begin and end."""
    content, numbers = compile_content("Overdue invoices", BODY, EMAIL), count()
    bare_compiler = typst.Compiler(str(TEMPLATES / "letter" / "letter.typ"), ignore_system_fonts=True)
    ways: dict[str, Callable[[], tuple[int, float]]] = {
        "Typst alone, one compiler, its input ready": lambda: bare(bare_compiler, content, numbers),
        "campaign-bot, from facts to PDF": lambda: ours(content, numbers),
    }
    for way in ways.values():
        way()
    before, memory = occupied(), []
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    pages = 0
    for _ in range(letters // ROUND):
        for name, way in ways.items():
            pages, seconds = way()
            speeds[name].append(pages / seconds)
        memory.append(occupied())
    base, *_ = (statistics.median(found) for found in speeds.values())
    total = pages * (letters // ROUND)
    return [
        "| letters as PDF/A | letters | pages | pages/s | of Typst alone |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {letters:,} | {total:,} | {statistics.median(found):,.0f} |"
            f" {statistics.median(found) / base:.2f} |"
            for name, found in speeds.items()
        ),
        "",
        f"Memory of the typesetter: {before} MB after {ROUND} letters to warm up, {max(memory)} MB at most,",
        f"{memory[len(memory) // 2]} MB half-way and {memory[-1]} MB after {letters:,} more.",
    ]


def bare(compiler: typst.Compiler, content: Content, numbers: count[int]) -> tuple[int, float]:
    """Set a round of letters with nothing around Typst; return the pages and the seconds."""
    inputs = [{"letter": json.dumps(facts_of(letter(content, next(numbers))))} for _ in range(ROUND)]
    begun = time.perf_counter()
    made = [compiler.compile(format="pdf", sys_inputs=one, pdf_standards="a-2b", pdf_tags=False) for one in inputs]
    seconds = time.perf_counter() - begun
    return sum(pdf.count(b"/Type/Page/") for pdf in made if isinstance(pdf, bytes)), seconds


def ours(content: Content, numbers: count[int]) -> tuple[int, float]:
    """Write and set a round of letters; return the pages and the seconds."""
    begun = time.perf_counter()
    made = [letter_pdf(letter(content, next(numbers))) for _ in range(ROUND)]
    return sum(one.pages for one in made), time.perf_counter() - begun


def letter(content: Content, n: int) -> Letter:
    """Return the n-th letter, which differs from all others; every tenth has 75 invoices."""
    owed = tuple(_invoice(n, k) for k in range(75 if n % 10 == 0 else 5))
    facts = MergeFacts(
        CustomerFacts(n, f"Customer {n} GmbH", f"C-{n}", language="en_GB"),
        owed,
        SenderFacts("Alice Martin", "alice@example.com", "Alice Martin\nAccounts receivable"),
        OrganisationFacts("Northwind Ltd"),
        TODAY,
        ContactFacts("Pat", f"Payer {n}"),
    )
    return letter_of(content, facts, OURS, (facts.customer.name, f"Musterstraße {n}", "12345 Berlin", "GERMANY"))


def _invoice(n: int, k: int) -> InvoiceFacts:
    day, cents = TODAY - timedelta(days=40 + k), 100_000 + 37 * n + k
    invoice = InvoiceFacts(f"INV-{n}-{k}", day, day, cents, cents, "EUR")
    return replace(invoice, due_date=day + timedelta(days=14))


def occupied() -> int:
    """Return the memory that the typesetter's process has now, in MB; 0 where the system does not say (not Linux)."""
    status = Path(f"/proc/{TYPESETTER.pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:")), 0)


if __name__ == "__main__":
    main()
