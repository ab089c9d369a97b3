"""Pages of a PDF as pictures, for browsers and tests that show none."""

from __future__ import annotations

import struct
import threading
import zlib
from functools import lru_cache

import pypdfium2

_ONE_AT_A_TIME = threading.Lock()
"""PDFium is used by one thread at a time: https://pypdfium2.readthedocs.io (Thread incompatibility)."""


@lru_cache(maxsize=256)
def page_texts(pdf: bytes) -> tuple[str, ...]:
    """Return the words of each page; nothing for what is no PDF."""
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError:
            return ()
        try:
            return tuple(str(page.get_textpage().get_text_range()).replace("\r", "") for page in document)
        finally:
            document.close()


@lru_cache(maxsize=64)
def picture(pdf: bytes, page: int, scale: float = 1.6) -> bytes:
    """Return a page (the first is 1) as PNG, `scale` pixels a point; raise LookupError where there is no such page."""
    if not 1 <= page <= len(page_texts(pdf)):
        raise LookupError(page)
    with _ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(pdf)
        try:
            drawn = document[page - 1].render(scale=scale, rev_byteorder=True)
            return _png(bytes(drawn.buffer), drawn.width, drawn.height, drawn.stride)
        finally:
            document.close()


def _png(pixels: bytes, width: int, height: int, stride: int) -> bytes:
    """Return rows of red, green and blue bytes as PNG: https://www.w3.org/TR/png-3/"""
    rows = b"".join(b"\0" + pixels[start : start + width * 3] for start in range(0, stride * height, stride))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
