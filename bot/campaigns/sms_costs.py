"""What an SMS campaign takes: segments of each message, the worst case of the audience, and the estimated price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from bot.campaigns.plan import Plan, Planned
from bot.channels.addresses import country_of
from bot.domain.channels import SMS
from bot.domain.sms_prices import SmsPrices, parse_prices
from bot.errors import FieldErrors
from bot.rendering.content import Content, Rendered, compile_content
from bot.rendering.sms import Segments, advice_of, segments_of
from storage import campaigns, merge_facts, settings
from storage.models import Campaign

SAMPLED = 300
"""Messages that are written to count segments; of a larger audience so many are taken at even distances."""


@dataclass(frozen=True, slots=True)
class SmsCosts:
    """What sending takes: `segments` and `price` (major units, None without prices) of all messages together.

    `exact` says that every message was written, else they are estimated from a sample, and so is the `worst` one.
    `unpriced` counts messages to countries without a price.
    """

    messages: int
    segments: int
    worst: int
    exact: bool
    currency: str = ""
    price: Decimal | None = None
    unpriced: int = 0


def prices_of(session: Session, workspace_id: int) -> SmsPrices | None:
    """Return the workspace's prices of a segment; None where nobody wrote them down."""
    return parse_prices(settings.sms_prices(session, workspace_id))


def costs_of(session: Session, draft: Campaign, plan: Plan) -> SmsCosts | None:
    """Estimate a draft's costs; None for another channel, nobody to send to, or a text that can't be written yet."""
    going = [row for row in plan.going if row.recipients.usable]
    if draft.channel != SMS.name or not going:
        return None
    try:
        content = compile_content("", draft.body, SMS)
    except FieldErrors:
        return None
    step = max(len(going) / SAMPLED, 1)
    sample = [going[int(n * step)] for n in range(int(len(going) / step))]
    counts = _segments(session, draft, content, sample)
    if not counts:
        return None
    average = Decimal(sum(counts.values())) / len(counts)
    prices = prices_of(session, draft.workspace_id)
    price, unpriced = _price(going, counts, average, prices)
    return SmsCosts(
        messages=len(going),
        segments=int(sum(counts.get(row.customer_id, average) for row in going)),
        worst=max(counts.values()),
        exact=len(sample) == len(going),
        currency=prices.currency if prices else "",
        price=price,
        unpriced=unpriced,
    )


def _segments(session: Session, draft: Campaign, content: Content, rows: Sequence[Planned]) -> dict[int, int]:
    sender = campaigns.sender_of(session, draft)
    if sender is None:
        return {}
    ids = [row.customer_id for row in rows]
    first = {row.customer_id: row.recipients.usable[0].id for row in rows}
    facts = merge_facts.load(session, draft.workspace_id, ids, sender=sender.facts, contact_ids=first)
    return {i: segments_of(content.render(found).text).count for i, found in facts.items()}


def _price(
    going: Sequence[Planned], counts: dict[int, int], average: Decimal, prices: SmsPrices | None
) -> tuple[Decimal | None, int]:
    if prices is None:
        return None, 0
    total, unpriced = Decimal(), 0
    for row in going:
        each = prices.of(country_of(str(row.recipients.usable[0].address or "")))
        if each is None:
            unpriced += 1
        else:
            total += each * counts.get(row.customer_id, average)
    return total, unpriced


def notes_of(costs: SmsCosts) -> tuple[str, ...]:
    """Return the costs in words, for the check."""
    about = "" if costs.exact else "about "
    notes = [f"{about.capitalize()}{costs.segments:,} SMS segments in all; the longest message has {costs.worst}."]
    if costs.price is not None:
        notes.append(f"Estimated cost: {about}{costs.price:,.2f} {costs.currency}.")
    if costs.unpriced:
        notes.append(f"No price is set for the countries of {costs.unpriced:,} of them; an admin can in settings.")
    return tuple(notes)


def notes_on(rendered: Rendered, to: str, prices: SmsPrices | None) -> tuple[str, ...]:
    """Return what one message takes in words: encoding, segments, price, what made it Unicode and the fix."""
    found = segments_of(rendered.text)
    notes = [_size(found)]
    each = prices.of(country_of(to)) if prices and to else None
    if prices and each is not None:
        notes[0] += f" A segment costs {each} {prices.currency}, this message {each * found.count:.4f}."
    advice = advice_of(found)
    return (*notes, advice) if advice else tuple(notes)


def _size(found: Segments) -> str:
    what = "1 SMS segment" if found.count == 1 else f"{found.count} SMS segments"
    return f"{found.encoding}, {found.units} of {found.room} characters: {what}."
