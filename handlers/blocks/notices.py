"""Notices: said once, when something does not go as planned; on a campaign, in the thread of its message."""

from __future__ import annotations

from bot.campaigns.summarize import CampaignMessage
from bot.domain.channels import CHANNELS
from handlers import ids
from handlers.blocks.common import Block, actions, button, confirm, count_text, cut, escape, section

_TEXTS = {
    "missed_schedule": (
        "*{name}* was due while campaign-bot was not running. It waits for you: send it now, or cancel it?"
    ),
    "delayed": (
        "*{name}* is over ten minutes late: {waiting} due, and not tried yet. The worker may be stopped, or busy with "
        "campaigns before this one. Nothing is lost; it goes on by itself once it can."
    ),
    "put_off": (
        "*{name}* is over ten minutes late: {put_off} put off by {provider}, which last said: {detail} They are tried "
        "again by themselves, at longer and longer intervals; what stays put off comes to you in the end."
    ),
    "sender_login": (
        "*{name}* is paused: {provider} refused campaign-bot's login. An admin should check {setting} "
        "(`campaign-bot check` tries it); then resume the campaign. Nothing was lost or sent twice."
    ),
}

_PLAIN_TEXTS = {
    "mailbox": (
        "*The mailbox of bounces can't be read.* {detail} Mails that come back wait there, and nothing is lost; it is "
        "tried again by itself, less and less often. An admin should check BOUNCE_IMAP_URL (`campaign-bot check` tries "
        "it)."
    ),
}


def plain_notice_text(kind: str, detail: str) -> str:
    """Return a notice that is about no campaign, in words."""
    return _PLAIN_TEXTS[kind].format(detail=escape(cut(detail, 500)))


def notice_text(kind: str, view: CampaignMessage) -> str:
    """Return the notice in words; they alone carry the meaning."""
    channel = CHANNELS[view.channel]
    known = "put_off" if kind == "delayed" and view.put_off else kind
    return _TEXTS[known].format(
        name=escape(cut(view.name, 150)),
        provider=channel.provider,
        setting=escape(channel.setting),
        waiting=count_text(view.waiting, "message is", "messages are") if view.frozen else "its messages are",
        put_off=count_text(view.put_off, "message is", "messages are"),
        detail=escape(cut(view.put_off_detail or "nothing", 300)).rstrip(".") + ".",
    )


def notice_blocks(kind: str, view: CampaignMessage) -> list[Block]:
    """Return the notice with what can be done about it."""
    blocks = [section(notice_text(kind, view))]
    if kind == "missed_schedule":
        key = str(view.campaign_id)
        sure = confirm("Cancel this campaign?", "Nothing of it is sent.", "Cancel the campaign", "Keep it")
        blocks.append(
            actions(
                [
                    button("Send now", ids.CAMPAIGN_RESUME, value=key, style="primary"),
                    button("Cancel", ids.CAMPAIGN_CANCEL, value=key, style="danger", confirm=sure),
                ]
            )
        )
    return blocks
