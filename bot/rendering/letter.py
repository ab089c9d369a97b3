"""A business letter as PDF/A-2b: an address window, the author's text, the invoice table, page numbers.

Every text is printed as it is; nothing that comes from people is ever read as Typst source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.domain.merge import MergeFacts
from bot.errors import UserError
from bot.rendering.cleaning import clean_lines
from bot.rendering.content import Content
from bot.rendering.glyphs import unprintable, widest
from bot.rendering.letter_facts import Layout, Letter, Stationery, clean, facts_of, texts
from bot.rendering.locales import date_text, locale_of, short_date
from bot.rendering.typesetter import Refused, pdf_of, pngs_of

MOST_LINES = {Layout.DIN_A: 6, Layout.DIN_B: 6, Layout.US_10: 5}
"""How many lines of an address the window shows at its full size; one or two more fit in smaller type."""
MOST_SENDER_LINES, MOST_CONTACT_LINES, MOST_PAYMENT_LINES = 5, 5, 9
_SURE_TO_FIT = 21.5
"""Sizes of the type, which is 10.5 points, that fit on a line of the window: 80 mm, or 3 1/4 in."""
_LETTER_PAPER = frozenset("US CA MX PH CL CO CR GT NI PA PR SV VE DO".split())
"""Countries that write on US Letter (CLDR, paperSize US-Letter)."""
_PAGES = re.compile(rb"/Type\s*/Pages\s*/Count (\d+)")


@dataclass(frozen=True, slots=True)
class LetterPdf:
    """A letter to print."""

    pdf: bytes = field(repr=False)
    pages: int


class Unprintable(UserError):
    """The letter has characters that no font of ours has; `characters` are those, each once."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        shown = " ".join(characters[:10]) + (" …" if len(characters) > 10 else "")
        super().__init__(f"No font for letters has {shown}. Write it in Latin, Greek or Cyrillic letters.")


class AddressTooLong(UserError):
    """The window can't show the whole address."""


class LetterFailed(UserError):
    """Typst refused a letter; its own words could hold a customer's name and are left out."""

    def __init__(self) -> None:
        super().__init__("The letter can't be set in type. Send it another way, and tell an admin.")


def layout_for(country: str | None, setting: str = "auto") -> Layout:
    """Return the layout that the setting says, or with "auto" that of a country: US Letter there, else DIN 5008 B."""
    if setting != "auto":
        return Layout(setting)
    return Layout.US_10 if (country or "").upper() in _LETTER_PAPER else Layout.DIN_B


def letter_of(content: Content, facts: MergeFacts, stationery: Stationery, recipient: Sequence[str]) -> Letter:
    """Return one customer's letter: the compiled text with its tags filled in, addressed to the `recipient` lines.

    The sender's signature, or else name, closes it, unless the author's text ends with that already.
    """
    facts = for_paper(facts)
    said = content.on_paper(facts)
    signature = clean_lines(facts.sender.signature or facts.sender.name).split("\n")
    return Letter(
        stationery=stationery,
        language=facts.language,
        day=facts.today,
        recipient=tuple(recipient),
        body=said.blocks,
        reference=facts.customer.external_id,
        subject=said.subject,
        signature=() if said.is_signed else tuple(signature),
    )


def for_paper(facts: MergeFacts) -> MergeFacts:
    """Return the facts in a language whose dates can be printed: English where the customer's own can't be."""
    locale = locale_of(facts.language)
    if not unprintable(date_text(facts.today, locale) + short_date(facts.today, locale)):
        return facts
    return replace(facts, customer=replace(facts.customer, language="en"))


def letter_pdf(letter: Letter) -> LetterPdf:
    """Return the letter as PDF/A-2b with all its fonts in it, and how many pages it has.

    The same letter makes the same bytes. Raises Unprintable, AddressTooLong, or LetterFailed for anything else.
    """
    facts = _printable_facts(letter)
    try:
        pdf = pdf_of("letter", facts)
    except Refused as fault:
        raise _told(fault, clean(letter.recipient), letter.stationery.layout) from None
    return LetterPdf(pdf, _pages_of(pdf))


def letter_png(letter: Letter, page: int = 1, dots_per_inch: float = 110) -> bytes:
    """Return a picture of one page, counted from 1; the last one where there are fewer. Raises as `letter_pdf` does."""
    facts = _printable_facts(letter)
    try:
        pages = pngs_of("letter", facts, dots_per_inch)
    except Refused as fault:
        raise _told(fault, clean(letter.recipient), letter.stationery.layout) from None
    return pages[min(page, len(pages)) - 1]


def unprintable_in(letter: Letter) -> str:
    """Return the characters anywhere in the letter that no font of ours has, each once."""
    return unprintable("\n".join(texts(facts_of(letter))))


def address_fault(recipient: Sequence[str], layout: Layout) -> str | None:
    """Say why an address can't stand in the window, and how to mend it; None where it fits.

    Short ones are known to fit; any other is set in type once, to see.
    """
    lines = clean(recipient)
    if not lines:
        return "The letter has no address. Add the contact's postal address."
    if missing := unprintable("\n".join(lines)):
        return Unprintable(missing).message
    if len(lines) <= MOST_LINES[layout] and all(widest(line) <= _SURE_TO_FIT for line in lines):
        return None
    try:
        pdf_of("address", {"layout": layout.value, "recipient": lines})
    except Refused as fault:
        return _told(fault, lines, layout).message
    return None


def stationery_faults(stationery: Stationery) -> list[str]:
    """Say what is wrong with our own lines, each with how to mend it; empty when all is well."""
    limits = (
        ("sender address", stationery.sender, MOST_SENDER_LINES),
        ("contact lines", stationery.contact, MOST_CONTACT_LINES),
        ("payment details", stationery.payment, MOST_PAYMENT_LINES),
    )
    faults = [
        f"The {name} of letters have {len(lines)} lines; {most} are the most."
        for name, given, most in limits
        if len(lines := clean(given)) > most
    ]
    if not clean(stationery.sender):
        faults.append("Letters need a sender address: our name, then our postal address, a line each.")
    if missing := unprintable("\n".join((*stationery.sender, *stationery.contact, *stationery.payment))):
        faults.append(Unprintable(missing).message)
    return faults


def _printable_facts(letter: Letter) -> dict[str, object]:
    facts = facts_of(letter)
    if missing := unprintable("\n".join(texts(facts))):
        raise Unprintable(missing)
    return facts


def _told(fault: Refused, recipient: Sequence[str], layout: Layout) -> UserError:
    if "address-does-not-fit" not in fault.said:
        return LetterFailed()
    most = MOST_LINES[layout]
    if len(recipient) > most:
        return AddressTooLong(f"The address has {len(recipient)} lines, and the window shows {most}. Leave lines out.")
    return AddressTooLong(f"The address does not fit into the {most} lines of the window. Shorten its long lines.")


def _pages_of(pdf: bytes) -> int:
    """Return the number of pages: Typst writes the page tree first, before anything that came from people."""
    found = _PAGES.search(pdf)
    if found is None:
        raise LetterFailed
    return int(found[1])
