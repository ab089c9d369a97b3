"""A business letter as PDF/A-2b, made by Typst: an address window, the author's text, the invoice table, page numbers.

Every text goes in as JSON and is printed as it is; nothing that comes from people is ever read as Typst source.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.domain.merge import MergeFacts
from bot.errors import UserError
from bot.rendering.cleaning import clean_lines, one_line
from bot.rendering.content import TEMPLATES, Content
from bot.rendering.glyphs import printable, unprintable
from bot.rendering.locales import date_text, locale_of, words
from bot.rendering.paper import Block

if TYPE_CHECKING:
    import typst


class Layout(StrEnum):
    """A sheet and where its window is: DIN 5008 form A or B on A4, or a #10 envelope's on US Letter."""

    DIN_A = "din5008a"
    DIN_B = "din5008b"
    US_10 = "us10"


MOST_LINES = {Layout.DIN_A: 6, Layout.DIN_B: 6, Layout.US_10: 5}
"""How many lines of an address the window shows at its full size; a few more fit in smaller type."""
_SURE_TO_FIT = 24
"""Characters that fit on a line of the window even if all of them are wide."""
_LETTER_PAPER = frozenset("US CA MX PH CL CO CR GT NI PA PR SV VE DO".split())
"""Countries that write on US Letter (CLDR, paperSize US-Letter)."""
_UNBROKEN_LINE = 24
_UNBROKEN_TEXT = 44

"""How long a word may be, of wide letters alone, to fit into the window, a cell of the table, a line of the text."""
_BETWEEN = re.compile("(?<=.)(?=[^\u0300-\u036f\u05b0-\u05c7])")
"""Between two letters, an accent or a vowel point staying with its own."""
_PAGES = re.compile(rb"/Type\s*/Pages\s*/Count (\d+)")


@dataclass(frozen=True, slots=True)
class Stationery:
    """What is the same on all our letters. `sender` is our name, then our postal address, a line each.

    `contact` stands beside it (telephone, email, web); `payment` are the bank details, "IBAN: DE89 ..." a line.
    """

    layout: Layout = Layout.DIN_B
    sender: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    payment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter in words. `language` is a locale such as `fr` or `de_AT`; `recipient` the lines in the window."""

    stationery: Stationery
    language: str
    day: date
    recipient: tuple[str, ...]
    body: tuple[Block, ...]
    reference: str = ""
    subject: str = ""
    signature: tuple[str, ...] = ()


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
        super().__init__(f"No font for letters has {shown}: write it in Latin, Greek or Cyrillic letters.")


class AddressTooLong(UserError):
    """The window can't show the whole address."""


class LetterFailed(UserError):
    """Typst refused a letter; its own words could hold a customer's name and are left out."""


def layout_for(country: str | None, setting: str = "auto") -> Layout:
    """Return the layout that the setting says, or with "auto" that of a country: US Letter there, else DIN 5008 B."""
    if setting != "auto":
        return Layout(setting)
    return Layout.US_10 if (country or "").upper() in _LETTER_PAPER else Layout.DIN_B


def letter_of(content: Content, facts: MergeFacts, stationery: Stationery, recipient: Sequence[str]) -> Letter:
    """Return one customer's letter: the compiled text with its tags filled in, addressed to the `recipient` lines.

    The sender's signature closes it, unless the text has the sender's signature or name in it.
    """
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


def letter_pdf(letter: Letter) -> LetterPdf:
    """Return the letter as PDF/A-2b, with how many pages it has.

    Raises Unprintable, AddressTooLong, or LetterFailed where Typst refuses it for any other reason.
    """
    pdf = _compile("letter", _as_json(letter), format="pdf", pdf_standards="a-2b")
    return LetterPdf(pdf, _pages_of(pdf))


def unprintable_in(letter: Letter) -> str:
    """Return the characters anywhere in the letter that no font of ours has, each once."""
    return unprintable("\n".join(_texts(_facts_of(letter))))


def address_fault(recipient: Sequence[str], layout: Layout) -> str | None:
    """Say why an address can't stand in the window, and how to mend it; None where it fits.

    Short ones are known to fit; the others are set in type once to see.
    """
    lines = _clean(recipient)
    most = MOST_LINES[layout]
    if not lines:
        return "The letter has no address. Add the postal address of the contact."
    if missing := unprintable("\n".join(lines)):
        return Unprintable(missing).message
    if len(lines) <= most and all(len(line) <= _SURE_TO_FIT for line in lines):
        return None
    try:
        _compile("address", {"layout": layout.value, "recipient": lines}, format="pdf")
    except AddressTooLong as fault:
        return fault.message
    return None


