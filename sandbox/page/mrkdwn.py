"""Slack's mrkdwn as safe HTML (https://docs.slack.dev/messaging/formatting-message-text).

Everything is escaped first; only then marks become tags. What is markup already is set aside as single characters of
the private use area, so that no later step looks into it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime, tzinfo

from markupsafe import Markup, escape

_BLOCK = re.compile(r"```\n?(.+?)\n?```", re.S)
_CODE = re.compile(r"`([^`\n]+)`")
# a link, a mention or a command of Slack; any other angle brackets are words
_ANGLE = re.compile(r"<([@#!][^<>\n]*|[A-Za-z][A-Za-z0-9+.-]*:[^<>\n]+)>")
_EMOJI_NAME = re.compile(r":([a-z0-9_+-]+):")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
# a word joiner beside a mark keeps Slack from reading it as one
_MARKS = tuple(
    (re.compile(rf"(?<![\w{mark}]){mark}(?=[^\s\u2060{mark}])([^\n]*?[^\s\u2060]){mark}(?![\w{mark}])"), tag)
    for mark, tag in ((r"\*", "strong"), ("_", "em"), ("~", "s"))
)
_LINKS = ("http://", "https://", "mailto:")
EMOJI = {
    "arrow_right": "➡️",
    "bell": "🔔",
    "clock1": "🕐",
    "email": "✉️",
    "envelope": "✉️",
    "eyes": "👀",
    "heavy_check_mark": "✔️",
    "hourglass": "⌛",
    "information_source": "ℹ️",
    "no_entry": "⛔",
    "smile": "😄",
    "tada": "🎉",
    "thumbsup": "👍",
    "+1": "👍",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "x": "❌",
}
DATE_FORMS = {
    "date_num": "%Y-%m-%d",
    "date": "%B {day}, %Y",
    "date_short": "%b {day}, %Y",
    "date_long": "%A, %B {day}, %Y",
    "time": "%H:%M",
    "time_secs": "%H:%M:%S",
}


class Reader:
    """Whom a text is shown to: `names` of people and channels by id, and their time zone."""

    def __init__(self, names: Mapping[str, str], zone: tzinfo) -> None:
        self.names = names
        self.zone = zone


def mrkdwn(text: str, reader: Reader) -> Markup:
    """Return mrkdwn as HTML for one reader."""
    kept: list[Markup] = []

    def keep(shown: Markup) -> str:
        kept.append(shown)
        return chr(0xE000 + len(kept) - 1) if len(kept) <= 0x18FF else ""

    text = _PRIVATE.sub("", text)
    text = _BLOCK.sub(lambda found: keep(Markup("<pre>{}</pre>").format(_literal(found[1]))), text)
    text = _CODE.sub(lambda found: keep(Markup("<code>{}</code>").format(_literal(found[1]))), text)
    text = _ANGLE.sub(lambda found: keep(_angle(found[1], reader)), text)
    shown = str(escape(html.unescape(text)))
    for mark, tag in _MARKS:
        shown = mark.sub(rf"<{tag}>\1</{tag}>", shown)
    shown = _lines(_EMOJI_NAME.sub(_emoji, shown))
    return Markup(_PRIVATE.sub(lambda found: kept[ord(found[0]) - 0xE000], shown))


def plain(text: str) -> Markup:
    """Return plain text as HTML, its emoji names drawn."""
    return Markup(_EMOJI_NAME.sub(_emoji, str(escape(text))).replace("\n", "<br>"))


def emoji(name: str) -> str:
    """Return the emoji of a name, or the name between colons where the sandbox doesn't know it."""
    return EMOJI.get(name, f":{name}:")


def link(url: str, label: str) -> Markup:
    """Return a link that opens a page of its own, or the label alone when the address isn't the web or mail."""
    if not url.lower().startswith(_LINKS):
        return escape(label)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, label)


def slack_date(parts: list[str], fallback: str, reader: Reader) -> str:
    """Return `<!date^seconds^form>` in the reader's time zone, the fallback when it can't be read."""
    try:
        moment = datetime.fromtimestamp(int(parts[1]), reader.zone)
    except (IndexError, ValueError, OverflowError, OSError):
        return fallback
    form = parts[2] if parts[2:] else fallback
    return re.sub(r"\{(\w+)\}", lambda found: _date_part(found[1], moment, found[0]), form)


def _literal(text: str) -> str:
    return html.unescape(_ANGLE.sub(lambda found: found[1].rpartition("|")[2], text))


def _angle(inner: str, reader: Reader) -> Markup:
    target, _, label = html.unescape(inner).partition("|")
    if target.startswith("@"):
        return mention(reader.names.get(target[1:]) or label or target[1:])
    if target.startswith("#"):
        return Markup('<span class="mention">#{}</span>').format(label or reader.names.get(target[1:], target[1:]))
    if target.startswith("!date"):
        return escape(slack_date(target.split("^"), label, reader))
    if target.startswith("!"):
        return mention(label.lstrip("@") or target[1:].partition("^")[0])
    return link(target, label or target.removeprefix("mailto:"))


def mention(name: str) -> Markup:
    """Return the mention of somebody."""
    return Markup('<span class="mention">@{}</span>').format(name)


def _emoji(found: re.Match[str]) -> str:
    return EMOJI.get(found[1], found[0])


def _date_part(name: str, moment: datetime, written: str) -> str:
    plainly = name.removesuffix("_pretty")
    if name.endswith("_pretty"):
        days = (moment.date() - datetime.now(moment.tzinfo).date()).days
        near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
        if near:
            return near
    if plainly not in DATE_FORMS:
        return written
    return moment.strftime(DATE_FORMS[plainly]).replace("{day}", str(moment.day))


def _lines(shown: str) -> str:
    """Turn lines that begin with > into quotes, and line ends into breaks."""
    parts: list[str] = []
    quoted: list[str] = []

    def end_quote() -> None:
        if quoted:
            parts.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
            quoted.clear()

    for line in shown.split("\n"):
        if line.startswith("&gt;"):
            quoted.append(line.removeprefix("&gt;").removeprefix(" "))
            continue
        end_quote()
        parts.append(line)
    end_quote()
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    out = ""
    for index, part in enumerate(parts):
        block = part.startswith("<blockquote>")
        after_block = index > 0 and parts[index - 1].startswith("<blockquote>")
        out += part if index == 0 or block or after_block else f"<br>{part}"
    return out
