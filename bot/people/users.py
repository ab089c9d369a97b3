"""Admins let people in, give them a role and a position, and take access away; everybody has a signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.access import Caller, Position, Role, require_admin
from bot.errors import Conflict, NotFound, UserError
from bot.people.identity import SlackPerson
from storage import users
from storage.db import Database, utcnow
from storage.models import User

PAGE = 10
SIGNATURE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user as the settings show them; without a Slack id, an account manager known from an import by email."""

    id: int
    name: str
    email: str | None
    slack_user_id: str | None
    role: Role | None
    position: Position


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of users; `page` counts from 0."""

    rows: tuple[UserRow, ...]
    page: int
    pages: int
    total: int


def list_users(db: Database, caller: Caller, *, page: int = 0) -> UserPage:
    """Return one page of the workspace's users; admins only. A page past the end is the last one."""
    require_admin(caller)
    with db.read() as session:
        total = users.count(session, caller.workspace_id)
        pages = max(-(-total // PAGE), 1)
        page = min(max(page, 0), pages - 1)
        rows = users.page(session, caller.workspace_id, offset=page * PAGE, limit=PAGE)
        return UserPage(tuple(_row(user) for user in rows), page, pages, total)


def search(db: Database, caller: Caller, text: str) -> tuple[UserRow, ...]:
    """Return up to 50 users whose name holds `text`, by name; admins only."""
    require_admin(caller)
    with db.read() as session:
        return tuple(_row(user) for user in users.named(session, caller.workspace_id, text, limit=50))


def get_user(db: Database, caller: Caller, user_id: int) -> UserRow:
    """Return one user; admins only."""
    require_admin(caller)
    with db.read() as session:
        return _row(_find(session, caller, user_id))


def grant(
    db: Database,
    caller: Caller,
    person: SlackPerson,
    *,
    role: Role,
    position: Position,
    now: datetime | None = None,
) -> UserRow:
    """Give a Slack person a role and a position, letting them in where they had no access; admins only.

    A second call changes nothing. Raises Conflict where it would leave the workspace without an admin, and UserError
    for bots, guests and people who left.
    """
    require_admin(caller)
    if person.is_bot or person.deleted or person.restricted:
        raise UserError("Bots, guests and people who left can't use campaign-bot. Choose a member.", "person")
    with db.write() as session:
        user = users.by_slack_id(session, caller.workspace_id, person.user_id)
        if user is None and person.verified_email:
            user = users.by_email(session, caller.workspace_id, person.verified_email)
        if user is None:
            user = users.add(
                session, caller.workspace_id, name=person.name, slack_user_id=person.user_id, now=now or utcnow()
            )
        _meet(session, user, person)
        if role is not Role.ADMIN:
            _keep_an_admin(session, caller.workspace_id, user)
        user.role, user.position = role.value, position.value
        session.flush()
        return _row(user)


def take_away(db: Database, caller: Caller, user_id: int) -> UserRow:
    """Take a user's access away; what they made stays. Admins only; Conflict for the last admin."""
    require_admin(caller)
    with db.write() as session:
        user = _find(session, caller, user_id)
        _keep_an_admin(session, caller.workspace_id, user)
        user.role = None
        return _row(user)


def signature(db: Database, caller: Caller) -> str:
    """Return the caller's own signature."""
    with db.read() as session:
        return _find(session, caller, caller.user_id).signature


def set_signature(db: Database, caller: Caller, text: str) -> None:
    """Set the caller's own signature, at most 1,000 characters."""
    if len(text) > SIGNATURE_LIMIT:
        raise UserError(f"A signature has at most {SIGNATURE_LIMIT} characters.", "signature")
    with db.write() as session:
        _find(session, caller, caller.user_id).signature = text.strip()


def _meet(session: Session, user: User, person: SlackPerson) -> None:
    """Bring the row in step with what Slack says; an address that another row holds is left there."""
    user.slack_user_id, user.name = person.user_id, person.name[:200]
    email = person.verified_email
    namesake = users.by_email(session, user.workspace_id, email) if email else None
    if email and (namesake is None or namesake is user):
        user.email, user.email_verified = email, True


def _find(session: Session, caller: Caller, user_id: int) -> User:
    user = users.by_id(session, caller.workspace_id, user_id)
    if user is None:
        raise NotFound("This user is no longer there.")
    return user


def _keep_an_admin(session: Session, workspace_id: int, leaving: User) -> None:
    admins = users.admins(session, workspace_id)
    if [a.id for a in admins] == [leaving.id]:
        raise Conflict("This is the last admin. Make somebody else an admin first.", "role")


def _row(user: User) -> UserRow:
    return UserRow(
        user.id,
        user.name,
        user.email,
        user.slack_user_id,
        Role(user.role) if user.role else None,
        Position(user.position),
    )
