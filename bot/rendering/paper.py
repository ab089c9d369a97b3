"""A body as blocks of runs, for paper: paragraphs, lists and the invoice table, a link with its address behind it.

The blocks are read once from the sanitised HTML of a compiled text, while its tags still stand as numbers; each message
only fills in the values, which are plain text from there on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from urllib.parse import quote

from bot.rendering.expressions import CLOSE, OPEN
from bot.rendering.formatting import IN_URL_CLOSE, IN_URL_OPEN
from bot.rendering.table import InvoiceTable

_PLACE = re.compile(f"{OPEN}(\\d+){CLOSE}")
_URL_PLACE = re.compile(f"{IN_URL_OPEN}(\\d+){IN_URL_CLOSE}")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is p, ul, ol or table; `lines` are a paragraph's lines or a list's items, `start` an ol's first number."""

    kind: str
    lines: tuple[Line, ...] = ()
    start: int = 1
    table: InvoiceTable | None = None


def blocks_of(safe_html: str) -> tuple[Block, ...]:
    """Return the blocks of a sanitised body; the table is still the number of its tag, in a block of kind table."""
    reader = _Reader()
    reader.feed(safe_html)
    reader.close()
    return tuple(reader.blocks)


def fill(blocks: Sequence[Block], values: Sequence[str], table: InvoiceTable | None) -> tuple[Block, ...]:
    """Return the blocks with the tags' values in them; what has nothing to say leaves no gap."""

    def filled(text: str) -> str:
        text = _PLACE.sub(lambda m: values[int(m[1])], text)
        return _URL_PLACE.sub(lambda m: quote(values[int(m[1])], safe="@"), text)

    out = []
    for block in blocks:
        if block.kind == "table":
            if table is not None and table.rows:
                out.append(replace(block, lines=(), table=table))
        elif lines := _filled_lines(block, filled):
            out.append(replace(block, lines=lines))
    return tuple(out)


def _filled_lines(block: Block, filled: Callable[[str], str]) -> tuple[Line, ...]:
    lines = (tuple(replace(run, text=filled(run.text)) for run in line) for line in block.lines)
    return tuple(line for line in lines if any(run.text.strip() for run in line))


class _Reader(HTMLParser):
    """Read what format_body writes: p with br, ul and ol of li, strong, em, a; and the table's place between them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._kind, self._start = "", 1
        self._lines: list[list[Run]] = []
        self._bold = self._italic = 0
        self._href, self._link_from = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("p", "ul", "ol"):
            self._kind, self._start = tag, int(given.get("start", "1"))
            self._lines = [[]] if tag == "p" else []
        elif tag in ("li", "br"):
            self._lines.append([])
        elif tag == "a":
            self._href, self._link_from = given.get("href", ""), len(self._lines[-1])
        else:
            self._style(tag, 1)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "ul", "ol"):
            self.blocks.append(Block(self._kind, tuple(map(tuple, self._lines)), self._start))
            self._kind, self._lines = "", []
        elif tag == "a":
            self._print_address()
        else:
            self._style(tag, -1)

    def handle_data(self, data: str) -> None:
        if self._kind and self._lines:
            self._lines[-1].append(Run(data, self._bold > 0, self._italic > 0))
        elif _PLACE.search(data):
            self.blocks.append(Block("table"))

    def _style(self, tag: str, by: int) -> None:
        self._bold += by if tag == "strong" else 0
        self._italic += by if tag == "em" else 0

    def _print_address(self) -> None:
        shown = "".join(run.text for run in self._lines[-1][self._link_from :])
        address = self._href.removeprefix("mailto:")
        same = _PLACE.sub("", _URL_PLACE.sub("", address)) == _PLACE.sub("", shown)
        if same:
            self._lines[-1][self._link_from :] = [Run(address, self._bold > 0, self._italic > 0)]
        else:
            self._lines[-1].append(Run(f" ({address})", self._bold > 0, self._italic > 0))
