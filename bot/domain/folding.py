"""Normalised text: one form that finds a name whatever its case, accents or spacing."""

from __future__ import annotations

import re
import unicodedata

_NO_LETTER = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return `text` casefolded, without accents, with single spaces; the form that search columns hold."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def fold_address(address: str) -> str:
    """Return an address in the form that suppressions and look-ups compare by: trimmed, in lower case.

    A postal address, which has spaces, is also compared without accents and punctuation.
    """
    bare = address.strip().casefold()
    return fold_place(bare) if " " in bare else bare


def fold_place(text: str) -> str:
    """Return a postal address, or a part of one, in the form that those are compared by."""
    return _NO_LETTER.sub(" ", fold(text)).strip()
