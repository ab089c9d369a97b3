"""Who may do what, and which customers each sees."""

from __future__ import annotations

import pytest

from bot.domain.access import Caller, Position, Role, Scope, may_decide, require_admin
from bot.errors import NotAllowed


def caller(role: Role, position: Position) -> Caller:
    return Caller(workspace_id=3, user_id=7, slack_user_id="U7", name="Alice", role=role, position=position)


ADMIN = caller(Role.ADMIN, Position.ACCOUNT_MANAGER)
FINANCE = caller(Role.MEMBER, Position.FINANCE)
MANAGER = caller(Role.MEMBER, Position.ACCOUNT_MANAGER)


@pytest.mark.parametrize(("who", "scope"), [(ADMIN, Scope(3)), (FINANCE, Scope(3)), (MANAGER, Scope(3, 7))])
def test_account_managers_alone_see_only_their_own_customers(who: Caller, scope: Scope) -> None:
    assert who.scope == scope
    assert who.sees_all_customers is (scope.account_manager_id is None)


def test_what_is_for_admins_says_so_to_others() -> None:
    require_admin(ADMIN)
    for member in (FINANCE, MANAGER):
        with pytest.raises(NotAllowed, match=r"^Only an admin can do this\. Ask an admin of campaign-bot in your work"):
            require_admin(member)


@pytest.mark.parametrize(("who", "owner_id", "may"), [
    (ADMIN, 7, True), (ADMIN, 8, True),
    (FINANCE, 7, True), (FINANCE, 8, False),
    (MANAGER, 7, True), (MANAGER, 8, False),
])  # fmt: skip
def test_one_decides_on_ones_own_and_an_admin_on_all(who: Caller, owner_id: int, may: bool) -> None:
    assert may_decide(who, owner_id) is may
