"""What handlers are given: the database, who is calling, and how to wake the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from slack_bolt import BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.campaigns import audiences
from bot.domain.access import Caller, Scope
from bot.errors import AccessNeeded, UserError
from bot.people import identity
from bot.people.identity import SlackPerson, TeamFacts, WorkspaceDefaults
from handlers.redraws import Redraws

if TYPE_CHECKING:
    from storage.db import Database


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything a handler may need; made once, in the composition root."""

    db: Database
    defaults: WorkspaceDefaults
    secret_key: str
    hold: timedelta
    wake: Callable[[], None]
    redraws: Redraws
    """Where views are drawn that take longer than a click is to wait for its answer."""
    channels: tuple[str, ...] = ("email",)
    """The channels that this install is set up for, in the order they are offered."""
    warnings: Mapping[str, str] = field(default_factory=dict)
    """What to tell before Send of a channel's set-up, by channel."""

    large: set[Scope] = field(default_factory=set)
    """Whose books were once found to be large; one that has shrunk since is counted after the click all the same."""

    def counts_later(self, caller: Caller) -> bool:
        """Say whether the caller sees so many customers that a click is answered before they are counted."""
        if caller.scope in self.large:
            return True
        if not audiences.are_many(self.db, caller):
            return False
        self.large.add(caller.scope)
        return True

    def caller(self, context: BoltContext, client: WebClient, body: Mapping[str, Any]) -> Caller:
        """Return who is calling, read afresh from the database; raise AccessNeeded for somebody without access.

        Slack is asked (users.info) only on first use and once a day: it costs part of the three seconds.
        """
        team_id, user_id = context.team_id, context.user_id
        if not team_id or not user_id:
            raise AccessNeeded(())
        caller = identity.known(self.db, team_id, user_id)
        if caller is not None:
            return caller
        team = TeamFacts(team_id, _team_name(body) or team_id)
        return identity.recognise(self.db, self.defaults, team, self.person(client, user_id))

    def person(self, client: WebClient, user_id: str) -> SlackPerson:
        """Return what Slack says of a person; raise UserError when Slack does not answer.

        Source: https://docs.slack.dev/reference/objects/user-object
        """
        try:
            user: dict[str, Any] = client.users_info(user=user_id)["user"]
        except SlackApiError as error:
            if error.response.get("error") == "user_not_found":
                raise UserError("Slack does not know this person any more.") from None
            raise
        profile = user.get("profile") or {}
        return SlackPerson(
            user_id=user_id,
            name=profile.get("real_name") or user.get("real_name") or user.get("name") or user_id,
            email=profile.get("email"),
            email_confirmed=bool(user.get("is_email_confirmed")),
            is_owner=bool(user.get("is_owner") or user.get("is_primary_owner")),
            time_zone=user.get("tz"),
            is_bot=bool(user.get("is_bot")) or user_id == "USLACKBOT",
            deleted=bool(user.get("deleted")),
            restricted=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        )


def _team_name(body: Mapping[str, Any]) -> str | None:
    team = body.get("team")
    domain = team.get("domain") if isinstance(team, dict) else body.get("team_domain")
    return str(domain) if domain else None
