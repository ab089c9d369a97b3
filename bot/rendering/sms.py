"""A text as an SMS: in plain characters where a value brought others, with its segments and what made them many.

An SMS holds 160 characters of the GSM 7-bit alphabet, or 70 of UCS-2 once a single character is not in it; longer ones
are cut into segments of 153 or 67, and every segment is paid for (3GPP TS 23.038 and 23.040).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_SINGLE, _MULTI = {"GSM-7": 160, "UCS-2": 70}, {"GSM-7": 153, "UCS-2": 67}
_PLAIN = {
    **dict.fromkeys("’‘‚‛′´`", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("–—‐‑‒―−", "-"),
    **dict.fromkeys("•·", "-"),
    "…": "...",
    "\t": " ",
}
_SPACES = dict.fromkeys("\u00a0\u2007\u202f\u2009\u200a\u2002\u2003\u2008\u205f\u3000", " ")
_NOTHING = dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f", "")
_OPT_OUT = {
    "en": "Reply STOP to opt out",
    "de": "Abmelden: STOP antworten",
    "fr": "STOP pour ne plus recevoir",
    "es": "Responda STOP para no recibir",
    "it": "Rispondi STOP per non ricevere",
    "nl": "Antwoord STOP om te stoppen",
    "pt": "Responda STOP para sair",
}


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text is paid for: `units` of `encoding` in `count` segments; `culprits` are what keeps it out of GSM-7."""

    encoding: str
    units: int
    count: int
    culprits: tuple[str, ...] = ()

    @property
    def room(self) -> int:
        """Return how many units this number of segments holds."""
        return _SINGLE[self.encoding] if self.count == 1 else self.count * _MULTI[self.encoding]


def plain_value(text: str) -> str:
    """Return a name or an amount in the characters that an SMS has: plain spaces, quotes and dashes; letters stay."""
    replaced = "".join(_PLAIN.get(c, _SPACES.get(c, _NOTHING.get(c, c))) for c in text)
    return unicodedata.normalize("NFKC", replaced)


def plain_text(text: str) -> str:
    """Return a whole message without the characters that nobody sees; what the author wrote stays otherwise."""
    seen = "".join(_SPACES.get(c, _NOTHING.get(c, c)) for c in text.strip())
    return unicodedata.normalize("NFC", seen)


def opt_out_line(language: str) -> str:
    """Return how to opt out, in the recipient's language where we have it."""
    return _OPT_OUT.get(language.replace("-", "_").partition("_")[0].casefold(), _OPT_OUT["en"])


def segments_of(text: str) -> Segments:
    """Count the segments of a text; an empty one has one."""
    culprits = tuple(dict.fromkeys(c for c in text if not _septets(c)))
    encoding = "UCS-2" if culprits else "GSM-7"
    sizes = list(_utf16(text) if culprits else map(_septets, text))
    units = sum(sizes)
    if units <= _SINGLE[encoding]:
        return Segments(encoding, units, 1, culprits)
    count, used = 1, 0
    for size in sizes:  # a character is never cut in two, so a segment may stay one short
        if used + size > _MULTI[encoding]:
            count, used = count + 1, 0
        used += size
    return Segments(encoding, units, count, culprits)


def fix_of(culprit: str) -> str | None:
    """Return what can stand for a character outside GSM-7, or None where nothing can."""
    bare = unicodedata.normalize("NFKD", culprit)
    without_accents = "".join(c for c in bare if not unicodedata.combining(c))
    found = _PLAIN.get(culprit) or without_accents
    return found if found and found != culprit and all(map(_septets, found)) else None


def advice_of(found: Segments) -> str | None:
    """Say what made a text Unicode, and how to mend it; None for a text in GSM-7."""
    if not found.culprits:
        return None
    mended = [f"replace {c} by {fix}" for c in found.culprits[:6] if (fix := fix_of(c))]
    lasting = [c for c in found.culprits[:6] if fix_of(c) is None]
    parts = [*mended, *([f"{' '.join(lasting)} can only be left out"] if lasting else [])]
    return f"Unicode, so a segment holds {_MULTI['UCS-2']} characters instead of {_MULTI['GSM-7']}: {', '.join(parts)}."


@lru_cache(maxsize=4096)
def _septets(character: str) -> int:
    """Return how many septets a character takes in GSM-7: 1, 2 for the extension table, 0 when it is not in it."""
    if character == "\x1b":
        return 0
    try:
        return len(_codec().encode(character)[0])
    except UnicodeEncodeError:
        return 0


@lru_cache(maxsize=1)
def _codec():  # type: ignore[no-untyped-def]
    from gsm0338 import Codec  # here, so that an install without SMS does not build its tables

    return Codec()


def _utf16(text: str) -> Iterator[int]:
    return (2 if ord(c) > 0xFFFF else 1 for c in text)
