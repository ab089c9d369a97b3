"""Who may do what: roles and positions, and which customers each may see. Every rule of access is here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import NotAllowed


class Role(StrEnum):
    """What a user may do."""

    ADMIN = "admin"
    MEMBER = "member"


class Position(StrEnum):
    """Which customers a member sees: all of them, or the assigned ones."""

    FINANCE = "finance"
    ACCOUNT_MANAGER = "account_manager"


@dataclass(frozen=True, slots=True)
class Caller:
    """The user on whose behalf a use case runs, as read from the database for this very request."""

    workspace_id: int
    user_id: int
    slack_user_id: str
    name: str
    role: Role
    position: Position

    @property
    def is_admin(self) -> bool:
        """Say whether settings, users, aliases, imports and suppressions are open to the caller."""
        return self.role is Role.ADMIN

    @property
    def sees_all_customers(self) -> bool:
        """Say whether every customer of the workspace is visible; else only the assigned ones are."""
        return self.is_admin or self.position is Position.FINANCE

    @property
    def scope(self) -> Scope:
        """Return what every query on customers is narrowed by."""
        return Scope(self.workspace_id, None if self.sees_all_customers else self.user_id)


@dataclass(frozen=True, slots=True)
class Scope:
    """The customers a query may touch: one workspace, and there either all or those assigned to one user."""

    workspace_id: int
    account_manager_id: int | None = None


def require_admin(caller: Caller) -> None:
    """Raise NotAllowed unless the caller is an admin."""
    if not caller.is_admin:
        raise NotAllowed("Only an admin can do this. Ask an admin of campaign-bot in your workspace.")


def may_decide(caller: Caller, owner_id: int) -> bool:
    """Say whether the caller may act on a manual action of this owner: one's own, or any as an admin.

    That the action's customer must be visible to the caller is the query's business (see Scope).
    """
    return caller.is_admin or caller.user_id == owner_id
