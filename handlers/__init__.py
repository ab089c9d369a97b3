"""Slack, and Slack alone: a payload becomes one use case and some blocks. Every entry point is bound here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import App, BoltContext, BoltRequest, BoltResponse
from slack_sdk import WebClient

from handlers import campaign_message, errors, ids, imports, new_campaign, sending, settings, suppressions, timeline
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import fit, may_be_unfit
from handlers.turn import bind


def register(app: App, deps: Deps) -> None:
    """Bind every command, action, view and type-ahead, and the answer to every exception."""
    app.use(fit_for_storage)  # every payload, before any listener sees it
    app.use(calling_by(app.client))
    app.command(ids.COMMAND)(bind(deps, new_campaign.command))
    entries = Entries()
    new_campaign.register(entries, deps)  # /campaign, and the three screens: who, what, check and send
    campaign_message.register(entries, deps)  # the living message: undo, pause, decide, fix a contact
    settings.register(entries, deps)  # /campaign settings: signature, users, aliases, workspace
    sending.register(entries, deps)  # its screen for admins: sending hours, what SMS cost and say
    suppressions.register(entries, deps)  # /campaign suppressions: look through, add, lift
    timeline.register(entries, deps)  # /campaign customer: one customer, newest first
    imports.register(entries, deps)  # /campaign import: files, what was recognised, Import
    entries.register(app)
    flows = (new_campaign, campaign_message, settings, sending, suppressions, imports)
    errors.register(app, {callback_id: fields for flow in flows for callback_id, fields in flow.FIELD_BLOCKS.items()})


def calling_by(client: WebClient) -> Callable[..., BoltResponse]:
    """Return what gives listeners this client, with its kept connections: Bolt makes a new one for each request."""

    def calling(context: BoltContext, next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002
        context["client"] = client
        return next()

    return calling


def fit_for_storage(
    request: BoltRequest,
    body: dict[str, Any],
    next: Callable[[], BoltResponse],  # noqa: A002
) -> BoltResponse:
    """Take out what can't be stored; nobody types it, so it is not worth a refusal."""
    if may_be_unfit(request.raw_body):
        body.update(fit(body))
    return next()
