"""Light formatting: `*bold*` or `**bold**`, `_italic_`, [text](https://link), bare links, lists, paragraphs.

It is read from the author's text alone, while every tag still stands as a number between private-use characters: what
comes from customers is put in afterwards and can't become formatting, markup or a link.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.rendering.expressions import CLOSE, OPEN

IN_URL_OPEN, IN_URL_CLOSE = "\ue002", "\ue003"
"""What stands around a tag's number inside a link's address: its value is percent-encoded there."""

_LINK = r"\[(?P<text>[^\]\n]*)\]\((?P<url>[^)\s]*)\)"
_BARE = r"(?P<bare>https?://[^\s<>()\[\]*\"]*[^\s<>()\[\]*\".,;:!?'_])"
_BOLD = r"\*\*(?P<bold2>\S(?:[^\n]*?\S)?)\*\*|(?<![\w*])\*(?P<bold>[^\s*](?:[^*\n]*?[^\s*])?)\*(?![\w*])"
_ITALIC = r"(?<![\w_])_(?P<italic>[^\s_](?:[^_\n]*?[^\s_])?)_(?![\w_])"
_INLINE = re.compile("|".join((_LINK, _BARE, _BOLD, _ITALIC)))
_BULLET = re.compile(r"\s*[-•]\s+(?P<text>.+)")
_NUMBERED = re.compile(r"\s*(?P<number>\d{1,3})[.)]\s+(?P<text>.+)")
_TAG = re.compile(f"{OPEN}(\\d+){CLOSE}")
_LINK_OR_BARE = re.compile(f"{_LINK}|{_BARE}")
_INCOMPLETE = re.compile(r"\]\(|\][ \t]+\((?:https?:|www\.)|\[[^\]\n(]*\((?:https?:|www\.)")
_MEANT_AS_LINK = re.compile(r"(?<!\w)(?:https?:/{0,2}|(?:ftp|h?tt?ps?|htt+ps?|hxxps?|htpps?):/+)\S*")
"""Bare links, right ones and the usual slips (http:/, htp://, ttps://), which a reader could not follow."""


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text in both forms, tags still as numbers."""

    html: str
    text: str


def format_body(source: str, table: int | None) -> Formatted:
    """Return the body in HTML and in plain text; `table` is the number of the invoice table's tag."""
    blocks = list(_blocks(source, table))
    return Formatted(
        "\n".join(_block_html(kind, lines) for kind, lines in blocks),
        "\n\n".join(_block_text(kind, lines) for kind, lines in blocks),
    )


def link_faults(source: str, tables: Collection[str] = ()) -> list[str]:
    """Say of every broken link what is wrong and how to mend it.

    `source` has its tags as numbers; `tables` are those of the invoice table, a block that no link can hold.
    """
    faults = []
    for line in source.splitlines():
        faults += [fault for m in re.finditer(_LINK, line) if (fault := _link_fault(m["text"], m["url"]))]
        if any(table in m[0] for m in _LINK_OR_BARE.finditer(line) for table in tables):
            faults.append("The invoice table can't stand in a link. Give {{invoices.table}} a line of its own.")
        rest = re.sub(_LINK, "", line)
        if _INCOMPLETE.search(rest):
            faults.append(
                "A link is not complete. Write it like [your account](https://pay.example.com), without spaces."
            )
        faults += [fault for m in _MEANT_AS_LINK.finditer(rest) if (fault := _link_fault("x", m[0]))]
    return [_TAG.sub("{{…}}", fault) for fault in faults]


def _link_fault(text: str, url: str) -> str | None:
    shown = url if len(url) <= 80 else url[:79] + "…"
    if not url:
        return f"The link {text} has no address. Write it like [{text}](https://pay.example.com)."
    if not text.strip():
        return f"The link to {shown} has no text. Write it like [your account]({shown})."
    try:
        parts = urlsplit(_TAG.sub("tag", url))
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f"The link {shown} is broken. Write it in full, like https://pay.example.com."
    if parts.scheme == "mailto" and ("@" in parts.path or _TAG.fullmatch(url.removeprefix("mailto:"))):
        return None
    if parts.scheme not in ("http", "https") or OPEN in url.split("//")[0]:
        return f"The link {shown} must begin with https://, http:// or mailto:."
    if "." not in host.strip(".") or OPEN in urlsplit(url).netloc:
        return f"The link {shown} has no proper host. Write it in full, like https://pay.example.com."
    if "@" in parts.netloc:
        return f"The link {shown} holds a user name before its host. Take out what stands before the @."
    return None


def _blocks(source: str, table: int | None) -> Iterator[tuple[str, list[str]]]:
    marker = f"{OPEN}{table}{CLOSE}" if table is not None else None
    if marker is not None:
        source = source.replace(marker, f"\n\n{marker}\n\n")
    for paragraph in re.split(r"\n[ \t]*\n", source.replace("\r\n", "\n").strip()):
        lines = [line.rstrip() for line in paragraph.strip("\n").split("\n") if line.strip()]
        if lines and lines[0].strip() == marker:
            yield "table", [marker or ""]
        elif lines:
            yield from _runs(lines)


def _runs(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Split a paragraph into runs of list items and of plain lines; "ol 3" is a list that counts from 3."""
    kind = ""
    run: list[str] = []
    for line in lines:
        bullet, numbered = _BULLET.fullmatch(line), _NUMBERED.fullmatch(line)
        found = "ul" if bullet else "ol" if numbered else "p"
        item = bullet or numbered
        if run and found != kind.split()[0]:
            yield kind, run
            run = []
        if not run:  # the author's first number counts: a list may go on after a paragraph in between
            kind = f"ol {int(numbered['number'])}" if numbered else found
        run.append(item["text"] if item else line)
    yield kind, run


def _block_html(kind: str, lines: list[str]) -> str:
    if kind == "table":
        return lines[0]
    if kind == "p":
        return f"<p>{'<br>'.join(_inline_html(line) for line in lines)}</p>"
    items = "".join(f"<li>{_inline_html(line)}</li>" for line in lines)
    name, _, start = kind.partition(" ")
    first = f' start="{start}"' if start not in ("", "1") else ""
    return f"<{name}{first}>{items}</{name}>"


def _block_text(kind: str, lines: list[str]) -> str:
    name, _, start = kind.partition(" ")
    mark = {"ul": "- ", "ol": "{}. "}.get(name, "")
    return "\n".join(mark.format(n) + _inline_text(line) for n, line in enumerate(lines, int(start or 1)))


def _inline_html(line: str) -> str:
    out, at = [], 0
    for m in _INLINE.finditer(line):
        out += [html.escape(line[at : m.start()]), _match_html(m)]
        at = m.end()
    return "".join([*out, html.escape(line[at:])])


def _match_html(m: re.Match[str]) -> str:
    if m["url"] is not None:
        return f'<a href="{_href(m["url"])}">{_inline_html(m["text"])}</a>'
    if m["bare"] is not None:
        return f'<a href="{_href(m["bare"])}">{html.escape(m["bare"])}</a>'
    if m["italic"] is not None:
        return f"<em>{_inline_html(m['italic'])}</em>"
    return f"<strong>{_inline_html(m['bold'] or m['bold2'])}</strong>"


def _href(url: str) -> str:
    return html.escape(_address(url))


def _address(url: str) -> str:
    return _TAG.sub(rf"{IN_URL_OPEN}\1{IN_URL_CLOSE}", url)


def _inline_text(line: str) -> str:
    return _INLINE.sub(_match_text, line)


def _match_text(m: re.Match[str]) -> str:
    if m["url"] is not None:
        return f"{_inline_text(m['text'])} ({_address(m['url'])})"
    if m["bare"] is not None:
        return _address(m["bare"])
    return _inline_text(m["italic"] or m["bold"] or m["bold2"])
