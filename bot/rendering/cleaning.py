"""What no value and no author's text may bring into a message: control characters, and marks that are ours alone."""

from __future__ import annotations

import re

_MARKS = re.compile("[\ue000-\ue01f]")
_LINE_BREAKS = re.compile("\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
# C0 and C1 controls but tab and line feed; lone surrogates, which no encoding can write; marks that turn the direction
# of all the text after them (Unicode, UAX 9: embeddings, overrides, isolates) and so could disguise an amount
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def unmarked(text: str) -> str:
    """Return `text` without the characters that mark places here, so that no value can be taken for a place."""
    return _MARKS.sub("", text)


def clean_lines(text: str) -> str:
    """Return `text` with line feeds as its only line breaks, and without control characters or marks of ours."""
    return _UNWANTED.sub("", unmarked(_LINE_BREAKS.sub("\n", text)))


def one_line(text: str) -> str:
    """Return `text` on a single line, cleaned as `clean_lines` does."""
    return clean_lines(text).replace("\n", " ").replace("\t", " ")
