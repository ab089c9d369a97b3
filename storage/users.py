"""Queries on users."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Executable, bindparam, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from bot.domain.access import Caller, Position, Role
from bot.domain.folding import fold_address
from storage.by_dialect import ByDialect
from storage.models import User, Workspace


def _known(_sqlite: bool) -> Executable:
    u = User
    found = select(u.workspace_id, u.id, u.name, u.role, u.position).join(Workspace, Workspace.id == u.workspace_id)
    who = Workspace.team_id == bindparam("team_id"), u.slack_user_id == bindparam("slack_user_id")
    return found.where(*who, u.role.is_not(None), u.refreshed_at >= bindparam("since"))


_KNOWN = ByDialect(_known)


def known(connection: Connection, team_id: str, slack_user_id: str, *, since: datetime) -> Caller | None:
    """Return a user with access of whom Slack was asked since then: the first question of every click."""
    rows = _KNOWN.run(connection, team_id=team_id, slack_user_id=slack_user_id, since=since)
    for workspace_id, user_id, name, role, position in rows:
        return Caller(workspace_id, user_id, slack_user_id, name, Role(role), Position(position))
    return None


def by_slack_id(session: Session, workspace_id: int, slack_user_id: str) -> User | None:
    """Return the user with this Slack id."""
    return session.scalar(select(User).where(User.workspace_id == workspace_id, User.slack_user_id == slack_user_id))


def by_email(session: Session, workspace_id: int, email: str) -> User | None:
    """Return the user with this email, whatever its case."""
    return session.scalar(select(User).where(User.workspace_id == workspace_id, User.email == fold_address(email)))


def by_id(session: Session, workspace_id: int, user_id: int) -> User | None:
    """Return one user of the workspace."""
    return session.scalar(select(User).where(User.workspace_id == workspace_id, User.id == user_id))


def admins(session: Session, workspace_id: int) -> list[User]:
    """Return the admins, by name."""
    query = select(User).where(User.workspace_id == workspace_id, User.role == Role.ADMIN.value).order_by(User.name)
    return list(session.scalars(query))


def admins_everywhere(session: Session) -> list[User]:
    """Return the admins of every workspace: for what concerns the whole install."""
    return list(session.scalars(select(User).where(User.role == Role.ADMIN.value).order_by(User.id)))


def page(session: Session, workspace_id: int, *, offset: int, limit: int) -> list[User]:
    """Return one page of the users with access, and the account managers known by email, by name."""
    query = select(User).where(User.workspace_id == workspace_id).order_by(User.role.is_(None), User.name, User.id)
    return list(session.scalars(query.offset(offset).limit(limit)))


def named(session: Session, workspace_id: int, text: str, *, limit: int) -> list[User]:
    """Return the users whose name holds `text`, whatever its case, by name."""
    query = select(User).where(User.workspace_id == workspace_id, User.name.icontains(text, autoescape=True))
    return list(session.scalars(query.order_by(User.name, User.id).limit(limit)))


def count(session: Session, workspace_id: int) -> int:
    """Count the users that `page` walks."""
    return session.scalar(select(func.count()).select_from(User).where(User.workspace_id == workspace_id)) or 0


def add(
    session: Session,
    workspace_id: int,
    *,
    name: str,
    now: datetime,
    slack_user_id: str | None = None,
    email: str | None = None,
) -> User:
    """Add a user without access, known by Slack id, by email, or both; unique keys refuse a second one."""
    row = User(
        workspace_id=workspace_id,
        name=name[:200],
        slack_user_id=slack_user_id,
        email=fold_address(email) if email else None,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row
