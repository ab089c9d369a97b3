"""A message as Slack shows it in a preview: what the customer reads, and nothing that Slack would act on."""

from __future__ import annotations

from bot.rendering.content import Rendered

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "\N{MODIFIER LETTER GRAVE ACCENT}"})


def slack_preview(rendered: Rendered, limit: int = 2800) -> str:
    """Return the plain text as one mrkdwn code block of at most `limit` characters.

    A code block keeps the invoice table aligned, and neither mentions nor marks mean anything in it; the rest of a long
    message is counted, not shown.
    """
    text = rendered.text.strip().translate(_ENTITIES)
    note = ""
    if len(text) > limit - 60:
        kept = text[: limit - 60]
        kept = kept[: kept.rfind("&")] if "&" in kept[-6:] and ";" not in kept[kept.rfind("&") :] else kept
        note = f"\n… {len(text) - len(kept)} more characters"
        text = kept
    return f"```\n{text}\n```{note}"
