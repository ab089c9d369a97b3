"""What a letter campaign takes: pages, the longest letter, and the estimated price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from bot.campaigns.plan import Plan, Planned
from bot.domain.channels import LETTER
from bot.domain.letter_prices import LetterPrices, parse_letter_prices
from bot.domain.merge import MergeFacts
from bot.domain.postal import PostalAddress
from bot.domain.recipients import Reachable
from bot.errors import FieldErrors, UserError
from bot.letters import Printing, printing_of, set_letter
from bot.rendering.content import Content, compile_content
from storage import campaigns, merge_facts
from storage.models import Campaign

SAMPLED = 12
"""Letters that are set in type to count pages, taken at even distances."""


@dataclass(frozen=True, slots=True)
class LetterCosts:
    """What sending takes: `pages` and `price` (major units, None without prices) of all letters together.

    `exact` says that every letter was set in type, else pages are estimated from a sample.
    """

    letters: int
    pages: int
    longest: int
    exact: bool
    currency: str = ""
    price: Decimal | None = None


def prices_of(printing: Printing) -> LetterPrices | None:
    """Return the prices as an admin wrote them down; None where nobody did."""
    return parse_letter_prices(printing.letterhead.prices)


def costs_of(session: Session, draft: Campaign, plan: Plan) -> LetterCosts | None:
    """Estimate a draft's costs; None for another channel, nobody to send to, or a text that can't be written yet."""
    going = [row for row in plan.going if row.recipients.usable]
    sender = campaigns.sender_of(session, draft)
    if draft.channel != LETTER.name or not going or sender is None:
        return None
    try:
        content = compile_content("", draft.body, LETTER)
    except FieldErrors:
        return None
    step = max(len(going) / SAMPLED, 1)
    sample = [going[int(n * step)] for n in range(int(len(going) / step))]
    first = {row.customer_id: row.recipients.usable[0].id for row in sample}
    facts = merge_facts.load(session, draft.workspace_id, list(first), sender=sender.facts, contact_ids=first)
    printing = printing_of(session, draft.workspace_id)
    counts = [n for row in sample if (n := _pages(content, facts.get(row.customer_id), printing, row)) is not None]
    if not counts:
        return None
    pages = round(Decimal(sum(counts)) / len(counts) * len(going))
    prices = prices_of(printing)
    return LetterCosts(
        letters=len(going),
        pages=pages,
        longest=max(counts),
        exact=len(counts) == len(going),
        currency=prices.currency if prices else "",
        price=prices.of(pages, len(going)) if prices else None,
    )


def _pages(content: Content, facts: MergeFacts | None, printing: Printing, row: Planned) -> int | None:
    """Count the pages of one letter; None where it can't be printed: then a person is told of that."""
    to = row.recipients.usable[0].address
    if facts is None or not isinstance(to, PostalAddress):
        return None
    try:
        return set_letter(content, facts, printing, to).pages
    except UserError:
        return None


def notes_of(costs: LetterCosts) -> tuple[str, ...]:
    """Return the costs in words, for the check."""
    about = "" if costs.exact else "about "
    longest = f"the longest letter has {costs.longest}" if costs.exact else f"the longest seen has {costs.longest}"
    notes = [f"{about.capitalize()}{_pages_text(costs.pages)} in all; {longest}."]
    if costs.price is not None:
        notes.append(f"Estimated cost: {about}{costs.price:,.2f} {costs.currency}.")
    return tuple(notes)


def notes_for(
    session: Session, workspace_id: int, content: Content, facts: MergeFacts, recipients: Sequence[Reachable]
) -> tuple[str, ...]:
    """Return what one letter takes in words: its pages and its price; or why it can't be printed."""
    printing, to = printing_of(session, workspace_id), recipients[0].address if recipients else None
    if not isinstance(to, PostalAddress):
        return ()
    try:
        pages = set_letter(content, facts, printing, to).pages
    except UserError as fault:
        return (fault.message,)
    prices, said = prices_of(printing), f"{_pages_text(pages)}."
    return (f"{said} This letter costs {prices.of(pages):.2f} {prices.currency}.",) if prices else (said,)


def _pages_text(pages: int) -> str:
    return "1 page" if pages == 1 else f"{pages:,} pages"
