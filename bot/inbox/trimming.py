"""Hostile mail made harmless before any parser sees it: what the standard library takes too long for is cut or refused.

email.parser goes over every line once for each level of nesting, calls itself for each of them, and reads a header's
parameters in quadratic time; a few hundred kilobytes can keep it busy for minutes.
"""

from __future__ import annotations

import codecs
import re
from email import message_from_bytes
from email.errors import HeaderParseError
from email.message import Message

LONGEST_LINE = 1_000
"""Bytes; RFC 5322 (2.1.1) allows 998."""
LONGEST_FIELD = 4_000
"""Bytes of a header and the lines that go on with it."""
MOST_LINES = 8_000
MOST_LEVELS = 20
"""Boundaries and messages within messages; each is named twice at most in what we count."""
MOST_PARTS = 200
LONGEST_TEXT = 20_000
"""Bytes of a text that are looked at."""
_SLOW_CHARSETS = {"punycode", "idna"}
_LEVEL = re.compile(rb"boundary\*?\d*\*?\s*=|message/|multipart/digest", re.IGNORECASE)
_PART = re.compile(rb"^--|content-type\s*:", re.IGNORECASE | re.MULTILINE)


class Hostile(Exception):
    """This mail would take too long to read; it is left for people."""


def parsed(raw: bytes) -> Message:
    """Parse a mail, of which the end may be missing; raise Hostile where it is nested too deeply or has too many parts.

    Long lines and long headers are cut.
    """
    lines = _cut(raw)
    if _more_than(_LEVEL, lines, MOST_LEVELS * 2) or _more_than(_PART, lines, MOST_PARTS * 2):
        raise Hostile
    return message_from_bytes(lines)


def text_of(part: Message) -> str:
    """Return the beginning of a part's text, decoded; whatever can't be decoded is left as it is."""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, HeaderParseError):
        return ""
    if not isinstance(content, bytes):
        return ""
    charset = part.get_content_charset("utf-8")
    try:
        name = codecs.lookup(charset).name
        return content[:LONGEST_TEXT].decode("latin-1" if name in _SLOW_CHARSETS else name, "replace")
    except (LookupError, ValueError):
        return content[:LONGEST_TEXT].decode("latin-1")


def short(mail: Message, *, lines: int = 300, characters: int = 300) -> Message:
    """Return a mail's headers with the beginning of its first texts, for readers that are slow on long ones."""
    small = Message()
    for name, value in mail.items()[:100]:
        if name.casefold() not in ("content-type", "content-transfer-encoding", "mime-version"):
            small[name] = str(value)[:characters].replace("\r", " ").replace("\n", " ")
    if not small["From"]:
        small["From"] = "nobody@invalid"  # flufl.bounce counts on one
    texts = [text_of(part) for part in parts_of(mail) if part.get_content_maintype() == "text"]
    kept = [line[:characters] for text in texts[:3] for line in text.splitlines()]
    small.set_payload("\n".join(kept[:lines]).encode("ascii", "replace").decode())
    return small


def parts_of(mail: Message) -> list[Message]:
    """Return a mail's parts, the innermost too, in order; at most MOST_PARTS."""
    found = []
    for part in mail.walk():
        found.append(part)
        if len(found) >= MOST_PARTS:
            break
    return found


def _cut(raw: bytes) -> bytes:
    kept, field_length = [], 0
    for line in raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        line = line[:LONGEST_LINE]
        field_length = field_length + len(line) if line[:1] in (b" ", b"\t") else len(line)
        if field_length <= LONGEST_FIELD:
            kept.append(line)
        if len(kept) >= MOST_LINES:
            break
    return b"\n".join(kept)


def _more_than(pattern: re.Pattern[bytes], text: bytes, most: int) -> bool:
    return sum(1 for _ in zip(pattern.finditer(text), range(most + 1), strict=False)) > most
