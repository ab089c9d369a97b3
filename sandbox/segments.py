"""How a text is cut into the segments of an SMS (3GPP TS 23.038, 6.2.1 and 23.040, 9.2.3.24)."""

from __future__ import annotations

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Each of these takes two places."""
_ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""How much one segment holds alone, and as a part of several."""


@dataclass(frozen=True)
class Segments:
    """A text as it goes over the air: its encoding, how many places it takes, and its parts."""

    encoding: str
    places: int
    parts: tuple[str, ...]

    @property
    def room(self) -> int:
        """How many places these segments have."""
        alone, each = _ROOM[self.encoding]
        return alone if len(self.parts) == 1 else len(self.parts) * each


def cut(text: str) -> Segments:
    """Cut a text into segments; an empty one has one. A character is never cut in two."""
    encoding = "GSM-7" if all(one in _BASIC or one in _EXTENDED for one in text) else "UCS-2"
    places = sum(_places(one, encoding) for one in text)
    alone, each = _ROOM[encoding]
    if places <= alone:
        return Segments(encoding, places, (text,))
    parts, used = [""], 0
    for one in text:
        size = _places(one, encoding)
        if used + size > each:
            parts.append("")
            used = 0
        parts[-1] += one
        used += size
    return Segments(encoding, places, tuple(parts))


def _places(one: str, encoding: str) -> int:
    if encoding == "GSM-7":
        return 2 if one in _EXTENDED else 1
    return 2 if ord(one) > 0xFFFF else 1
