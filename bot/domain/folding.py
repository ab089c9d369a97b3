"""Normalised text: one form that finds a name whatever its case, accents or spacing."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")


def fold(text: str) -> str:
    """Return `text` casefolded, without accents, with single spaces; the form that search columns hold."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SPACE.sub(" ", unicodedata.normalize("NFC", bare)).strip()


def fold_address(address: str) -> str:
    """Return an email address in the form that suppressions and look-ups compare by: trimmed, in lower case."""
    return address.strip().casefold()
