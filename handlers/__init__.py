"""Slack, and Slack alone: a payload becomes one use case and some blocks. Every entry point is bound here."""

from __future__ import annotations

from slack_bolt import App

from handlers import campaign_message, errors, ids, imports, new_campaign, sending, settings, suppressions, timeline
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.preparing import Prepared
from handlers.turn import bind


def register(app: App, deps: Deps) -> None:
    """Bind every command, action, view and type-ahead, and the answer to every exception."""
    app.use(Prepared(app.client))
    entries = Entries()
    entries.command(ids.COMMAND)(bind(deps, new_campaign.command))
    new_campaign.register(entries, deps)  # /campaign, and the three screens: who, what, check and send
    campaign_message.register(entries, deps)  # the living message: undo, pause, decide, fix a contact
    settings.register(entries, deps)  # /campaign settings: signature, users, aliases, workspace
    sending.register(entries, deps)  # its screen for admins: sending hours, what SMS cost and say
    suppressions.register(entries, deps)  # /campaign suppressions: look through, add, lift
    timeline.register(entries, deps)  # /campaign customer: one customer, newest first
    imports.register(entries, deps)  # /campaign import: files, what was recognised, Import
    app.use(entries)
    flows = (new_campaign, campaign_message, settings, sending, suppressions, imports)
    errors.register(app, {callback_id: fields for flow in flows for callback_id, fields in flow.FIELD_BLOCKS.items()})
