"""Who is calling: turns a Slack person into a Caller with a role, or says whom to ask for access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.domain.access import Caller, Position, Role
from bot.domain.folding import fold_address
from bot.errors import AccessNeeded
from storage import users, workspaces
from storage.db import Database, utcnow
from storage.models import User, Workspace

REFRESH_AFTER = timedelta(days=1)
"""How old what Slack said of a person may be before it is asked again."""


@dataclass(frozen=True, slots=True)
class WorkspaceDefaults:
    """What a new workspace starts with, and who gets in; from the settings."""

    organisation_name: str
    locale: str
    currency: str
    time_zone: str
    admin_email: str | None = None
    auto_join: str = "nobody"


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """What Slack says of the team."""

    team_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SlackPerson:
    """What Slack's users.info says of a person; `email` counts only where it is confirmed."""

    user_id: str
    name: str
    email: str | None = None
    email_confirmed: bool = False
    is_owner: bool = False
    time_zone: str | None = None
    is_bot: bool = False
    deleted: bool = False
    restricted: bool = False

    @property
    def verified_email(self) -> str | None:
        """Return the email that Slack confirmed, in lower case, or None."""
        return fold_address(self.email) if self.email and self.email_confirmed else None


def known(db: Database, team_id: str, slack_user_id: str, *, now: datetime | None = None) -> Caller | None:
    """Return the caller without asking Slack, or None when Slack must be asked (see `recognise`).

    That is the case for a person never seen, without access, or last asked about over a day ago.
    """
    now = now or utcnow()
    with db.look() as connection:
        return users.known(connection, team_id, slack_user_id, since=now - REFRESH_AFTER)


def recognise(
    db: Database, defaults: WorkspaceDefaults, team: TeamFacts, person: SlackPerson, *, now: datetime | None = None
) -> Caller:
    """Return the caller by what Slack says, making the workspace and the user on first use.

    The Slack workspace's owner, or the person with ADMIN_EMAIL, becomes the first admin while there is none; others
    join as `auto_join` says. Raises AccessNeeded with the admins' Slack ids for everybody else. Two first uses at
    once end as one: the second meets a unique key and reads again.
    """
    now = now or utcnow()
    try:
        return _recognise(db, defaults, team, person, now)
    except IntegrityError:
        return _recognise(db, defaults, team, person, now)


def open_workspace(db: Database, defaults: WorkspaceDefaults, team: TeamFacts, *, now: datetime | None = None) -> int:
    """Return the id of a team's workspace, making it on first use."""
    with db.write() as session:
        found = workspaces.by_team(session, team.team_id)
        return (found or _new_workspace(session, defaults, team, now or utcnow())).id


def _recognise(
    db: Database, defaults: WorkspaceDefaults, team: TeamFacts, person: SlackPerson, now: datetime
) -> Caller:
    with db.write() as session:
        workspace = workspaces.by_team(session, team.team_id) or _new_workspace(session, defaults, team, now)
        user = _remember(session, workspace, person, now)
        if user is not None:
            _grant(session, workspace, user, person, defaults)
            session.flush()
        if user is not None and user.role is not None and not person.deleted:
            return _caller(user)
        to_ask = [a.slack_user_id for a in users.admins(session, workspace.id) if a.slack_user_id]
    raise AccessNeeded(to_ask)


def _new_workspace(session: Session, defaults: WorkspaceDefaults, team: TeamFacts, now: datetime) -> Workspace:
    return workspaces.add(
        session,
        team_id=team.team_id,
        name=team.name,
        organisation_name=defaults.organisation_name,
        locale=defaults.locale,
        currency=defaults.currency,
        time_zone=defaults.time_zone,
        now=now,
    )


def _remember(session: Session, workspace: Workspace, person: SlackPerson, now: datetime) -> User | None:
    """Bring the user's row in step with Slack; link an account manager known by a confirmed email."""
    if person.is_bot:
        return None
    user = users.by_slack_id(session, workspace.id, person.user_id)
    email = person.verified_email
    namesake = users.by_email(session, workspace.id, email) if email else None
    if user is None and namesake is not None and namesake.slack_user_id is None:
        user = namesake
    user = user or users.add(session, workspace.id, name=person.name, slack_user_id=person.user_id, now=now)
    user.slack_user_id, user.name, user.refreshed_at = person.user_id, person.name[:200], now
    user.time_zone = person.time_zone
    if namesake is None or namesake is user:  # else somebody already has this address: unique, and first come
        user.email, user.email_verified = email or user.email, email is not None
    return user


def _grant(
    session: Session, workspace: Workspace, user: User, person: SlackPerson, defaults: WorkspaceDefaults
) -> None:
    """Give a role on first use, as AUTO_JOIN says; a role once given stays."""
    if user.role is not None or person.deleted or person.restricted:
        return
    named = defaults.admin_email is not None and person.verified_email == fold_address(defaults.admin_email)
    if (person.is_owner or named) and not users.admins(session, workspace.id):
        user.role, user.position = Role.ADMIN.value, Position.FINANCE.value
    elif defaults.auto_join != "nobody":
        user.role, user.position = Role.MEMBER.value, Position(defaults.auto_join).value


def _caller(user: User) -> Caller:
    assert user.slack_user_id is not None
    assert user.role is not None
    return Caller(user.workspace_id, user.id, user.slack_user_id, user.name, Role(user.role), Position(user.position))