def _as_json(letter: Letter) -> dict[str, object]:
    facts = _facts_of(letter)
    if missing := unprintable("\n".join(_texts(facts))):
        raise Unprintable(missing)
    return facts


def _facts_of(letter: Letter) -> dict[str, object]:
    locale, own = locale_of(letter.language), letter.stationery
    w, day = words(locale), date_text(letter.day, locale)
    recipient, reference = _clean(letter.recipient), _line(letter.reference)
    shown = [(w["date"], day), *([(w["reference"], reference)] if reference else [])]
    return {
        "layout": own.layout.value,
        "language": locale.language,
        "region": locale.territory,
        "day": [letter.day.year, letter.day.month, letter.day.day],
        "words": {"letter": w["letter"], "page": w["page_of"], "payment": w["payment"]},
        "sender": _clean(own.sender),
        "contact": _clean(own.contact),
        "recipient": recipient,
        "facts": [[name, printable(value)] for name, value in shown],
        "continued": " · ".join(part for part in (*recipient[:1], reference, printable(day)) if part),
        "subject": _line(letter.subject),
        "body": [_block(block) for block in letter.body],
        "signature": _clean(letter.signature),
        "payment": [_labelled(line) for line in _clean(own.payment)],
    }


def _block(block: Block) -> dict[str, object]:
    if block.table is not None:
        t = block.table
        rows = [[_line(cell) for cell in row] for row in t.rows]
        sums = [_line(amount) for amount in t.sums]
        return {"kind": "table", "table": {"headings": t.headings, "rows": rows, "total": t.total, "sums": sums}}
    lines = [
        [
            {"text": _breakable(printable(clean_lines(r.text)), _UNBROKEN_TEXT), "bold": r.bold, "italic": r.italic}
            for r in line
        ]
        for line in block.lines
    ]
    return {"kind": block.kind, "start": block.start, "lines": lines}


def _clean(lines: Sequence[str]) -> list[str]:
    return [shown for line in lines if (shown := _line(line))]


def _line(text: str) -> str:
    return _breakable(printable(one_line(text)).strip(), _UNBROKEN_LINE)


def _breakable(text: str, most: int) -> str:
    """Let a very long word, such as a link's address, be broken anywhere: it would stick out of the page otherwise."""
    return re.sub(rf"\S{{{most + 1},}}", lambda m: _BETWEEN.sub("\u200b", m[0]), text)


def _labelled(line: str) -> list[str]:
    label, colon, value = line.partition(": ")
    return [label, value] if colon else ["", line]


def _texts(found: object) -> list[str]:
    if isinstance(found, str):
        return [found]
    if isinstance(found, dict):
        return [text for value in found.values() for text in _texts(value)]
    return [text for value in found for text in _texts(value)] if isinstance(found, list | tuple) else []


def _pages_of(pdf: bytes) -> int:
    """Return the number of pages: Typst writes the page tree first, before anything that came from people."""
    found = _PAGES.search(pdf)
    if found is None:
        raise LetterFailed("The letter came out without pages. Tell an admin.")
    return int(found[1])


_LOCK = threading.Lock()


@lru_cache(maxsize=2)
def _compiler(name: str) -> typst.Compiler:
    import typst  # imported when first used: an install that writes no letters never loads it

    return typst.Compiler(str(TEMPLATES / "letter" / f"{name}.typ"), ignore_system_fonts=True)


def _compile(name: str, facts: dict[str, object], *, format: str, pdf_standards: str | None = None) -> bytes:  # noqa: A002
    given = {"letter": json.dumps(facts, ensure_ascii=False)}
    try:
        with _LOCK:  # one compiler is kept, and used by one thread at a time
            made = _compiler(name).compile(
                format=format, sys_inputs=given, pdf_standards=pdf_standards or [], pdf_tags=False
            )  # type: ignore[arg-type]
    except RuntimeError as fault:
        if "address-does-not-fit" in str(fault):
            raise AddressTooLong(_too_long(facts)) from None
        raise LetterFailed("The letter can't be set in type. Send it another way, and tell an admin.") from None
    assert isinstance(made, bytes)
    return made


def _too_long(facts: dict[str, object]) -> str:
    lines, most = facts["recipient"], MOST_LINES[Layout(str(facts["layout"]))]
    assert isinstance(lines, list)
    if len(lines) > most:
        return f"The address has {len(lines)} lines, and the window shows {most}. Leave lines out."
    return f"The address does not fit into the window of {most} lines. Shorten its long lines."
