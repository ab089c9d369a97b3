"""From a text and one customer's facts to the letter that is printed, with our letterhead and the address."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from bot.channels.base import Paper
from bot.channels.postal import envelope
from bot.domain.letterhead import Letterhead
from bot.domain.merge import MergeFacts
from bot.domain.postal import PostalAddress
from bot.rendering import Content
from bot.rendering.letter import LetterPdf, layout_for, letter_of, letter_pdf
from bot.rendering.letter_facts import Layout, Stationery
from storage import settings, workspaces


@dataclass(frozen=True, slots=True)
class Printing:
    """How a workspace's letters look, and of which campaign one is."""

    letterhead: Letterhead
    campaign_id: int = 0
    campaign: str = ""

    @property
    def is_whole(self) -> bool:
        """Say whether an admin has written down where letters come back to."""
        return bool(str(self.letterhead.address))

    @property
    def layout(self) -> Layout:
        """Return the sheet and its window."""
        return layout_for(self.letterhead.address.country, self.letterhead.layout.value)

    @property
    def stationery(self) -> Stationery:
        """Return what is the same on all letters."""
        own = self.letterhead
        return Stationery(self.layout, _sender_lines(own.address), _lines(own.contact), _lines(own.payment))


def printing_of(session: Session, workspace_id: int) -> Printing:
    """Return how the letters of a workspace look; the organisation's name heads its address."""
    own = Letterhead.from_json(settings.letters(session, workspace_id))
    company = own.address.company or workspaces.get(session, workspace_id).organisation_name
    return Printing(replace(own, address=replace(own.address, company=company)))


def envelope_of(printing: Printing, to: PostalAddress) -> tuple[str, ...]:
    """Return the lines in the window."""
    return envelope(to, printing.letterhead.address.country)


def set_letter(content: Content, facts: MergeFacts, printing: Printing, to: PostalAddress) -> LetterPdf:
    """Return one customer's letter as PDF; raises what bot.rendering.letter.letter_pdf raises."""
    return letter_pdf(letter_of(content, facts, printing.stationery, envelope_of(printing, to)))


def paper_of(content: Content, facts: MergeFacts, printing: Printing, to: PostalAddress) -> Paper:
    """Return one customer's letter as it is handed over."""
    made = set_letter(content, facts, printing, to)
    return Paper(
        pdf=made.pdf,
        pages=made.pages,
        to=to,
        sender=printing.letterhead.address,
        page_size="us_letter" if printing.layout is Layout.US_10 else "a4",
        campaign_id=printing.campaign_id,
        campaign=printing.campaign,
        customer=facts.customer.name,
        reference=facts.customer.external_id,
    )


def _sender_lines(address: PostalAddress) -> tuple[str, ...]:
    return envelope(address, address.country)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
