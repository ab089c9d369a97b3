"""Messages that would wait for a person because a tag without default has nothing to say, told before Send."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.campaigns.plan import Plan
from bot.campaigns.selecting import Selecting
from bot.domain.audience import Audience
from bot.domain.channels import CHANNELS
from bot.domain.merge import SenderFacts
from bot.errors import FieldErrors
from bot.rendering.content import compile_content
from storage import campaigns, customers, merge_facts
from storage.models import Campaign

LOOKED_AT = 500
"""Messages that are written to count the gaps; of a larger audience those of whom least is known."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Whose messages have gaps, at which tags; `at_least` says that not all of them were looked at."""

    customers: frozenset[int]
    tags: tuple[str, ...]
    at_least: bool = False

    @property
    def count(self) -> int:
        """Count the messages."""
        return len(self.customers)


NONE = Gaps(frozenset(), ())


def gaps_of(session: Session, selecting: Selecting, draft: Campaign, found: Plan) -> Gaps:
    """Count the messages that would go out by themselves if every tag had something to say."""
    try:
        content = compile_content(draft.subject, draft.body, CHANNELS[draft.channel])
    except FieldErrors:
        return NONE
    first = {row.customer_id: row.recipients.usable[0].id for row in found.going if row.recipients.usable}
    ids = _likely(session, selecting, draft, first) if len(first) > LOOKED_AT else list(first)
    sender = campaigns.sender_of(session, draft)
    facts = merge_facts.load(
        session,
        draft.workspace_id,
        ids,
        sender=sender.facts if sender else SenderFacts("", ""),
        contact_ids={each: first[each] for each in ids},
        now=selecting.now,
    )
    empty = {each: tags for each, one in facts.items() if (tags := content.render(one).empty_tags)}
    named = tuple(dict.fromkeys(tag for tags in empty.values() for tag in tags))
    return Gaps(frozenset(empty), named, at_least=len(ids) < len(first))


def _likely(session: Session, selecting: Selecting, draft: Campaign, among: dict[int, int]) -> list[int]:
    """Return those of whom least is known."""
    condition = selecting.selected(Audience.from_json(draft.audience))
    total = customers.count(session, condition)
    ids = customers.with_most_gaps(session, condition, selecting.today, total)
    return [each for each in ids if each in among][:LOOKED_AT]
