"""Posts and redraws DMs from stored state: one function draws a message whole, whatever happened before.

A first post is noted before it is made. If the bot dies in between, the message is looked for by its metadata before it
is posted again, so that a crash leaves neither two messages nor none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.campaigns import telling
from bot.campaigns.summarize import campaign_message
from bot.campaigns.telling import Told
from bot.cores import CORE
from bot.errors import NotFound
from bot.log import get_logger
from handlers.blocks.campaign_message import message_blocks, message_text
from handlers.blocks.common import section
from handlers.blocks.notices import notice_blocks, notice_text, plain_notice_text

if TYPE_CHECKING:
    from storage.db import Database

log = get_logger(__name__)

EVENT = "campaign_bot_notification"
AT_ONCE = 20
GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"}
UNREACHABLE = {"user_not_found", "user_disabled", "cannot_dm_bot", "account_inactive", "not_in_channel"}

ClientFor = Callable[[str], WebClient]
"""Team id -> client, without retries of its own: a retried post may repeat."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A message as it is to be seen; so many messages of a campaign were `counted` for it."""

    text: str
    blocks: list[dict[str, Any]]
    counted: int = 0


class Notifier:
    """Draws what is behind; safe to run in several processes, as each row is claimed."""

    def __init__(self, db: Database, client_for: ClientFor) -> None:
        self._db = db
        self._client_for = client_for

    def draw_due(self, *, now: datetime | None = None) -> int:
        """Draw every notification that is behind and due; return how many were drawn.

        One that can't be drawn is tried later and keeps no other waiting; what is a fault of ours is raised at the end.
        """
        drawn, faults = 0, []
        for told in telling.claim(self._db, limit=AT_ONCE, now=now):
            try:
                drawn += self._draw(told, now)
            except Exception as fault:
                telling.put_off(self._db, told, at_least=timedelta(), now=now)
                faults.append(fault)
        if faults:
            raise ExceptionGroup("notifications could not be drawn", faults)
        return drawn

    def _draw(self, told: Told, now: datetime | None) -> bool:
        try:
            drawing = self._drawing(told)
            seen = self._show(told, drawing, now)
        except SlackApiError as error:
            self._failed(told, error, now)
            return False
        except (OSError, HTTPException) as error:  # no answer: it may have been posted, and is looked for next time
            telling.put_off(self._db, told, at_least=timedelta(), now=now)
            log.warning("notification_not_drawn", notification=told.behind.id, error=type(error).__name__)
            return False
        except NotFound:
            telling.give_up(self._db, told)
            return False
        if seen is None:
            return False
        telling.drawn(self._db, told, *seen, counted=drawing.counted, now=now)
        return True

    def _show(self, told: Told, drawing: Drawing, now: datetime | None) -> tuple[str, str] | None:
        """Return the channel and ts of what the person sees now, or None when another worker draws this row."""
        text, blocks = drawing.text, drawing.blocks
        client = self._client_for(told.behind.team_id)
        if told.behind.channel_id and told.behind.ts:
            client.chat_update(channel=told.behind.channel_id, ts=told.behind.ts, text=text, blocks=blocks)
            return told.behind.channel_id, told.behind.ts
        channel = told.behind.channel_id or self._open(client, told)
        earlier = _find(client, channel, told) if told.behind.posting_since else None
        if earlier:
            client.chat_update(channel=channel, ts=earlier, text=text, blocks=blocks)
            return channel, earlier
        if not telling.posting(self._db, told, channel, now=now):
            return None
        metadata = {"event_type": EVENT, "event_payload": {"id": told.behind.id}}
        posted = client.chat_postMessage(
            channel=channel, text=text, blocks=blocks, metadata=metadata, thread_ts=told.thread_ts
        )
        return channel, str(posted["ts"])

    def _drawing(self, told: Told) -> Drawing:
        behind = told.behind
        if behind.campaign_id is None:
            text = plain_notice_text(behind.kind, behind.detail or "")
            return Drawing(text, [section(text)])
        with CORE.roaming():  # the database counts for long where many wait for a person
            view = campaign_message(self._db, behind.workspace_id, behind.campaign_id)
        if told.is_living:
            return Drawing(message_text(view), message_blocks(view), view.total)
        return Drawing(notice_text(behind.kind, view), notice_blocks(behind.kind, view))

    def _open(self, client: WebClient, told: Told) -> str:
        if told.behind.slack_user_id is None:
            raise NotFound("This user is not in Slack.")
        return str(client.conversations_open(users=told.behind.slack_user_id)["channel"]["id"])

    def _failed(self, told: Told, error: SlackApiError, now: datetime | None) -> None:
        code = str(error.response.get("error"))
        if code in GONE and told.behind.ts:
            telling.lost(self._db, told, now=now)
        elif code in UNREACHABLE:
            telling.give_up(self._db, told)
        else:
            wait = timedelta(seconds=int(error.response.headers.get("Retry-After", 0) or 0))
            telling.put_off(self._db, told, at_least=wait, now=now)
        log.warning("notification_not_drawn", notification=told.behind.id, error=code)


def _find(client: WebClient, channel: str, told: Told) -> str | None:
    """Return the ts of a message that an earlier, interrupted post left behind.

    A notice is looked for in its thread: the channel's history holds no replies
    (https://docs.slack.dev/reference/methods/conversations.history).
    """
    if told.thread_ts:
        found = client.conversations_replies(channel=channel, ts=told.thread_ts, limit=50, include_all_metadata=True)
    else:
        found = client.conversations_history(channel=channel, limit=50, include_all_metadata=True)
    for message in found.get("messages") or ():
        metadata = message.get("metadata") or {}
        if metadata.get("event_type") == EVENT and metadata.get("event_payload", {}).get("id") == told.behind.id:
            return str(message["ts"])
    return None
