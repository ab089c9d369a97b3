"""Which characters a letter can show: those that the fonts inside Typst have a glyph for in every style we use.

Scripts written from right to left are left out, though there are glyphs for Hebrew: letters are set from left to right,
and the parts of an address or a number would change places.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_COVERED = """
20-7e a0-ac ae-23f 241 243 247 249 24d 250-2e4 2ec-2ee 300-331 338 342 375 37a-37d 384-386 388-38a 38c 38e-3a1
3a3-3ce 3d0-3e1 3f0-3f6 3f8-3f9 3fb 3fd-45f 462-463 470-477 490-4c4 4c7-4cc 4d0-4f9 1d35 1d43-1d44 1d47-1d4b 1d4d
1d4f-1d53 1d56-1d58 1d5a-1d5b 1d9c 1da0 1da4 1db6 1dbb 1e00-1e9b 1e9e 1ea0-1ef9 1f00-1f15 1f18-1f1d 1f20-1f45
1f48-1f4d 1f50-1f57 1f59 1f5b 1f5d 1f5f-1f70 1f72 1f74 1f76 1f78 1f7a 1f7c 1f80-1fb4 1fb6-1fba 1fbc-1fbd 1fbf-1fc4
1fc6-1fc8 1fca 1fcc-1fd2 1fd6-1fda 1fdd-1fe2 1fe4-1fea 1fec-1fed 1ff2-1ff4 1ff6-1ff8 1ffa 1ffc 1ffe 2002-200a
2010-2027 202f-2037 2039-203e 2042 2044 2047-204b 204f 2070-2071 2074-208e 2090-2094 20a0-20b5 20b8-20ba 20bd 20bf
2100-2103 2105-2106 2109 210c-210f 2111 2113 2115-2116 2119 211c-211d 2120 2122 2124 2127 212e 2135-2137 2139
2153-2184 2190-219b 21a8 21ae 21bc-21bd 21c0-21c1 21cb-21d9 2202 2206-220d 220f-221c 221e-221f 2223-222b 2236 223c
2241 2245 2248-2249 2259 2260-2262 2264-2265 226a-226b 226e-2271 2282-2285 2295-2298 22c5 22ef 2302-2303 2310
2320-2321 23d3 25a0-25a1 25b2-25b3 25b6-25b7 25bc-25bd 25c0-25c1 25cb-25cc 25cf-25d7 2605 2619 261b 261e 2627 262f
2639-2653 2660 2663 2665-2666 2669-266c 2695 2698 26a2-26a4 2767 2c60-2c6c 2c74-2c77 a71b-a71d a720-a721 a789-a78c
1d106-1d107
"""
"""Libertinus Serif in regular, italic, semibold and semibold italic, and signs of currencies; composed forms only."""


_WIDTHS = {
    0.4: " '|.,:;!/()[]-\"*`" + "fijlrstIJ",
    0.65: "abcdeghknopquvxyzß" + "0123456789" + "BEFLPRS" + "#$?_^+<>=«»",
    0.85: "ACDGHKNOQTUVXYZ" + "&%",
}
"""Characters by the width that they have at most, in sizes of the type; any other counts as the widest of all."""
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}


def widest(text: str) -> float:
    """Return how wide a line can be at most, in sizes of the type; it may well be narrower."""
    return sum(_WIDTH_OF.get(unicodedata.normalize("NFD", character)[0], 1.3) for character in text)


def printable(text: str) -> str:
    """Return a text in characters that can be printed, as far as that changes nothing a reader sees.

    Composed (NFC), without the characters that nobody sees, and with the plain form of compatibility characters that
    have no glyph of their own. What `unprintable` names stays.
    """
    return "".join(_shown(c) for c in unicodedata.normalize("NFC", text))


def unprintable(text: str) -> str:
    """Return the characters of a text that no font of ours has, each once, in the order of the text."""
    covered = _covered()
    return "".join(dict.fromkeys(c for c in printable(text) if ord(c) not in covered and c != "\n"))


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    covered = _covered()
    if ord(character) in covered or character == "\n":
        return character
    if character in "\t\u2028\u2029" or unicodedata.category(character) == "Zs":
        return " "
    if unicodedata.category(character) in ("Cf", "Cc", "Cs") or 0xFE00 <= ord(character) <= 0xFE0F:
        return ""
    plain = unicodedata.normalize("NFKC", character)
    return plain if all(ord(c) in covered for c in plain) else character


@lru_cache(maxsize=1)
def _covered() -> frozenset[int]:
    found: set[int] = set()
    for part in _COVERED.split():
        first, _, last = part.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)
