"""Slack's rich_text as safe HTML (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block)."""

from __future__ import annotations

from markupsafe import Markup, escape

from sandbox.jsontypes import Json
from sandbox.page.mrkdwn import Reader, emoji, link, mention, slack_date

_STYLES = {"bold": "strong", "italic": "em", "strike": "s", "code": "code"}
_WRAPS = {"rich_text_quote": "blockquote", "rich_text_preformatted": "pre"}


def rich_text(block: Json, reader: Reader) -> Markup:
    """Return a rich_text block as HTML for one reader."""
    return Markup("").join(_part(one, reader) for one in block.get("elements") or [])


def _part(part: Json, reader: Reader) -> Markup:
    kind = part.get("type")
    if kind == "rich_text_list":
        tag = "ol" if part.get("style") == "ordered" else "ul"
        lines = [_inline(one, reader) for one in part.get("elements") or []]
        items = Markup("").join(Markup("<li>{}</li>").format(one) for one in lines)
        indent = min(max(int(part.get("indent") or 0), 0), 8)
        return Markup('<{0} class="indent-{1}">{2}</{0}>').format(Markup(tag), indent, items)
    tag = _WRAPS.get(str(kind), "p")
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), _inline(part, reader))


def _inline(part: Json, reader: Reader) -> Markup:
    return Markup("").join(_styled(one, reader) for one in part.get("elements") or [])


def _styled(one: Json, reader: Reader) -> Markup:
    shown = _bare(one, reader)
    for name, tag in _STYLES.items():
        if (one.get("style") or {}).get(name):
            shown = Markup("<{0}>{1}</{0}>").format(Markup(tag), shown)
    return shown


def _bare(one: Json, reader: Reader) -> Markup:
    match one.get("type"):
        case "text":
            return Markup("<br>").join(str(one.get("text", "")).split("\n"))
        case "link":
            return link(str(one.get("url", "")), str(one.get("text") or one.get("url", "")))
        case "user":
            user_id = str(one.get("user_id", ""))
            return mention(reader.names.get(user_id, user_id))
        case "channel":
            channel_id = str(one.get("channel_id", ""))
            return Markup('<span class="mention">#{}</span>').format(reader.names.get(channel_id, channel_id))
        case "emoji":
            return escape(emoji(str(one.get("name", ""))))
        case "broadcast":
            return mention(str(one.get("range", "")))
        case "date":
            parts = ["date", str(one.get("timestamp", "")), str(one.get("format", ""))]
            return escape(slack_date(parts, str(one.get("fallback", "")), reader))
        case other:
            return Markup('<span class="undrawn">{}</span>').format(one.get("text") or one.get("value") or other)
