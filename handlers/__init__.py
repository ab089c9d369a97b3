"""Slack, and Slack alone: a payload becomes one use case and some blocks. Every entry point is bound here."""

from __future__ import annotations

from slack_bolt import App

from handlers import campaign_message, errors, new_campaign, settings
from handlers.deps import Deps


def register(app: App, deps: Deps) -> None:
    """Bind every command, action, view and type-ahead, and the answer to every exception."""
    new_campaign.register(app, deps)  # /campaign, and the three screens: who, what, check and send
    campaign_message.register(app, deps)  # the living message: undo, pause, decide, fix a contact
    settings.register(app, deps)  # /campaign settings: signature, users, aliases, workspace
    errors.register(app, {**new_campaign.FIELD_BLOCKS, **campaign_message.FIELD_BLOCKS, **settings.FIELD_BLOCKS})
